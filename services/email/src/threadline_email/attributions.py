"""The line above a quoted mail, "On <date>, <name> <address> wrote:", in any language and however it is wrapped."""

import re
from collections.abc import Sequence
from typing import Final

from threadline_email.header_words import SAID, SPEAKERS

# The characters that turn the direction of writing: invisible, and in the way of every comparison.
_DIRECTIONS: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_DIRECTION: Final = re.compile(f"[{_DIRECTIONS}]")
LINE_CHARS: Final = 500  # a longer line introduces nothing

_ATTRIBUTION_LINES: Final = 5
_ATTRIBUTION_CHARS: Final = 320
_PARAGRAPH_CHARS: Final = 160

_ADDRESS: Final = re.compile(r"<[^\s<>@]{1,64}@[\w-]+>|[^\s<>@\[\](),:;\"]{1,64}@[\w-]+(?:\.[\w-]+)+")
TIME: Final = re.compile(r"\b\d{1,2}[:.h]\d{2}(?=[ap]m\b|[^a-z\d]|$)|\d{1,2}\s?(?:時|시)", re.IGNORECASE)
YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{4}(?:年|년)|\b\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}\b")
_DAY: Final = re.compile(r"\b\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}\b")
COLONS: Final = (":", "\uff1a")
_ENDS: Final = (*COLONS, ">", " wrote")
_VERBS: Final = "|".join(re.escape(verb) for verb in SAID)
_SAID: Final = re.compile(rf"(?:^|\W)(?:{_VERBS})(?:\s?\([\w/]+\))?$", re.IGNORECASE)
_SAID_SOMEWHERE: Final = re.compile(
    rf"(?<![a-z])(?:{'|'.join(re.escape(verb) for verb in SAID if verb != 'sent')})(?![a-z])", re.IGNORECASE
)
_BRACKETED: Final = re.compile(r"[<(\[](?:mailto:)?[^\s<>@()\[\]]{1,64}@[^\s<>@()\[\]]{1,250}\s?[>)\]]")
# With the date in front, or what opens it: "On Mon, 2", "Am 2", "пн, 2", "2026年".
_BEGINS_WITH_DATE: Final = re.compile(r"\s*(?:[^\W\d_]{1,12}[.,]{0,2}\s+){0,3}\d")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TORN: Final = re.compile(rf">\s*(?:(?:{_VERBS})(?:\s?\(\w+\))?\s*)?[:\uff1a]", re.IGNORECASE)
# Programs that fold a mail into one line leave no break before an attribution either.
_SHARED: Final = re.compile(
    r"(?<=[\s-])(?:On|Am|Le|El|Il|Op|Em|Den|Dne|Dana|W dniu|Dnia)\s(?:\w{2,10}[.,]{0,2}\s){0,2}\d"
)


def turns(text: str) -> bool:
    """Return whether text has such characters: nearly all has none, and most can have none."""
    return not text.isascii() and any(map(text.__contains__, _DIRECTIONS))


def undirected(text: str) -> str:
    """Return text without the characters that turn the direction of writing."""
    return text if text.isascii() else _DIRECTION.sub("", text)


def is_quoted(line: str) -> bool:
    """Return whether a line carries a quote mark."""
    if ">" not in line:
        return False
    bare = line.strip()
    if bare[:1] != ">":
        return False
    return not bare.endswith(COLONS) or _TORN.fullmatch(bare) is None  # the end of an attribution that was wrapped


def next_line(lines: Sequence[str], at: int) -> int:
    """Return the index of the next line that is not blank."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def apart(lines: Sequence[str]) -> list[str]:
    """Return the lines, with an attribution that shares its line with the sender's words in a line of its own."""
    parted: list[str] = []
    for at, line in enumerate(lines):
        shared = _SHARED.search(line) if (":" in line or "\uff1a" in line) and _may_share(lines, at) else None
        own = line[: shared.start()].rstrip(" -") if shared else ""
        if shared and own.strip() and says_who_and_when(line[shared.start() :]):
            parted += [own, line[shared.start() :]]
        else:
            parted.append(line)
    return parted


def _may_share(lines: Sequence[str], at: int) -> bool:
    bare = lines[at][: LINE_CHARS + 1].rstrip()
    return bare.endswith(COLONS) and len(bare) <= LINE_CHARS and not is_quoted(bare) and _quoted_follows(lines, at)


