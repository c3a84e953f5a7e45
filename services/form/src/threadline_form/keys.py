"""Idempotency keys: where one comes from, and whether it came before with other content."""

import secrets
from collections import OrderedDict
from typing import Final

from threadline_form.entry import KEY_FIELD
from threadline_form.validate import Fault, is_key

_BYTES: Final = 16
_REMEMBERED: Final = 10_000


def new_key() -> str:
    """Return a key that nobody else has."""
    return secrets.token_urlsafe(_BYTES)


def key_of(header: str, typed: str) -> tuple[str, tuple[Fault, ...]]:
    """Return the key of a post: its Idempotency-Key header, else its field, else one of our own.

    The header is a quoted string in the draft standard, and a bare word in the wild: both are taken.
    """
    given = (header.strip() or typed.strip()).removeprefix('"').removesuffix('"')
    if not given:
        return new_key(), ()
    return (given, ()) if is_key(given) else ("", (Fault(field=KEY_FIELD, code="bad_key"),))


class SeenKeys:
    """The keys of the last submissions of this process, each with what it came with first.

    Only a hint for people: the message's id does not depend on it, so a restart or another replica loses nothing.
    """

    def __init__(self, limit: int = _REMEMBERED) -> None:
        self._limit: Final = limit
        self._first: Final[OrderedDict[tuple[str, str], str]] = OrderedDict()

    def is_reused(self, form: str, key: str, fingerprint: str) -> bool:
        """Return whether this key came first with another fingerprint."""
        return self._first.get((form, key), fingerprint) != fingerprint

    def remember(self, form: str, key: str, fingerprint: str) -> None:
        """Remember what a key came with, unless it came before."""
        self._first.setdefault((form, key), fingerprint)
        while len(self._first) > self._limit:
            self._first.popitem(last=False)
