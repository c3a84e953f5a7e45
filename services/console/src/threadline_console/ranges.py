"""HTTP byte ranges, pure (RFC 9110, 14): one range is served, several or a malformed one are answered in full."""

import re
from typing import Final

from msgspec import Struct

_ONE_RANGE: Final = re.compile(r"bytes[ ]*=[ ]*([0-9]{0,18})-([0-9]{0,18})[ ]*", re.ASCII | re.IGNORECASE)


class Span(Struct, frozen=True):
    """Bytes `start` (included) to `stop` (excluded)."""

    start: int
    stop: int


class Unsatisfiable(Struct, frozen=True):
    """The range lies behind the end: 416."""


def read_range(header: str | None, size: int) -> Span | Unsatisfiable | None:
    """Return the part of a file that a Range header asks for; None means all of it."""
    match = _ONE_RANGE.fullmatch(header or "")
    if match is None or match.group(0).strip().endswith("=-"):
        return None
    first, last = match.groups()
    if not first:
        return _suffix(int(last), size)
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None  # RFC 9110, 14.1.1: such a header is invalid, and an invalid one is ignored
    return Span(start, stop) if start < size else Unsatisfiable()


def _suffix(length: int, size: int) -> Span | Unsatisfiable:
    if length == 0 or size == 0:
        return Unsatisfiable()
    return Span(max(0, size - length), size)
