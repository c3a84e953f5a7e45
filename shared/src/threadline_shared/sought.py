"""Whether something is from a person who is to be forgotten, for those who cannot ask threads. Pure.

Strict: what is missed here is made a tombstone when it reaches threads; what is taken here is gone.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from threadline_contracts.commands import IdentityName
from threadline_contracts.message import IdentityKind, InboundMessage, Party

_LEAST: Final = 6  # characters of what is looked for in bytes: a shorter one is in many words
_NOT_DIGITS: Final = re.compile(r"[^0-9]")


class Sought:
    """Identities to look for, in the comparable form that threads gives them."""

    def __init__(self, identities: Iterable[IdentityName]) -> None:
        self._known = {(one.kind, one.value) for one in identities}
        values = {value for _, value in self._known if len(value) >= _LEAST}
        spelt = sorted({spelling for value in values for spelling in _spellings(value)}, key=len, reverse=True)
        words = "|".join(re.escape(one) for one in spelt)
        self._words = (
            re.compile(rf"(?<![\w@.+-])(?:{words})(?![\w@]|[.-]\w)".encode(), re.IGNORECASE) if spelt else None
        )

    def wrote(self, message: InboundMessage) -> bool:
        """Return whether a message is from them."""
        return self._has(message.sender)

    def came_by(self, facts: Mapping[str, str]) -> bool:
        """Return whether a door was told an address of theirs as the sender's."""
        return any((IdentityKind.EMAIL, _email(fact)) in self._known for fact in facts.values())

    def is_in(self, content: bytes) -> bool:
        """Return whether anything names them, as plain text."""
        return bool(self._words and self._words.search(content))

    def _has(self, party: Party) -> bool:
        return any((one.kind, _comparable(one.kind, one.value)) in self._known for one in party.identities)


def _comparable(kind: str, value: str) -> str:
    match kind:
        case IdentityKind.EMAIL:
            return _email(value)
        case IdentityKind.PHONE:
            return f"+{_NOT_DIGITS.sub('', value)}" if value.strip().startswith("+") else value.strip()
        case _:
            return value.strip()


def _email(value: str) -> str:
    local, at, domain = unicodedata.normalize("NFC", value).strip().lower().rpartition("@")
    try:
        return f"{local}{at}{domain.rstrip('.').encode('idna').decode()}"
    except UnicodeError:
        return f"{local}{at}{domain}"


def _spellings(value: str) -> tuple[str, ...]:
    """Return how a value may be written: an internationalised domain has two forms."""
    local, at, domain = value.rpartition("@")
    try:
        return (value, f"{local}{at}{domain.encode().decode('idna')}") if at else (value,)
    except UnicodeError:
        return (value,)
