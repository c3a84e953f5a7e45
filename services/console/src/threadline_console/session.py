"""Signed sessions of the console, pure: a value that only we can make, and that ends by itself.

There is no session store: every replica that knows the token can check a session, and changing the token ends all.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from datetime import datetime
from hashlib import sha256
from typing import Final

from msgspec import Struct

from threadline_shared.text import clean, cut

COOKIE: Final = "threadline_session"
NAME_CHARACTERS: Final = 60
_PURPOSE: Final = b"threadline-console-session-v1"
_NONCE_BYTES: Final = 12
_TIME_BYTES: Final = 6
_MAC_BYTES: Final = 32


class Session(Struct, frozen=True):
    """A sign-in; `name` is what the operator called themselves (empty: nothing), and proves nothing."""

    name: str


def sign(token: str, *, ends: datetime, nonce: bytes, name: str = "") -> str:
    """Return the cookie value of a session that ends at a moment; `nonce` (12 bytes) tells two sessions apart."""
    claim = int(ends.timestamp()).to_bytes(_TIME_BYTES, "big") + nonce + read_name(name).encode()
    return urlsafe_b64encode(claim + _mac(token, claim)).decode()


def read(token: str, value: str, *, now: datetime) -> Session | None:
    """Return the session if we signed this value with this token, and it has not ended; takes the same time if not."""
    try:
        raw = urlsafe_b64decode(value.encode())
    except (NotBase64Error, ValueError):
        return None
    claim, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    ends = int.from_bytes(claim[:_TIME_BYTES], "big")
    is_ours = hmac.compare_digest(mac, _mac(token, claim)) and urlsafe_b64encode(raw).decode() == value
    if not is_ours or now.timestamp() >= ends:
        return None
    return Session(claim[_TIME_BYTES + _NONCE_BYTES :].decode(errors="replace"))


def is_token(token: str, given: str) -> bool:
    """Return whether a given secret is the token, in constant time; an empty token is nobody's."""
    return bool(token) and hmac.compare_digest(sha256(token.encode()).digest(), sha256(_bytes(given)).digest())


def read_name(typed: str) -> str:
    """Return a display name as it is kept: one line, at most 60 characters, without what drives a screen."""
    line = " ".join(clean(typed).split())
    shown = "".join(char for char in line if char.isprintable())
    return cut(shown, NAME_CHARACTERS) if shown else ""


def _bytes(text: str) -> bytes:
    # A header may hold bytes that are no UTF-8; aiohttp passes them on as lone surrogates.
    return text.encode(errors="surrogateescape")


def _mac(token: str, claim: bytes) -> bytes:
    key = hmac.digest(token.encode(), _PURPOSE, sha256)
    return hmac.digest(key, claim, sha256)
