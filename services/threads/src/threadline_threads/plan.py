"""What `decide` decided: rows to add and change, and what to tell the bus. Pure data; a store applies it whole."""

from uuid import UUID

from msgspec import Raw, Struct, field

from threadline_contracts.ticket import Link, Placement, TicketHeader
from threadline_contracts.topology import EventType
from threadline_threads.hood import Citation, Holder, Pair, Waiting
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.tickets import Ticket


class Placed(Struct, frozen=True):
    """A message in its home ticket, and why."""

    incoming: Incoming
    ticket: UUID
    placement: Placement


class Told(Struct, frozen=True):
    """`ticket.opened.v1` and `ticket.message_added.v1`, with the message as its channel published it."""

    ticket: TicketHeader
    message: Raw
    placement: Placement


class Happening(Struct, frozen=True):
    """An event to be: what happened to a ticket at its `revision`, because of which message (if it is about one)."""

    type: EventType
    ticket: UUID
    revision: int
    message: UUID | None
    data: Struct


class Plan(Struct):
    """Everything one batch changes. `fired` names waiting rows, by target ticket and message, that are done."""

    repeats: int = 0
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    messages: dict[UUID, Placed] = field(default_factory=dict)
    holders: dict[tuple[Key, UUID], Holder] = field(default_factory=dict)
    citations: list[tuple[Key, Citation]] = field(default_factory=list)
    named: list[Pair] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    fired: set[tuple[UUID, UUID]] = field(default_factory=set)
    links: list[Link] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
