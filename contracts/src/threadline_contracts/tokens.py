"""Signed reply tokens: `tl-<key id>-<reference>-<mac>` names one message of one desk and proves that we wrote it.

Lower-case letters, digits and hyphens only, at most 44 characters, so that a token survives a plus-address, a
Message-ID and a subject tag. The MAC is 100 bits of HMAC-SHA256 (DESIGN asks for at least 80).
"""

import hmac
import re
from collections.abc import Mapping
from enum import Enum
from hashlib import sha256
from typing import Final

from msgspec import Struct

from threadline_contracts.ids import REFERENCE_LENGTH, base32, read_reference

MAC_LENGTH: Final = 20
_ALPHABET: Final = "[0-9a-hjkmnp-tv-z]"
TOKEN_PATTERN: Final = rf"tl-[0-9a-z]{{1,8}}-{_ALPHABET}{{{REFERENCE_LENGTH}}}-{_ALPHABET}{{{MAC_LENGTH}}}"
_TOKEN: Final = re.compile(TOKEN_PATTERN, re.IGNORECASE | re.ASCII)
# A run that is longer than a token is something else; look at its edges too.
_IN_TEXT: Final = re.compile(rf"(?<![0-9a-z]){TOKEN_PATTERN}(?![0-9a-z])", re.IGNORECASE | re.ASCII)

KeyRing = Mapping[str, bytes]  # key id -> secret; the first key signs, all verify


class Verdict(Enum):
    """What a token proves: GENUINE joins, STRANGER is ignored, FORGED is a security signal."""

    GENUINE = "genuine"
    STRANGER = "stranger"  # unknown key id: another instance's, or retired for good
    FORGED = "forged"  # a key id of ours and a wrong signature


class Token(Struct, frozen=True):
    """A token taken apart: upper-case `reference`, lower-case `key` and `mac`."""

    key: str
    reference: str
    mac: str


def find_tokens(text: str) -> tuple[str, ...]:
    """Return every token-shaped run of a text, lower-case, in order, without repetition."""
    return tuple(dict.fromkeys(match.lower() for match in _IN_TEXT.findall(text)))


def read_token(text: str) -> Token | None:
    """Return the parts of a token, or None when the text is not exactly one."""
    if not _TOKEN.fullmatch(text):
        return None
    _, key, reference, mac = text.lower().split("-")
    return Token(key, read_reference(reference), mac)


def sign_token(desk: str, reference: str, key: str, secret: bytes) -> str:
    """Return the token of a message's reference within a desk."""
    mac = base32(hmac.digest(secret, f"threadline-token-v1\n{desk}\n{key}\n{reference}".encode(), sha256), MAC_LENGTH)
    return f"tl-{key}-{reference}-{mac}".lower()


def verify_token(desk: str, token: Token, ring: KeyRing) -> Verdict:
    """Return what a token proves in a desk; compares in constant time."""
    secret = ring.get(token.key)
    if secret is None:
        return Verdict.STRANGER
    genuine = sign_token(desk, token.reference, token.key, secret)
    claimed = f"tl-{token.key}-{token.reference}-{token.mac}".lower()
    return Verdict.GENUINE if hmac.compare_digest(genuine, claimed) else Verdict.FORGED
