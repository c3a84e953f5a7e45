"""The words by which a message is searched for: the same on every database. Pure."""

import re
import unicodedata
from typing import Final

from threadline_contracts.ids import show_reference
from threadline_contracts.message import InboundMessage

_WORD: Final = re.compile(r"[^\W_]+")
_BLANKED: Final = bytes(ord(chr(c).lower()) if chr(c).isalnum() else ord(" ") for c in range(128)).ljust(256)
_TEXT_CHARACTERS: Final = 8_000  # of a message's text; what comes later is not found by its words
_MOST: Final = 400  # different words of a message
_LONGEST: Final = 40  # characters of a word


def words(text: str) -> list[str]:
    """Return the different words of a text, without case and accents, in order."""
    if text.isascii():  # a tenth of the time
        found = text.encode().translate(_BLANKED).decode().split()
    else:
        found = _WORD.findall(_without_accents(text).casefold())
    return [word[:_LONGEST] for word in dict.fromkeys(found)]


def words_of(message: InboundMessage) -> str:
    """Return the words of a message, separated by blanks: its numbers, subject, people and text."""
    people = [message.sender, *message.recipients[:10]]
    named = [part for party in people for part in (party.name, *(identity.value for identity in party.identities))]
    numbers = f"{message.reference} {show_reference(message.reference)}"
    told = "\n".join([numbers, message.subject, *named, message.text[:_TEXT_CHARACTERS]])
    return " ".join(words(told)[:_MOST])


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
