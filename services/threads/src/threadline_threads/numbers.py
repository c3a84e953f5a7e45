"""Order, invoice and ticket numbers in a text, by patterns. Pure; refuses a pattern that could take for ever.

Patterns are RE2's: linear in the text whatever the pattern (no look-around, no back-references), so neither an
operator's slip nor a hostile text can stop the line. A text counts with its first 8,000 characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

from msgspec import Struct

from threadline_contracts.ids import read_reference
from threadline_threads.wordlists import words

MAX_TEXT: Final = 8_000  # characters that are looked at
MAX_NUMBERS: Final = 20  # of one text
MAX_PATTERN: Final = 500  # characters
REFERENCE: Final = "reference"  # the kind of our own numbers
_KINDS: Final = ("order", "invoice", "ticket")  # of numbers.toml
_LONGEST: Final = 60  # characters of a number
_MEMORY: Final = 1 << 20  # bytes that a pattern may use while it matches
_FEWEST_DIGITS: Final = 3  # of a number that only a word before it announces
_ESCAPED: Final = re.compile(r"[.+*?()\[\]{}|\\^$]")  # what is special to RE2
_ENDS: Final = " \t\r\n-_./#:,;"
_REFERENCE: Final = re.compile(r"(?<![\w-])[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}(?![\w-])", re.IGNORECASE)
_DATE: Final = re.compile(r"(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-](?:\d\d){1,2}|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}")


class Number(Struct, frozen=True):
    """A number as it compares: its kind (`order`), and its value in capitals, without separators at its ends."""

    kind: str
    value: str


class _Match(Protocol):
    def group(self, number: int) -> str | None: ...


class _Matcher(Protocol):
    groups: int

    def finditer(self, text: str) -> Iterator[_Match]: ...
    def search(self, text: str) -> _Match | None: ...


class Pattern(Struct, frozen=True):
    """A compiled pattern of a kind; `guesses`: a date or a short number that it finds is none."""

    kind: str
    matcher: _Matcher
    guesses: bool = False


def compile_pattern(kind: str, pattern: str, *, guesses: bool = False) -> Pattern:
    """Return a pattern ready for use: its first group is the number, else the whole match. Raises ValueError."""
    import re2  # 5 MB, which whoever only reads tickets should not pay

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = _MEMORY
    try:
        matcher: _Matcher = re2.compile(pattern, options)
    except re2.error as err:
        said = err.args[0] if err.args else "it is no regular expression"
        raise ValueError(f"pattern {pattern[:60]!r}: {said.decode() if isinstance(said, bytes) else said}") from err
    if matcher.search("") is not None:
        raise ValueError(f"pattern {pattern[:60]!r} also matches nothing at all")
    return Pattern(kind, matcher, guesses)


def numbers_of(text: str, patterns: Sequence[Pattern]) -> tuple[Number, ...]:
    """Return the numbers of a text, ours first, each once."""
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT])[:MAX_TEXT]
    return tuple(islice(dict.fromkeys(_all_numbers(plain, patterns)), MAX_NUMBERS))


def packaged_patterns() -> tuple[Pattern, ...]:
    """Return the patterns of the words in numbers.toml."""
    listed = words("numbers.toml")
    return tuple(compile_pattern(kind, _announced(listed[kind], listed["sign"]), guesses=True) for kind in _KINDS)


def _announced(names: Iterable[str], signs: Iterable[str]) -> str:
    """Return the pattern of a number after one of some words: `Bestellung Nr. 4711`, `račun 118/POSL1/1`."""
    cjk = _any_of(name for name in names if _runs_on(name))
    spaced = _any_of(name for name in names if not _runs_on(name))
    name = rf"(?:(?:^|[^\pL\pN])(?:{spaced})|(?:{cjk}))"
    sign = rf"(?:[\s:.\-]{{0,3}}(?:{_any_of(signs)})){{0,2}}°?"
    return (
        rf"(?m){name}{sign}[\s:.#\-\[(]{{0,4}}([A-Z]{{0,6}}[-/]?[0-9][0-9A-Z]{{0,30}}(?:[-/.][0-9A-Z]{{1,20}}){{0,4}})"
    )


def _any_of(names: Iterable[str]) -> str:
    plain = {unicodedata.normalize("NFKC", name) for name in names}
    return "|".join(_ESCAPED.sub(r"\\\g<0>", name) for name in sorted(plain, key=lambda name: (-len(name), name)))


def _runs_on(name: str) -> bool:
    """Return whether a word's script writes no spaces."""
    return "CJK" in unicodedata.name(name[0]) or name[0] >= "\u3040"


def _all_numbers(text: str, patterns: Sequence[Pattern]) -> Iterator[Number]:
    for found in islice(_REFERENCE.finditer(text), MAX_NUMBERS):
        # Words of ten letters look like that too: "phase-three". Our numbers are shown in capitals.
        if found[0].isupper() or any(char.isdigit() for char in found[0]):
            yield Number(REFERENCE, read_reference(found[0]))
    for pattern in patterns:
        group = 1 if pattern.matcher.groups else 0
        for match in islice(pattern.matcher.finditer(text), MAX_NUMBERS):
            value = (match.group(group) or "").strip(_ENDS).upper()
            if 0 < len(value) <= _LONGEST and not (pattern.guesses and _is_no_number(value)):
                yield Number(pattern.kind, value)


def _is_no_number(value: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    return digits < _FEWEST_DIGITS or bool(_DATE.fullmatch(value) or _REFERENCE.fullmatch(value))
