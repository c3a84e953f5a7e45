"""The visible reply: what the sender wrote this time, without quoted mail and signature, in any language.

When in doubt text stays: the full text is always kept beside it.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from threadline_email.quotations import introductions, is_quoted, next_line
from threadline_email.signatures import without_signature

LINES_MAX: Final = 20_000
_WRAPPED_AT: Final = 60  # a quoted line of this length may have been broken, and its end lost its mark


class Visible(Struct, frozen=True):
    """What was written this time: with the signature, and without it."""

    unquoted: str
    reply: str


def visible_reply(text: str) -> Visible:
    """Return the visible part of a body. Total; never empty where the text is not."""
    lines = text.split("\n")[:LINES_MAX]
    kept = _without_quotes(lines)
    unquoted = "\n".join(kept).strip("\n")
    if not unquoted.strip():
        kept, unquoted = lines, text.strip("\n")
    reply = "\n".join(_trimmed(without_signature(kept))).strip()
    return Visible(unquoted, reply or unquoted.strip())


def _without_quotes(lines: Sequence[str]) -> list[str]:
    """Return the lines without the quoted mail at the end; an answer below or inside quotations is kept."""
    kept: list[str] = []
    at = 0
    for start, end in sorted(introductions(lines).items()):
        if start < at:
            continue
        kept += lines[at:start]
        after = _behind_quoted_lines(lines, end, top_posted=any(line.strip() for line in kept))
        if after is None:
            return _trimmed(kept)  # all that follows is the other mail
        at = after
    return _trimmed([*kept, *lines[at:]])


def _trimmed(lines: list[str]) -> list[str]:
    """Return the lines without quoted ones at the end."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_quoted(lines[end - 1])):
        end -= 1
    return lines[:end]


def _behind_quoted_lines(lines: Sequence[str], at: int, *, top_posted: bool) -> int | None:
    """Return where the sender goes on behind quoted lines; None if nothing follows, or the quoted mail has no marks."""
    at = next_line(lines, at)
    if at >= len(lines) or not is_quoted(lines[at]):
        return None
    while at < len(lines) and (
        is_quoted(lines[at]) or not lines[at].strip() or (top_posted and _broken_off(lines, at))
    ):
        at += 1
    return at if at < len(lines) else None


def _broken_off(lines: Sequence[str], at: int) -> bool:
    """Return whether a line without a mark is the end of the long quoted line above it."""
    above = lines[at - 1]
    return is_quoted(above) and len(above.rstrip()) >= _WRAPPED_AT and not lines[at].lstrip()[:1].isupper()
