"""The header fields of a mail or a part as raw unfolded bytes: tolerant of what is no header, bounded in number."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Final

from threadline_email.words import decode_words

HEAD_MAX_BYTES: Final = 1024 * 1024
FIELDS_MAX: Final = 2000
FIELD_MAX_BYTES: Final = 256 * 1024
_KNOWN_BYTES: Final = 300

_END_OF_HEAD: Final = re.compile(rb"\n\r*\n")
_LINE_END: Final = re.compile(rb"\r+\n?")  # CR CR LF happens
_FIELD: Final = re.compile(rb"^([!-9;-~]+)[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_FOLD: Final = re.compile(rb"\n[ \t]*")


class Headers:
    """Header fields by name, whatever their case; every value is bytes, unfolded. `cut`: there were more."""

    def __init__(self, fields: Iterable[tuple[str, bytes]], *, cut: bool = False) -> None:
        self.cut = cut
        self._texts: dict[str, str] = {}
        self._fields: dict[str, list[bytes]] = {}
        for name, value in fields:
            self._fields.setdefault(name.lower(), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def names(self) -> Iterable[str]:
        """Return the lower-case names there are, in the order of their first appearance."""
        return self._fields.keys()

    def all(self, name: str) -> list[bytes]:
        """Return every value of a lower-case name, topmost first."""
        return self._fields.get(name, [])

    def first(self, name: str) -> bytes:
        """Return the topmost value of a lower-case name, or nothing."""
        values = self._fields.get(name)
        return values[0] if values else b""

    def text(self, name: str) -> str:
        """Return the topmost value decoded to one line of text."""
        if name not in self._fields:
            return ""
        if (known := self._texts.get(name)) is not None:
            return known
        self._texts[name] = text = decode_words(self.first(name))
        return text


def read_headers(raw: bytes) -> Headers:
    """Return the header fields of a mail or part, its body untouched; see read_head."""
    return split_head(raw, 0, len(raw))[0]


def read_head(raw: bytes) -> tuple[Headers, bytes]:
    """Return the header fields and the body behind them; see split_head."""
    headers, body, start, end = split_head(raw, 0, len(raw))
    return headers, body[start:end]


def split_head(raw: bytes, start: int, end: int) -> tuple[Headers, bytes, int, int]:
    """Return the header fields of a stretch of bytes, and its body as a stretch: large mails are not copied. Total.

    Lines that are no field (mbox separators, garbage) are passed over; text that follows the last field without
    an empty line between belongs to the body.
    """
    head_end, body_start = _split(raw, start, end)
    head = raw[start:head_end]
    headers, stray = _read_known(head) if len(head) <= _KNOWN_BYTES else _read(head)
    if stray:
        body = stray + b"\n\n" + raw[body_start:end] if body_start < end else stray
        return headers, body, 0, len(body)
    return headers, raw, body_start, end


def _read(head: bytes) -> tuple[Headers, bytes]:
    """Return the fields of a head, to be read only, and the text behind the last that is none."""
    lines = head.replace(b"\r\n", b"\n")
    if b"\r" in lines:
        lines = _LINE_END.sub(b"\n", lines)
    matches = list(islice(_FIELD.finditer(lines), FIELDS_MAX))
    stray = lines[matches[-1].end() :].strip(b"\n") if matches else lines
    cut = len(matches) == FIELDS_MAX or len(head) == HEAD_MAX_BYTES
    headers = Headers(((match[1].decode("ascii"), _unfolded(match[2])) for match in matches), cut=cut)
    return headers, stray if not matches or b":" not in stray.partition(b"\n")[0] else b""


_read_known: Final = lru_cache(maxsize=256)(_read)  # the heads of parts are much the same in all mails


def _split(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the head ends and the body begins, at the first empty line, at most HEAD_MAX_BYTES away."""
    if raw.startswith((b"\n", b"\r\n"), start, end):
        return start, raw.index(b"\n", start) + 1
    limit = min(end, start + HEAD_MAX_BYTES)
    empty_line = _END_OF_HEAD.search(raw, start, limit)
    return (limit, limit) if empty_line is None else empty_line.span()


def _unfolded(value: bytes) -> bytes:
    value = value[:FIELD_MAX_BYTES]
    return (_FOLD.sub(b" ", value) if b"\n" in value else value).strip(b" \t")
