"""Order, invoice and ticket numbers in a text, by patterns. Pure; refuses a pattern that could take for ever.

Patterns are RE2's (linear in the text whatever the pattern; no look-around, no back-references), so neither an
operator's slip nor a hostile text can stop the line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import re2
from msgspec import Struct

from threadline_contracts.ids import read_reference

MAX_TEXT: Final = 8_000  # characters that are looked at
MAX_NUMBERS: Final = 20  # of one text; a list of more names none in particular
REFERENCE: Final = "reference"  # the kind of our own numbers
_REFERENCE: Final = re.compile(r"(?<![\w-])[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}(?![\w-])", re.IGNORECASE)


class Number(Struct, frozen=True):
    """A number as it compares: a kind (`order`), and the value in capitals without separators at its ends."""

    kind: str
    value: str


class Pattern(Struct, frozen=True):
    """A compiled pattern of a kind."""

    kind: str
    matcher: object


def compile_pattern(kind: str, pattern: str) -> Pattern:
    """Return a pattern ready for use. Raises ValueError."""
    return Pattern(kind, re2.compile(pattern))


def numbers_of(text: str, patterns: Sequence[Pattern]) -> tuple[Number, ...]:
    """Return the numbers of a text."""
    return ()
