"""What others may read of tickets: the console's only way in. Two stores implement it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from threadline_contracts.message import InboundMessage, Party
from threadline_contracts.ticket import Link, Placement, Status, TicketHeader


class TicketQuery(Struct, frozen=True, kw_only=True):
    """Filters of a ticket list; empty means any. `search` looks in subject, contact, reference and texts.

    `cursor` is the opaque `next` of the page before; newest change first.
    """

    desk: str = ""
    channel: str = ""
    status: Status | None = None
    search: str = ""
    cursor: str = ""
    limit: int = 50


class TicketSummary(Struct, frozen=True, kw_only=True):
    """A conversation as one row: the root's header, with counts over every ticket that speaks through it."""

    ticket: TicketHeader
    last_text: str
    last_sender: Party | None
    last_channel: str


class TicketPage(Struct, frozen=True, kw_only=True):
    """A page of a list; `next` is None on the last one."""

    items: tuple[TicketSummary, ...]
    next: str | None


class PlacedMessage(Struct, frozen=True, kw_only=True):
    """A message where it is, why, and in which home ticket."""

    message: InboundMessage
    placement: Placement
    ticket: UUID
    committed_at: datetime


class Conversation(Struct, frozen=True, kw_only=True):
    """A root ticket, the tickets merged into it, their links, and all messages by time sent."""

    ticket: TicketHeader
    merged: tuple[TicketHeader, ...]
    links: tuple[Link, ...]
    messages: tuple[PlacedMessage, ...]


class EventHop(Struct, frozen=True, kw_only=True):
    """An event about a message: when it was committed, and when the bus confirmed it (None: not yet)."""

    id: str
    type: str
    committed_at: datetime
    announced_at: datetime | None


class MessageTrace(Struct, frozen=True, kw_only=True):
    """Where one message is now, and when it got there."""

    message: InboundMessage
    placement: Placement
    ticket: UUID
    root: UUID
    committed_at: datetime
    events: tuple[EventHop, ...]


class StoredEvent(Struct, frozen=True, kw_only=True):
    """A ticket event as published, with its place in commit order."""

    sequence: int
    type: str
    body: bytes


class Totals(Struct, frozen=True, kw_only=True):
    """Counts for health and metrics; `unannounced` events wait in the outbox."""

    tickets: int
    messages: int
    unannounced: int
    last_committed_at: datetime | None


class Reader(Protocol):
    """Read-only views. Every method raises TemporaryError when the database cannot be reached."""

    async def tickets(self, query: TicketQuery) -> TicketPage:
        """Return one page of conversations (root tickets), newest change first."""

    async def conversation(self, key: str) -> Conversation | None:
        """Return the conversation of a ticket id or of any message's reference, following merges."""

    async def trace(self, key: str) -> Sequence[MessageTrace]:
        """Return every message with this message id, reference or external id (any desk)."""

    async def events(self, after: int, limit: int = 200) -> Sequence[StoredEvent]:
        """Return events behind a sequence number, in commit order; none that commits later can come before them."""

    async def last_sequence(self) -> int:
        """Return the greatest sequence number given so far (0: none)."""

    async def totals(self) -> Totals:
        """Return the counts."""

    async def probe(self) -> None:
        """Return when the database answers. Raises TemporaryError otherwise."""
