"""Where a quoted mail begins, by the shape of the lines: attributions, header blocks, separators. In any language."""

import re
from collections.abc import Sequence
from typing import Final

from threadline_email.header_words import HEADER_WORDS

QUOTE_MARK: Final = "\x1d"  # html.py leaves it where a mail program's own element says that the quoted mail begins

_ATTRIBUTION_LINES: Final = 4
_ATTRIBUTION_CHARS: Final = 320
_PARAGRAPH_CHARS: Final = 160
_HEADER_FIELDS: Final = 3
_HEADER_LINES: Final = 12

_ADDRESS: Final = re.compile(r"[^\s<>@\[\](),:;\"]{1,64}@[\w-]+(?:\.[\w-]+)+")
_TIME: Final = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\d{1,2}\s?(?:時|시)")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{4}(?:年|년)|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")
_FIELD: Final = re.compile(r"\s*[>*_]*\s*([^\W\d_][\w .'\u2019/()-]{0,30}?)\s*[*_]*\s*[:\uff1a](?!//)\s*[*_]*\s*(.*)$")
_FOLDED: Final = re.compile(r"\s*<[^<>\s]+>\s*$|\s+[^\s@]+@\S+")
_FRAMED: Final = re.compile(r"\s*[-_=*#~]{2,}\s*[^\W_][^\n]{0,80}?\s*[-_=*#~]{2,}:?\s*$")
_DRAWN: Final = frozenset("-_=*\u2014\u2500")
_RULE_CHARS: Final = 5
_LINE_CHARS: Final = 500  # a longer line introduces nothing
_COLONS: Final = (":", "\uff1a")


def is_quoted(line: str) -> bool:
    """Return whether a line carries a quote mark."""
    bare = line.lstrip()
    return bare.startswith(">") and bare.rstrip() != ">:"  # the end of an attribution that was wrapped


def is_rule(line: str) -> bool:
    """Return whether a line is nothing but a drawn line."""
    drawn = "".join(line.split())
    return len(drawn) >= _RULE_CHARS and _DRAWN.issuperset(drawn)


def next_line(lines: Sequence[str], at: int) -> int:
    """Return the index of the next line that is not blank."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def quotation_start(lines: Sequence[str], at: int) -> int | None:
    """Return where the lines end that introduce a quoted mail at `at`; None when none do.

    A header block or a separator as the very first line introduces nothing: a forwarded mail is what the sender says.
    """
    line = lines[at]
    if is_quoted(line) or len(line) > _LINE_CHARS:
        return None
    if line.startswith(QUOTE_MARK):
        return at + 1
    block = _separated(lines, at) if at > 0 else None
    return _attribution(lines, at) if block is None else block


def _separated(lines: Sequence[str], at: int) -> int | None:
    """Return the end of a header block at `at`, or of a separator with or without one."""
    line = lines[at]
    if (block := _header_block(lines, at, words=True)) is not None:
        return block
    drawn, framed = is_rule(line), _FRAMED.match(line) is not None
    if not (drawn or framed):
        return None
    block = _header_block(lines, next_line(lines, at + 1), words=False)
    return at + 1 if block is None and framed and not drawn else block


def _header_block(lines: Sequence[str], at: int, *, words: bool) -> int | None:
    """Return the end of `From: .. Date: .. Subject: ..` at `at`: three fields or more with an address or a date.

    People write lists of this shape too, so without a separator above (`words`) it must begin with a word we know.
    """
    fields = 0
    telling = False
    start = at
    while at < min(len(lines), start + _HEADER_LINES):
        match = _FIELD.match(lines[at]) if len(lines[at]) <= _LINE_CHARS else None
        if match is None and not (fields and _FOLDED.match(lines[at])):
            break
        if words and match and not fields and " ".join(match[1].lower().split()) not in HEADER_WORDS:
            return None
        telling = telling or _says_who_or_when(match[2] if match else lines[at])
        fields += match is not None
        at += 1
    return at if fields >= _HEADER_FIELDS and telling else None


def _says_who_or_when(text: str) -> bool:
    return bool(_ADDRESS.search(text) or _YEAR.search(text) or _TIME.search(text))


def _attribution(lines: Sequence[str], at: int) -> int | None:
    """Return the end of `On <date>, <name> <address> wrote:` at `at`, however it is wrapped.

    The shortest run of lines that will do is the attribution: what stands above it is the sender's own.
    """
    if _introduces(lines[at].strip(), lines, at + 1):
        return at + 1
    for end in range(at + 1, min(at + _ATTRIBUTION_LINES, len(lines))):
        line = lines[end].strip()
        if not line or is_quoted(line):
            return None
        if line.endswith(_COLONS):
            starts = (start for start in range(end, at - 1, -1) if _says_who_and_when(_joined(lines, start, end)))
            return end + 1 if next(starts, None) == at or _is_short_paragraph(lines, at, end) else None
    return None


def _is_short_paragraph(lines: Sequence[str], at: int, end: int) -> bool:
    """Return whether the lines stand alone right above quoted ones, and name somebody or a time."""
    following = next_line(lines, end + 1)
    quoted = following < len(lines) and is_quoted(lines[following])
    text = _joined(lines, at, end)
    starts = at == 0 or not lines[at - 1].strip()
    return quoted and starts and len(text) <= _PARAGRAPH_CHARS and _says_who_or_when(text)


def _joined(lines: Sequence[str], start: int, end: int) -> str:
    return " ".join(line.strip() for line in lines[start : end + 1])[: _ATTRIBUTION_CHARS + 1]


def _introduces(text: str, lines: Sequence[str], after: int) -> bool:
    """Return whether a single line introduces the mail below it, rather than a list or a sentence."""
    following = next_line(lines, after)
    quoted = following < len(lines) and is_quoted(lines[following])
    if text.endswith(_COLONS):
        return _says_who_and_when(text) or (quoted and _says_who_or_when(text))
    return text.endswith((" wrote", ">")) and bool(_ADDRESS.search(text)) and _says_who_and_when(text)


def _says_who_and_when(text: str) -> bool:
    if len(text) > _ATTRIBUTION_CHARS:
        return False
    address, year, time = _ADDRESS.search(text), _YEAR.search(text), _TIME.search(text)
    return bool((address and (year or time)) or (year and time))
