"""By what the copies of one source message, at several accounts, know each other. Pure.

All headers of a mail can be copied by whoever saw it. So where the sender is not verified, copies must also say the
same: then a forged one adds nothing to the conversation it gets into.
"""

from collections.abc import Iterator
from hashlib import blake2b

from threadline_contracts.message import Assurance, Direction, InboundMessage
from threadline_threads.keys import Key, twin_key
from threadline_threads.ownership import Rank


def twins(message: InboundMessage, rank: int) -> Iterator[Key]:
    """Yield the keys that a message shares with its copies. Frozen: they are stored.

    A verified one is a twin of every verified copy, and of those that say the same; a plausible one of those that say
    the same; one whose From is merely claimed, of its like that say the same.
    """
    if rank >= Rank.VERIFIED:
        yield twin_key(message.desk, message.channel, message.fingerprint)
    yield twin_key(message.desk, message.channel, f"{_shown(message)} {_said(message)}")


def first_twin(message: InboundMessage) -> Key:
    """Return the only key by which the first release found copies, whatever they say; nothing looks for it now."""
    return twin_key(message.desk, message.channel, _shown(message))


def _shown(message: InboundMessage) -> str:
    """Return what anybody can copy of a message: its headers."""
    return f"claimed {message.fingerprint}" if _merely_claimed(message) else message.fingerprint


def _merely_claimed(message: InboundMessage) -> bool:
    senders = message.sender.identities
    claimed = message.direction is Direction.INBOUND and all(who.assurance is Assurance.CLAIMED for who in senders)
    return bool(senders) and claimed


def _said(message: InboundMessage) -> str:
    """Return a digest of all that people see of a message; blanks and line ends differ from copy to copy."""
    text = " ".join(message.text.split())
    blobs = [body.blob for body in (message.text_ref, message.html_ref) if body]
    told = "\n".join([text, message.html, *blobs, *(file.sha256 for file in message.attachments)])
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
