"""What stays of a message whose texts and files are too old, or whose raw input is. Pure."""

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from threadline_contracts.message import InboundMessage, Problem
from threadline_threads.erasing.tombstones import blobs_of, is_tombstone

EXPIRED: Final = Problem(code="expired", detail="texts and files are kept for a limited time")
_message: Final = msgspec.json.Decoder(InboundMessage)


def is_expired(message: InboundMessage) -> bool:
    """Return whether a message's texts and files are gone already."""
    return EXPIRED in message.problems


def without_texts(message: InboundMessage) -> InboundMessage:
    """Return a message without texts and files; who wrote it, when, about what, and how its files were named, stays."""
    return replace(
        message,
        text="",
        text_ref=None,
        full_text="",
        full_text_ref=None,
        html="",
        html_ref=None,
        problems=(*message.problems, EXPIRED),
        raw=None,
    )


def without_raw(content: bytes) -> tuple[bytes, str]:
    """Return a stored message without its raw input, and that blob (empty: it has none)."""
    plain: dict[str, Any] = msgspec.json.decode(content)
    raw = plain.get("raw") or ""
    return msgspec.json.encode(plain | {"raw": None}), raw


def needs(message: InboundMessage, blob: str) -> bool:
    """Return whether a message refers to a blob that must therefore stay."""
    if is_tombstone(message):
        return False
    if is_expired(message):
        return blob == message.raw
    return blob in blobs_of(message)


def emptied(content: bytes) -> tuple[InboundMessage, bytes, frozenset[str]] | None:
    """Return a stored message without its texts and files, its JSON, and those blobs; None when it has none."""
    message = _message.decode(content)
    if is_expired(message) or is_tombstone(message):
        return None
    left = without_texts(message)
    plain: dict[str, Any] = msgspec.json.decode(content)
    anew = msgspec.json.decode(msgspec.json.encode(left))
    return left, msgspec.json.encode(plain | anew), frozenset(blobs_of(message))
