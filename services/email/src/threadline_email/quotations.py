"""Where a quoted mail begins, by the shape of the lines: attributions, header blocks, separators. In any language."""

import re
from collections.abc import Sequence
from typing import Final

from threadline_email.header_words import HEADER_WORDS

QUOTE_MARK: Final = "\x02"  # html.py leaves it where a mail program's own element says that the quoted mail begins

_LINE_CHARS: Final = 500  # a longer line introduces nothing
_ATTRIBUTION_LINES: Final = 4
_ATTRIBUTION_CHARS: Final = 320
_PARAGRAPH_CHARS: Final = 160
_HEADER_FIELDS: Final = 3
_HEADER_LINES: Final = 12
_RULE_CHARS: Final = 5

_ADDRESS: Final = re.compile(r"<[^\s<>@]{1,64}@[\w-]+>|[^\s<>@\[\](),:;\"]{1,64}@[\w-]+(?:\.[\w-]+)+")
_TIME: Final = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\d{1,2}\s?(?:時|시)")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{4}(?:年|년)|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")
_FIELD: Final = re.compile(r"\s*[>*_]*\s*([^\W\d_][\w .'\u2019/()-]{0,30}?)\s*[*_]*\s*[:\uff1a](?!//)\s*[*_]*\s*(.*)$")
_FOLDED: Final = re.compile(r"\s*<[^<>\s]+>\s*$|\s+[^\s@]+@\S+")
_FRAMED: Final = re.compile(r"\s*[-_=*#~]{2,}\s*[^\W_][^\n]{0,80}?\s*[-_=*#~]{2,}:?\s*$")
_FRAMES: Final = frozenset("-_=*#~\u2014\u2500")
_DRAWN: Final = frozenset("-_=*\u2014\u2500")
_COLONS: Final = (":", "\uff1a")
_ATTRIBUTION_ENDS: Final = (*_COLONS, ">", " wrote")


def is_quoted(line: str) -> bool:
    """Return whether a line carries a quote mark."""
    if ">" not in line:
        return False
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


def introductions(lines: Sequence[str]) -> dict[int, int]:
    """Return where lines begin that introduce a quoted mail, and where they end.

    A header block or a separator above which the sender wrote nothing introduces nothing: a mail that is forwarded is
    what the sender says.
    """
    found: dict[int, int] = {}
    forwarded = 0  # lines of the block at the top
    own_words = False
    for at, line in enumerate(lines):
        bare = line.strip()
        if not bare or at < forwarded:
            continue
        if bare[0] == QUOTE_MARK:
            found.setdefault(at, at + 1)
        if (
            bare.endswith(_ATTRIBUTION_ENDS)
            and len(bare) <= _LINE_CHARS
            and (start := _attribution(lines, at)) is not None
        ):
            found.setdefault(start, at + 1)
        end = _separated(lines, at, bare)
        if end is not None and own_words:
            found.setdefault(at, end)
        elif end is not None:
            forwarded = end
        own_words = own_words or (end is None and bare[0] != ">")
    return found


def _separated(lines: Sequence[str], at: int, bare: str) -> int | None:
    """Return the end of a separator or header block at `at`; most lines are neither, and are told at a glance."""
    if len(bare) > _LINE_CHARS or bare[0] == ">":
        return None
    end = _separator(lines, at, bare) if bare[0] in _FRAMES else None
    if end is None and (":" in bare or "\uff1a" in bare):
        end = _header_block(lines, at, words=True)
    return end


def _separator(lines: Sequence[str], at: int, bare: str) -> int | None:
    """Return the end of a separator that introduces a mail: `---- Words ----`, or a drawn line above a header block."""
    drawn = is_rule(bare)
    if not drawn and _FRAMED.match(bare) is None:
        return None
    block = _header_block(lines, next_line(lines, at + 1), words=False)
    return at + 1 if block is None and not drawn else block


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


def _attribution(lines: Sequence[str], end: int) -> int | None:
    """Return where `On <date>, <name> <address> wrote:` begins that ends at line `end`, however it is wrapped.

    The shortest run of lines that will do is the attribution: what stands above it is the sender's own.
    """
    last = lines[end].strip()
    if is_quoted(last):
        return None
    if not last.endswith(_COLONS):
        return end if _ADDRESS.search(last) and _says_who_and_when(last) else None
    start = end
    first = max(0, end - _ATTRIBUTION_LINES + 1)
    while not _says_who_and_when(_joined(lines, start, end)):
        if start == first or not lines[start - 1].strip() or is_quoted(lines[start - 1]):
            return _hinted(lines, start, end)
        start -= 1
    return start


def _hinted(lines: Sequence[str], start: int, end: int) -> int | None:
    """Return where less telling lines begin that stand right above quoted ones: the last, else their paragraph."""
    if not _quoted_follows(lines, end):
        return None
    if _says_who_or_when(lines[end]):
        return end
    text = _joined(lines, start, end)
    if _starts_paragraph(lines, start) and len(text) <= _PARAGRAPH_CHARS and _says_who_or_when(text):
        return start
    return None


def _starts_paragraph(lines: Sequence[str], at: int) -> bool:
    return at == 0 or not lines[at - 1].strip()


def _quoted_follows(lines: Sequence[str], at: int) -> bool:
    following = next_line(lines, at + 1)
    return following < len(lines) and is_quoted(lines[following])


def _joined(lines: Sequence[str], start: int, end: int) -> str:
    return " ".join(line.strip() for line in lines[start : end + 1])[: _ATTRIBUTION_CHARS + 1]


def _says_who_and_when(text: str) -> bool:
    if len(text) > _ATTRIBUTION_CHARS:
        return False
    address, year, time = _ADDRESS.search(text), _YEAR.search(text), _TIME.search(text)
    return bool((address and (year or time)) or (year and time))
