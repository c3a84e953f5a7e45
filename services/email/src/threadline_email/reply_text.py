"""The visible reply: what the sender wrote this time, without quoted mail and signature, in any language.

Rules look at shape (addresses, dates, `Word: value` blocks, quote marks, separators), not at words of a language.
When in doubt text stays: the full text is always kept beside it.
"""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

LINES_MAX: Final = 20_000
ATTRIBUTION_LINES: Final = 4
ATTRIBUTION_CHARS: Final = 320
HEADER_LINES: Final = 10

_ADDRESS: Final = re.compile(r"[^\s<>@\[\](),:;\"]{1,64}@[\w-]+(?:\.[\w-]+)+")
_TIME: Final = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\d{1,2}\s?(?:時|시)")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{4}(?:年|년)|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")
_FIELD: Final = re.compile(r"\s*[>*_]*\s*([^\W\d_][\w .'’/()-]{0,30}?)\s*[*_]*\s*[:：]\s*[*_]*(?:\s+(.*)|$)")
_FRAMED: Final = re.compile(r"\s*([-_=*#~]{2,})\s*\S.{1,80}?\s*[-_=*#~]{2,}:?\s*$")
_RULE: Final = re.compile(r"\s*(?:_{10,}|-{20,}|={20,}|\*{20,}|—{5,}|[-_]{5,}\s*)\s*$")
_SIGNATURE: Final = re.compile(r"(?:--|—|–|__|-{3,4}|- -)\s*")
_DEVICE: Final = re.compile(
    r"[^.!?\n]{0,40}\b(?:iPhone|iPad|iPod|Android\w*|Samsung|Galaxy|BlackBerry|Windows Phone|Huawei|Xiaomi|Nokia|Outlook|Yahoo"
    r"|Thunderbird|ProtonMail|Proton Mail|TypeApp|Gmail|Windows 10|GMX|K-9)\b[^!?\n]{0,60}",
    re.IGNORECASE,
)


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
        unquoted = text.strip("\n")
        return Visible(unquoted, unquoted)
    reply = "\n".join(_without_signature(kept)).strip()
    return Visible(unquoted, reply or unquoted.strip())


def _without_quotes(lines: Sequence[str]) -> list[str]:
    """Return the lines up to the quoted mail; an answer below or inside quotations is kept."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if not lines[at].strip():
            kept.append("")
            at += 1
            continue
        end = _quotation_start(lines, at)
        if end is None:
            kept.append(lines[at])
            at += 1
            continue
        after = _behind_quoted_lines(lines, end)
        if after is None:
            break  # all that follows is the other mail
        at = after
    while kept and (not kept[-1].strip() or _is_quoted(kept[-1])):
        kept.pop()
    return kept


def _quotation_start(lines: Sequence[str], at: int) -> int | None:
    """Return where the lines end that introduce a quoted mail at `at`, or None when there are none."""
    if _is_quoted(lines[at]):
        return None
    if (end := _header_block(lines, at)) is not None and at > 0:
        return end
    if _RULE.match(lines[at]) and (end := _header_block(lines, _next(lines, at + 1))) is not None:
        return end
    if _FRAMED.match(lines[at]) and at > 0:
        end = _header_block(lines, _next(lines, at + 1))
        return at + 1 if end is None else end
    return _attribution(lines, at)


def _behind_quoted_lines(lines: Sequence[str], at: int) -> int | None:
    """Return where unquoted text goes on behind quoted lines; None if the quoted mail has no marks, or nothing follows."""
    at = _next(lines, at)
    if at >= len(lines) or not _is_quoted(lines[at]):
        return None
    while at < len(lines) and (_is_quoted(lines[at]) or not lines[at].strip()):
        at += 1
    return at if at < len(lines) else None


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _next(lines: Sequence[str], at: int) -> int:
    """Return the next line that is not blank."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def _header_block(lines: Sequence[str], at: int) -> int | None:
    """Return the end of `From: .. Date: .. Subject: ..` at `at`: three fields or more with an address or a date."""
    fields = 0
    telling = False
    while at < len(lines) and fields < HEADER_LINES:
        match = _FIELD.match(lines[at])
        if match is None:
            break
        value = match[2] or ""
        telling = telling or bool(_ADDRESS.search(value) or _YEAR.search(value) or _TIME.search(value))
        fields += 1
        at += 1
    return at if fields >= 3 and telling else None


def _attribution(lines: Sequence[str], at: int) -> int | None:
    """Return the end of `On <date>, <name> <address> wrote:` at `at`, however it is wrapped."""
    joined = ""
    for end in range(at, min(at + ATTRIBUTION_LINES, len(lines))):
        line = lines[end].strip()
        if _is_quoted(line) and end > at:
            return end if _dated(joined) and _ADDRESS.search(joined) else None
        joined = f"{joined} {line}".strip()
        if len(joined) > ATTRIBUTION_CHARS or (not line and end == at):
            return None
        if joined.endswith((":", "：")):
            return end + 1 if _introduces(joined, lines, end + 1) else None
        if not line:
            break
    return None


def _introduces(joined: str, lines: Sequence[str], after: int) -> bool:
    """Return whether a line that ends in a colon introduces a quoted mail rather than a list."""
    address, year, time = _ADDRESS.search(joined), _YEAR.search(joined), _TIME.search(joined)
    following = _next(lines, after)
    quoted = following < len(lines) and _is_quoted(lines[following])
    if quoted:
        return bool(address or year or time)
    return bool((address and (year or time)) or (year and time))


def _dated(text: str) -> bool:
    return bool(_YEAR.search(text) or _TIME.search(text))


def _without_signature(lines: Sequence[str]) -> list[str]:
    """Return the lines above the signature: `-- ` and its variants, or a last line that names a device."""
    for number, line in enumerate(lines):
        if number and _SIGNATURE.fullmatch(line.strip() or "x"):
            return list(lines[:number])
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    if len(kept) > 1 and _DEVICE.fullmatch(kept[-1].strip()):
        kept.pop()
    return kept