def attribution_at(lines: Sequence[str], at: int, bare: str) -> int | None:
    """Return where an attribution begins whose last line is at `at`, which is `bare` without space around it."""
    return _attribution(lines, at) if bare.endswith(_ENDS) and len(bare) <= LINE_CHARS else None


def _attribution(lines: Sequence[str], end: int) -> int | None:
    """Return where `On <date>, <name> <address> wrote:` begins that ends at line `end`, however it is wrapped.

    The shortest run of lines that will do is the attribution: what stands above it is the sender's own.
    """
    last = lines[end].strip()
    if is_quoted(last):
        return None
    if not last.endswith(COLONS):
        told = names_address(last) and says_who_and_when(last)
        return end if told and (_quoted_follows(lines, end) or (last[-1] != ">" and _is_surely_one(last))) else None
    start = end
    first = max(0, end - _ATTRIBUTION_LINES + 1)
    while not says_who_and_when(_joined(lines, start, end)):
        above = _line_above(lines, start)
        if above < first or not lines[above].strip() or is_quoted(lines[above]):
            return _said(lines, start, end) if _SAID.search(last.rstrip(":\uff1a ")) else _hinted(lines, start, end)
        start = above
    return start if _quoted_follows(lines, end) or _is_surely_one(_joined(lines, start, end)) else None


def _is_surely_one(text: str) -> bool:
    """Return whether only programs write so, whatever is below: a person tells that somebody wrote on a day, too.

    It has an address in brackets; or begins with a date, has its time and that somebody wrote, and nobody speaks in it.
    """
    if _BRACKETED.search(text):
        return True
    told = _BEGINS_WITH_DATE.match(text) and says_when(text)
    said = _SAID_SOMEWHERE.search(text) or _SAID.search(text.rstrip(":\uff1a "))
    return bool(told and said) and SPEAKERS.isdisjoint(_WORD.findall(text.lower()))


def _line_above(lines: Sequence[str], at: int) -> int:
    """Return the number of the line above, or -1; an address may be torn off by empty lines."""
    above = at - 1
    if lines[at].lstrip().startswith("<"):
        while above >= 0 and not lines[above].strip():
            above -= 1
    return above


def _said(lines: Sequence[str], first: int, end: int) -> int | None:
    """Return where lines begin that end in "wrote:" and say who or on which day, or stand above quoted ones."""
    for start in range(end, first - 1, -1):
        begun = lines[start].lstrip()[:1]
        text = _joined(lines, start, end)
        told = names_address(text) or YEAR.search(text)
        if told and (start == first or not (begun == "<" or begun.islower())):
            return start if _quoted_follows(lines, end) or _is_surely_one(text) else None
    return end if _quoted_follows(lines, end) else None


def _hinted(lines: Sequence[str], start: int, end: int) -> int | None:
    """Return where less telling lines begin that stand right above quoted ones: the last, else their paragraph."""
    if not _quoted_follows(lines, end):
        return None
    if says_who_or_when(lines[end]):
        return end
    text = _joined(lines, start, end)
    if _starts_paragraph(lines, start) and len(text) <= _PARAGRAPH_CHARS and says_who_or_when(text):
        return start
    return None


def _starts_paragraph(lines: Sequence[str], at: int) -> bool:
    return at == 0 or not lines[at - 1].strip()


def _quoted_follows(lines: Sequence[str], at: int) -> bool:
    following = next_line(lines, at + 1)
    return following < len(lines) and is_quoted(lines[following])


def _joined(lines: Sequence[str], start: int, end: int) -> str:
    return " ".join(line.strip() for line in lines[start : end + 1])[: _ATTRIBUTION_CHARS + 1]


def names_address(text: str) -> bool:
    """Return whether the text has an e-mail address."""
    return "@" in text and _ADDRESS.search(text) is not None


def says_when(text: str) -> bool:
    """Return whether the text has a date and a time; that of `12.03.2025` is no time."""
    return bool(YEAR.search(text) and TIME.search(_DAY.sub(" ", text)))


def says_who_or_when(text: str) -> bool:
    """Return whether the text has an address, a full date or a time of the day."""
    return bool(names_address(text) or YEAR.search(text) or TIME.search(text))


def says_who_and_when(text: str) -> bool:
    """Return whether a short text has an address and a date or time, or a date with its time."""
    if len(text) > _ATTRIBUTION_CHARS:
        return False
    address, year, time = names_address(text), YEAR.search(text), TIME.search(text)
    return bool((address and (year or time)) or (year and time))
