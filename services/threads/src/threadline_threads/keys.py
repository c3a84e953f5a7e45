"""What a message can be found by, as 16-byte keys. Pure; refuses empty values: nothing ever matches one.

A key is a digest of its desk, its kind and its parts, so a look-up cannot leave its desk, and an identifier of any
length costs the same. Frozen: stored keys depend on every byte of it (golden vectors test it).
"""

from hashlib import blake2b
from typing import Final
from uuid import UUID, uuid5

Key = bytes

KEY_BYTES: Final = 16
_TICKETS: Final = UUID("3d7c1c0e-6a51-5f0f-8c56-51b3f8a2c933")
_SUGGESTIONS: Final = UUID("9b1f7a52-0c1e-5d1b-b6c4-7f0f3a8de201")
_CONTACTS: Final = UUID("c41d6f0e-93a7-5b7e-8f25-2e6a50b7d902")


def reference_key(desk: str, reference: str) -> Key:
    """Return the key of a reference number: its message, and every message that carries our token of it."""
    return _key(desk, "reference", reference)


def conversation_key(desk: str, channel: str, account: str, conversation: str) -> Key | None:
    """Return the key of a channel's own conversation (chat session, call); None where there is none."""
    return _key(desk, "conversation", channel, account, conversation) if conversation else None


def twin_key(desk: str, channel: str, fingerprint: str) -> Key:
    """Return the key that the copies of one source message at several accounts share."""
    return _key(desk, "twin", channel, fingerprint)


def citation_key(desk: str, channel: str, external_id: str) -> Key | None:
    """Return the key of the id by which messages of a channel cite each other; None for an empty id."""
    return _key(desk, "external", channel, external_id) if external_id else None


def clue_key(desk: str, condition: str, *values: str) -> Key:
    """Return the key under which messages of a desk agree by a condition of the policy; no value is empty."""
    return _key(desk, f"clue {condition}", *values)


def hint_key(desk: str, kind: str, *values: str) -> Key:
    """Return the key of something that a suggestion may be founded on: a contact, a subject, a number, a blob."""
    return _key(desk, f"hint {kind}", *values)


def message_key(message: UUID) -> Key:
    """Return the key of a message id: never stored, but locked, so that two copies never race."""
    return message.bytes


def lock_number(key: Key) -> int:
    """Return the number under which a key is locked: a signed 64-bit integer, as PostgreSQL's advisory locks take."""
    return int.from_bytes(key[:8], "big", signed=True)


def ticket_id(message: UUID) -> UUID:
    """Return the id of the ticket that a message opens: derived, so that a repeated attempt opens the same one."""
    return uuid5(_TICKETS, message.hex)


def suggestion_id(one: UUID, other: UUID) -> UUID:
    """Return the id of the suggestion to merge two tickets: there is one for each pair."""
    return uuid5(_SUGGESTIONS, "".join(sorted((one.hex, other.hex))))


def contact_id(desk: str, identity: str) -> UUID:
    """Return the id of the contact that an identity (in its comparable form) begins, or is by itself."""
    return uuid5(_CONTACTS, f"{desk}\n{identity}")


def _key(desk: str, kind: str, *parts: str) -> Key:
    # Lengths keep ("ab", "c") apart from ("a", "bc").
    told = "".join(f"{len(part)}:{part}" for part in (desk, kind, *parts))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()
