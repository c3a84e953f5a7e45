"""Signed sessions of the console, pure: a value that only we can make, and that ends by itself.

There is no session store: every replica that knows the token can check a session, and changing the token ends all.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from datetime import datetime
from hashlib import sha256
from typing import Final

COOKIE: Final = "threadline_session"
_PURPOSE: Final = b"threadline-console-session-v1"
_NONCE_BYTES: Final = 12
_TIME_BYTES: Final = 6


def sign(token: str, *, ends: datetime, nonce: bytes) -> str:
    """Return the cookie value of a session that ends at a moment; `nonce` (12 bytes) tells two sessions apart."""
    claim = int(ends.timestamp()).to_bytes(_TIME_BYTES, "big") + nonce
    return urlsafe_b64encode(claim + _mac(token, claim)).decode()


def is_genuine(token: str, value: str, *, now: datetime) -> bool:
    """Return whether we signed this value with this token, and it has not ended. Takes the same time either way."""
    try:
        raw = urlsafe_b64decode(value.encode())
    except (NotBase64Error, ValueError):
        return False
    claim, mac = raw[: _TIME_BYTES + _NONCE_BYTES], raw[_TIME_BYTES + _NONCE_BYTES :]
    ends = int.from_bytes(claim[:_TIME_BYTES], "big")
    return hmac.compare_digest(mac, _mac(token, claim)) and now.timestamp() < ends


def is_token(token: str, given: str) -> bool:
    """Return whether a given secret is the token, in constant time; an empty token is nobody's."""
    return bool(token) and hmac.compare_digest(sha256(token.encode()).digest(), sha256(_bytes(given)).digest())


def _bytes(text: str) -> bytes:
    # A header may hold bytes that are no UTF-8; aiohttp passes them on as lone surrogates.
    return text.encode(errors="surrogateescape")


def _mac(token: str, claim: bytes) -> bytes:
    key = hmac.digest(token.encode(), _PURPOSE, sha256)
    return hmac.digest(key, claim, sha256)
