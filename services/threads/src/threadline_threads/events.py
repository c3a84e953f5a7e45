"""Happenings as events for the bus: encoded once, in the transaction that makes them true. Pure."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.codec import encode, make_event
from threadline_contracts.topology import EventType
from threadline_threads.plan import Happening

SOURCE: Final = "threadline/threads"


class Announcement(Struct, frozen=True):
    """A row of the outbox: an encoded event of a ticket, and the message it is about (if any)."""

    event_id: str
    type: EventType
    message: UUID | None
    body: bytes


def announcement(happening: Happening, now: datetime) -> Announcement:
    """Return a happening ready to be published. Raises MalformedInputError when it is too large for the bus."""
    event = make_event(
        happening.type,
        happening.data,
        about=happening.about or happening.ticket,
        revision=happening.revision,
        source=SOURCE,
        time=now,
        partition=str(happening.ticket),
    )
    return Announcement(event.id, happening.type, happening.message, encode(event))
