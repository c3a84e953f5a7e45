"""The present state of tickets as ordinary events, under ids of their own. Pure.

The id of such an event depends on the ticket's revision and on what it restates: repeated while nothing changed, it is
the same; and it is never that of the event that told it first, so that nobody drops it as known.
"""

from typing import Final
from uuid import UUID, uuid5

from msgspec import Raw, Struct
from msgspec.structs import replace

from threadline_contracts.codec import Event, encode, make_event
from threadline_contracts.ids import event_id
from threadline_contracts.ticket import Placement, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.plan import Told
from threadline_threads.tickets import Ticket

SOURCE: Final = "threadline/republish"
_RESTATED: Final = UUID("8f0c1d5e-64a7-5b1e-9c0a-2f7e5b9d4c61")
_BECAUSE: Final = "republished"


class Restated(Struct, frozen=True):
    """An event that is ready to be published."""

    event_id: str
    type: EventType
    body: bytes


def restate_message(ticket: Ticket, message: UUID, content: bytes, placement: Placement) -> Restated:
    """Return a message with its present placement, under its ticket's present header. Raises MalformedInputError."""
    told = Told(ticket.header(), Raw(content), placement)
    return _restated(EventType.TICKET_MESSAGE_ADDED, ticket, message, told)


def restate_ticket(ticket: Ticket) -> Restated:
    """Return a ticket that has no messages (any more)."""
    updated = TicketUpdated(ticket=ticket.header(), changed=(), because=_BECAUSE)
    return _restated(EventType.TICKET_UPDATED, ticket, ticket.id, updated)


def _restated(kind: EventType, ticket: Ticket, what: UUID, data: Struct) -> Restated:
    told = make_event(kind, data, about=ticket.id, revision=ticket.revision, source=SOURCE, time=ticket.updated_at)
    # Its own id: the message, in this ticket, at this revision.
    own = event_id(uuid5(_RESTATED, f"{ticket.id}\n{what}"), kind, ticket.revision)
    event: Event = replace(told, id=str(own))
    return Restated(event.id, kind, encode(event))
