"""Where a quoted mail begins, by the shape of the lines: attributions, header blocks, separators. In any language."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from threadline_email.attributions import (
    COLONS,
    LINE_CHARS,
    TIME,
    YEAR,
    attribution_at,
    is_quoted,
    names_address,
    next_line,
    says_when,
)
from threadline_email.header_words import (
    DATE_WORDS,
    EARLIER,
    FORWARDED,
    FROM_WORDS,
    ORIGINAL,
    REPLY_ABOVE,
    SUBJECT_WORDS,
    TO_WORDS,
)

QUOTE_MARK: Final = "\x02"  # html.py leaves it where a mail program's own element says that the quoted mail begins
SIGNATURE_MARK: Final = QUOTE_MARK * 2  # and this where one says that the signature begins

_HEADER_FIELDS: Final = 3
_HEADER_LINES: Final = 12
_MARKED_LINES: Final = 5
_WHEN_CHARS: Final = 50
_WHO: Final = re.compile(r"[^\s<>@][^<>@]{0,80}<[^\s<>@]{1,64}@[^\s<>@]{1,250}>")
_KNOWN_FIELDS: Final = 2
_VALUE_CHARS: Final = 160  # of a field: who and when are told by then
_RULE_CHARS: Final = 5

_FIELD: Final = re.compile(r"\s*[>*_]*\s*([^\W\d_][\w .'\u2019/()-]{0,30}?)\s*[*_]*\s*[:\uff1a](?!//)\s*[*_]*\s*(.*)$")
_FOLDED: Final = re.compile(r"\s*<[^<>\s]+>\s*$|\s+[^\s@]+@\S+")
_FRAMED: Final = re.compile(r"\s*[-_=*#~]{2,}\s*[^\W_][^\n]{0,80}?\s*[-_=*#~]{2,}:?\s*$")
_FRAMES: Final = frozenset("-_=*#~\u2014\u2500")
_TELLING: Final = _FRAMES | {QUOTE_MARK, ">"}
_DRAWN: Final = frozenset("-_=*\u2014\u2500")
_REPLY_ABOVE: Final = re.compile("|".join(map(re.escape, REPLY_ABOVE)), re.IGNORECASE)
_FORWARDED_CHARS: Final = 120
_BLANK: Final = f"{QUOTE_MARK} \t"


class Introduction(Struct, frozen=True):
    """The lines from `start` to before `end` that introduce another mail, which the sender answers or passes on."""

    start: int
    end: int
    forwarded: bool = False


def is_rule(line: str, *, least: int = _RULE_CHARS) -> bool:
    """Return whether a line is nothing but a drawn line of `least` characters."""
    drawn = "".join(line.split())
    return len(drawn) >= least and _DRAWN.issuperset(drawn)


def introductions(lines: Sequence[str]) -> list[Introduction]:
    """Return where lines begin and end that introduce another mail, in order; behind a forwarded mail nothing counts.

    A header block or a separator above which the sender wrote nothing introduces nothing: a mail that is forwarded is
    what the sender says.
    """
    found: list[Introduction] = []
    skip = 0  # lines of the block at the top
    own_words = False
    for at, line in enumerate(lines):
        bare = line.strip()
        if not bare or at < skip:
            continue
        if _is_plain(bare):
            own_words = True
            continue
        if _is_forwarded(bare):
            above = [each for each in found if any(said.strip(_BLANK) for said in lines[each.start : at])]
            return [*sorted(above, key=_start), Introduction(at, at + 1, forwarded=True)]
        block = _separated(lines, at, bare)
        here = _introduction(lines, at, bare, block if own_words else None)
        if here is not None:
            found.append(here)
            if not is_quoted(lines[following] if (following := next_line(lines, here.end)) < len(lines) else ""):
                break  # all below is the other mail
        skip = block or skip
        own_words = own_words or (block is None and bare[0] != ">")
    return sorted(found, key=_start)


def _introduction(lines: Sequence[str], at: int, bare: str, block: int | None) -> Introduction | None:
    """Return what introduces a mail and ends at a line, or begins there and is a block."""
    if bare[0] == QUOTE_MARK and not bare.startswith(SIGNATURE_MARK):
        return Introduction(at, _marked_attribution(lines, at))
    attributed = attribution_at(lines, at, bare)
    if attributed is not None:
        return Introduction(attributed, at + 1)
    return Introduction(at, block) if block is not None else None


def _marked_attribution(lines: Sequence[str], at: int) -> int:
    """Return the end of what introduces a mail at a mark, with the attribution right behind it if there is one."""
    for end in range(at, min(at + _MARKED_LINES, len(lines))):
        bare = lines[end].strip()
        if bare and attribution_at(lines, end, bare) is not None:
            return end + 1
    return at + 1


def _start(introduction: Introduction) -> int:
    return introduction.start


def _is_plain(bare: str) -> bool:
    """Return whether a line can be told at a glance to introduce nothing: most lines are words and no more."""
    return not (bare[0] in _TELLING or ":" in bare or "\uff1a" in bare or bare.endswith((">", " wrote")))


def _is_forwarded(bare: str) -> bool:
    """Return whether a line says that a mail is passed on: it is new to the reader, so it belongs to what is said."""
    words = bare.strip(QUOTE_MARK)
    if len(words) > _FORWARDED_CHARS or not (words.endswith(COLONS) or _FRAMED.match(words)):
        return False
    return any(map(words.lower().__contains__, FORWARDED))


def _separated(lines: Sequence[str], at: int, bare: str) -> int | None:
    """Return the end of a separator or header block at `at`; most lines are neither, and are told at a glance."""
    if len(bare) > LINE_CHARS or bare[0] == ">":
        return None
    end = _separator(lines, at, bare) if bare[0] in _FRAMES else None
    if end is None and (":" in bare or "\uff1a" in bare):
        end = _header_block(lines, at, framed=False)
    return _masthead(lines, at) if end is None and bare[-1] == ">" else end


def _masthead(lines: Sequence[str], at: int) -> int | None:
    """Return the end of `Ada <ada@example.org>` with nothing but a date and its time below it: as Notes writes."""
    below = next_line(lines, at + 1)
    if below >= len(lines) or len(lines[below]) > _WHEN_CHARS or not _WHO.fullmatch(lines[at].strip()):
        return None
    return below + 1 if YEAR.search(lines[below]) and TIME.search(lines[below]) else None


def _separator(lines: Sequence[str], at: int, bare: str) -> int | None:
    """Return the end of a separator that introduces a mail: `---- Words ----`, or a drawn line above a header block.

    People frame headings, too: without a header block below the words must be those of a mail program or a help desk.
    """
    drawn = is_rule(bare, least=3)
    told = bare.lower()
    if not drawn and _FRAMES.issuperset(bare[:2]) and _REPLY_ABOVE.search(told):
        return at + 1
    if not drawn and _FRAMED.match(bare) is None:
        return None
    below = next_line(lines, at + 1)
    block = _header_block(lines, below, framed=True)
    if block is not None:
        return block
    if drawn:
        return at + 1 if below < len(lines) and lines[below].strip("*_# :").lower() in EARLIER else None
    attributed = names_address(told) and says_when(told)
    return at + 1 if attributed or told.strip("-_=*#~ :") in ORIGINAL else None


def _header_block(lines: Sequence[str], at: int, *, framed: bool) -> int | None:
    """Return the end of `From: .. Date: .. Subject: ..` at `at`; `framed`: there is a separator above."""
    start = at
    kinds: list[str] = []
    values: list[str] = []
    while at < min(len(lines), start + _HEADER_LINES):
        match = _FIELD.match(lines[at].strip()) if len(lines[at]) <= LINE_CHARS else None
        if match is None and not (values and _FOLDED.match(lines[at])):
            break
        if match:
            kinds.append(_kind(match[1], first=not kinds))
            values.append(match[2][:_VALUE_CHARS])
        else:
            values[-1] += f" {lines[at].strip()[:_VALUE_CHARS]}"
        at += 1
    return at if _is_header_block(kinds, values, framed=framed) else None


def _kind(label: str, *, first: bool) -> str:
    """Return what a field says by a word that programs write, with a capital; nothing if it is not known."""
    word = " ".join(label.lower().split())
    if label[:1].islower():
        return ""
    if word in FROM_WORDS:
        return "from"
    if word in DATE_WORDS:
        return "date"
    if word in SUBJECT_WORDS:
        return "subject"
    return "to" if word in TO_WORDS and not first else ""


def _is_header_block(kinds: Sequence[str], values: Sequence[str], *, framed: bool) -> bool:
    """Return whether fields are those of a mail: people write lists of this shape, too.

    It must begin with a word we know and have another, and say who sent the mail to whom, by address, or when, to the
    minute; or have what only programs write (`Ada <ada@example.org>` beside a date with its time).
    """
    told = " ".join(values)
    when = says_when(told)
    if not kinds[:1] or not kinds[0] or len(list(filter(None, kinds))) < _KNOWN_FIELDS:
        who = any("@" in value and value.rstrip().endswith((">", "]")) for value in (values if framed else values[:1]))
        return len(values) >= _HEADER_FIELDS and who and when and names_address(told)
    if any(names_address(value) for kind, value in zip(kinds, values, strict=True) if kind in {"from", "to"}):
        return when or (len(values) >= _HEADER_FIELDS and "from" in kinds)
    return _names_no_address(kinds, values)


def _names_no_address(kinds: Sequence[str], values: Sequence[str]) -> bool:
    """Return whether fields are those of a mail of a sender by name alone; from a place one goes to another at once."""
    if len(values) < _HEADER_FIELDS or not {"from", "date", "subject"}.issubset(kinds):
        return False
    behind = kinds[kinds.index("from") + 1 :][:1]
    return behind in ([], ["date"], ["subject"]) and says_when(values[kinds.index("date")])
