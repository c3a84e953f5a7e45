"""Ids are derived from the source, so that a redelivery anywhere has the same id. Frozen: golden vectors test it."""

from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

# Never change these: every id ever published depends on them.
_MESSAGES: Final = UUID("6f1c39a4-5d0b-5c53-9f0c-3a1d0a0e7a11")
_EVENTS: Final = UUID("b0a4fd4e-0a53-5c0e-8a5b-7d4b1d3c9e22")
_REFERENCES: Final = b"threadline-reference-v1\n"

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH: Final = 10
_READING: Final = str.maketrans("OIL", "011")


def message_id(desk: str, channel: str, account: str, fingerprint: str) -> UUID:
    """Return the id of one source message; `fingerprint` is the channel's frozen, parser-free external identity."""
    return uuid5(_MESSAGES, f"{desk}\n{channel}\n{account}\n{fingerprint}")


def event_id(subject: UUID, event_type: str, revision: int) -> UUID:
    """Return the id of an event: the same for every publication of the same fact."""
    return uuid5(_EVENTS, f"{subject}\n{event_type}\n{revision}")


def reference_of(message: UUID) -> str:
    """Return the 10 Crockford base-32 characters people see; it finds a ticket and authorises nothing."""
    return base32(sha256(_REFERENCES + message.bytes).digest(), REFERENCE_LENGTH)


def base32(raw: bytes, length: int) -> str:
    """Return the first `length` Crockford base-32 characters (5 bits each) of `raw`."""
    bits = int.from_bytes(raw, "big") >> (len(raw) * 8 - length * 5)
    return "".join(CROCKFORD[(bits >> shift) & 31] for shift in range((length - 1) * 5, -1, -5))


def read_reference(typed: str) -> str:
    """Return a reference as stored, however it was typed: case, hyphens, spaces, and O for 0, I or L for 1."""
    return "".join(typed.split()).replace("-", "").upper().translate(_READING)


def show_reference(reference: str) -> str:
    """Return a reference as people see it: two groups of five, `7K3M9-QZD4T`."""
    return f"{reference[:5]}-{reference[5:]}"


def file_blob_id(desk: str, sha256_hex: str) -> str:
    """Return the id of a file's blob: content-addressed within a desk, so that it is known before it is stored."""
    return f"{desk}.sha256.{sha256_hex}"
