"""Signs that a program filled in the form: a field nobody sees, and a page back too fast. They flag, never refuse."""

import hmac
from hashlib import sha256
from typing import Final

from threadline_form.settings import Form

_DIGEST_CHARACTERS: Final = 32  # 128 bits


class Stamps:
    """Signs when a page was made, so that its age is known when it comes back."""

    def __init__(self, secret: bytes) -> None:
        self._key: Final = sha256(b"threadline-form-page-v1\n" + secret).digest()

    def stamp(self, form: str, now: float) -> str:
        """Return the stamp of a page made now (seconds since the epoch)."""
        made = str(int(now * 1000))
        return f"{made}.{self._sign(form, made)}"

    def age(self, form: str, stamp: str, now: float) -> float | None:
        """Return the seconds since a page was made; None for a stamp that is not ours."""
        made, _, signature = stamp.partition(".")
        if not made.isdecimal() or not made.isascii() or not signature.isascii():
            return None
        if not hmac.compare_digest(self._sign(form, made), signature):
            return None
        return now - int(made) / 1000

    def _sign(self, form: str, made: str) -> str:
        return hmac.digest(self._key, f"{form}\n{made}".encode(), sha256).hex()[:_DIGEST_CHARACTERS]


def suspicion(form: Form, *, hidden_field: str, age: float | None) -> str:
    """Return which trap was sprung (a key of `normalize.TRAPS`), or an empty string.

    An unknown age is no sign: programs that post JSON have no page, and a stamp may be older than our key.
    """
    if hidden_field.strip():
        return "hidden_field"
    return "too_fast" if age is not None and age < form.min_seconds else ""
