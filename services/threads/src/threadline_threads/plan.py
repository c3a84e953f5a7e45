"""What `decide` decided: rows to add and change, and what to tell the bus. Pure data; a store applies it whole."""

from uuid import UUID

from msgspec import Raw, Struct, field

from threadline_contracts.ticket import Link, Placement, Suggestion, TicketHeader
from threadline_contracts.topology import EventType
from threadline_threads.hood import Citation, Holder, Lead, Pair, Waiting
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.reading import Severed
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
    """An event to be: what happened to a ticket at its `revision`, because of which message (if it is about one).

    `about`: what the event is about, and has the revision, if not the ticket.
    """

    type: EventType
    ticket: UUID
    revision: int
    message: UUID | None
    data: Struct
    about: UUID | None = None


class Plan(Struct):
    """Everything one batch changes.

    `named` says of each ticket and contact which external id alone names them there (empty: more than one, or any).
    `fired` names waiting rows, by target ticket and message, that are done; `forgotten`, by target ticket and cited id,
    those that are void. `severed` are pairs with a new ticket, that it has from the one it follows.
    """

    repeats: int = 0
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    messages: dict[UUID, Placed] = field(default_factory=dict)
    holders: dict[tuple[Key, UUID], Holder] = field(default_factory=dict)
    citations: list[tuple[Key, Citation]] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    named: dict[Pair, str] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    fired: set[tuple[UUID, UUID]] = field(default_factory=set)
    forgotten: set[tuple[UUID, str]] = field(default_factory=set)
    severed: list[Severed] = field(default_factory=list)
    suggestions: dict[UUID, Suggestion] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
