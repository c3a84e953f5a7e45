"""The visible reply: what the sender wrote this time, without quoted mail and signature, in any language.

When in doubt text stays: the full text is always kept beside it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from threadline_email.attributions import apart, is_quoted, next_line, says_who_and_when, turns, undirected
from threadline_email.quotations import QUOTE_MARK, Introduction, introductions
from threadline_email.signatures import is_signature, without_signature

LINES_MAX: Final = 20_000
# What programs put before the subject of a mail that is passed on.
_FORWARDS: Final = re.compile(
    r"\s*(?:fwd?|fw|wg|tr|rv|enc|pd|vl|i|ilt|İlt|doorst|tov|πρθ|пер|пересл|fs|转发|轉寄|転送|전달)\s?[:\uff1a]",
    re.IGNORECASE,
)
_WRAPPED_AT: Final = 60  # a quoted line of this length may have been broken, and its end lost its mark
_ENDED: Final = tuple("?!:;.\u3002\uff1f\uff01")  # behind these a line was not broken: what follows is an answer
_LINK_TORN_OFF: Final = re.compile(r"[<\[]\s*(?:[a-z]{2,9}:|www\.|\S+@)", re.IGNORECASE)
_LINK_ENDS: Final = re.compile(r"[^\s<>()\[\]]+[>)\]]")
_LINK_LEFT_OPEN: Final = re.compile(r"[<(\[]\s*https?://[^\s<>()\[\]]*$", re.IGNORECASE)


class Visible(Struct, frozen=True):
    """What was written this time: with the signature, and without it."""

    unquoted: str
    reply: str


class _Stretch(Struct, frozen=True):
    """Lines on end: the sender's own, or quoted to be answered below, or (neither) a mail that is passed on."""

    lines: list[str]
    own: bool = False
    quoted: bool = False


def passes_on(subject: str) -> bool:
    """Return whether a subject says that a mail is forwarded; "Re: Fwd:" is an answer."""
    return _FORWARDS.match(subject) is not None


def visible_reply(text: str, *, passed_on: bool = False) -> Visible:
    """Return the visible part of a body; what is below it stays, too, where the mail is `passed_on`. Total.

    It is empty only where the text is nothing but an attribution with marked lines below it, or a signature: then the
    sender wrote nothing.
    """
    lines = apart(text.split("\n")[:LINES_MAX])
    found = introductions(list(map(undirected, lines)) if turns(text) else lines)
    stretches = _ending_in_words(list(_stretches(lines, found, passed_on=passed_on)))
    if not stretches and not _only_quoted(lines, found):
        stretches = [_Stretch(lines, own=True)]
    unquoted = _text(stretches)
    reply = _text(_ending_in_words([_unsigned(stretch, first=not at) for at, stretch in enumerate(stretches)])).strip()
    if not reply and not all(is_signature(stretch.lines) for stretch in stretches if stretch.own):
        reply = unquoted.strip()
    return Visible(unquoted, reply)


def finds_quotation(text: str) -> bool:
    """Return whether the text itself shows that it quotes a mail, or passes one on."""
    lines = text.split("\n")[:LINES_MAX]
    return any(map(is_quoted, lines)) or bool(introductions(lines))


def _stretches(lines: list[str], found: Sequence[Introduction], *, passed_on: bool) -> Iterator[_Stretch]:
    """Yield the lines without the mail that is answered; an answer below or inside quotations is kept."""
    at = next_line(lines, 0)
    for introduction in found:
        if introduction.start < at:
            continue
        own = lines[at : introduction.start]
        yield from _runs(own)
        if introduction.forwarded or passed_on:
            yield _Stretch(lines[introduction.start :])
            return
        after = _behind_quoted_lines(lines, introduction.end, top_posted=any(line.strip() for line in own))
        if after is None:
            return  # all that follows is the other mail
        if any(is_quoted(line) for line in _trimmed(lines[after:])):  # answered piece by piece: the questions stay
            yield _Stretch(lines[introduction.end : after], quoted=True)
        at = after
    yield from _runs(lines[at:])


def _runs(lines: Sequence[str]) -> Iterator[_Stretch]:
    """Yield own and quoted lines in turn; blank ones belong to those above them."""
    run: list[str] = []
    quoted = False
    for line in lines:
        if line.strip() and is_quoted(line) != quoted:
            if run:
                yield _Stretch(run, own=not quoted, quoted=quoted)
            run, quoted = [], not quoted
        run.append(line)
    if run:
        yield _Stretch(run, own=not quoted, quoted=quoted)


def _unsigned(stretch: _Stretch, *, first: bool) -> _Stretch:
    if not stretch.own:
        return stretch
    blank = [""] if stretch.lines and not stretch.lines[-1].strip() else []
    return _Stretch([*without_signature(stretch.lines, continued=not first), *blank], own=True)


def _ending_in_words(stretches: list[_Stretch]) -> list[_Stretch]:
    """Return the stretches without quoted ones at the end, and without a signature that stands below a quotation."""
    end = len(stretches)
    while end and (stretches[end - 1].quoted or (stretches[end - 1].own and is_signature(stretches[end - 1].lines))):
        end -= 1
    return stretches[:end] or [each for each in stretches if each.own][:1]


def _text(stretches: Sequence[_Stretch]) -> str:
    joined = "\n".join(line for stretch in stretches for line in stretch.lines)
    return joined.replace(QUOTE_MARK, "").strip("\n")


def _only_quoted(lines: Sequence[str], found: Sequence[Introduction]) -> bool:
    """Return whether there is nothing but an attribution and the marked lines below it."""
    if not found or found[0].start != next_line(lines, 0):
        return False
    if not says_who_and_when(" ".join(lines[found[0].start : found[0].end])):
        return False
    below = [line for line in lines[found[0].end :] if line.strip()]
    return bool(below) and all(map(is_quoted, below))


def _trimmed(lines: Sequence[str]) -> Sequence[str]:
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
    """Return whether a line without a mark is the end of the quoted line above it: of a long one, or of a link.

    An answer right below its question looks much the same, and stays: only what cannot begin one is an end.
    """
    above, line = lines[at - 1].rstrip(), lines[at].lstrip()
    if not is_quoted(above):
        return False
    link = _LINK_TORN_OFF.match(line) or (_LINK_LEFT_OPEN.search(above) and _LINK_ENDS.match(line))
    if link and at + 1 < len(lines) and is_quoted(lines[at + 1]):
        return True
    return len(above) >= _WRAPPED_AT and line[:1].islower() and not above.endswith(_ENDED)
