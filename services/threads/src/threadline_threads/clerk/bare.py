"""Long numbers that stand alone in a text: `#79176172`, `(62-2026-837077)`. Pure.

No word says what they are, so they name nothing by themselves; that two messages name the same one tells something.
"""

import re
from collections.abc import Iterator
from typing import Final

from threadline_contracts.message import InboundMessage
from threadline_threads.clues import Hint, HintKind
from threadline_threads.keys import hint_key

KIND: Final = "number"
MAX_TEXT: Final = 8_000  # characters that are looked at
MAX_NUMBERS: Final = 5  # of one text
_FEWEST: Final = 6  # digits: what is shorter is a year, a price or a time
_MOST: Final = 16
# Not a part of a word, an address, a sum or a phone number; a leading zero is one of those.
_BARE: Final = re.compile(r"(?<![\w+@.,/:-])#?([1-9][0-9]+(?:[-/][0-9]{2,})*)(?![\w@/-])(?![.,:][0-9])", re.ASCII)
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}[-/][0-9]{2}[-/][0-9]{2}|[0-9]{2}[-/][0-9]{2}[-/](?:[0-9]{2}){1,2}")


def bare_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers, each once, in order."""
    return tuple(dict.fromkeys(_found(text[:MAX_TEXT])))[:MAX_NUMBERS]


def bare_hints(message: InboundMessage) -> Iterator[Hint]:
    """Yield what suggestions about a message may be founded on."""
    for value in bare_numbers(f"{message.subject}\n{message.text}"):
        yield Hint(HintKind.NUMBER, hint_key(message.desk, HintKind.NUMBER, KIND, value), f"{KIND} {value}")


def _found(text: str) -> Iterator[str]:
    for match in _BARE.finditer(text):
        value = match[1]
        digits = sum(char.isdigit() for char in value)
        if _FEWEST <= digits <= _MOST and not _DATE.fullmatch(value):
            yield value
