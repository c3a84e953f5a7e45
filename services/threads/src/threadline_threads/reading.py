"""What others may read of tickets: the console's only way in. Two stores implement it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Raw, Struct

from threadline_contracts.contact import Contact
from threadline_contracts.message import InboundMessage, Party
from threadline_contracts.ticket import Link, Placement, Status, Suggestion, TicketHeader
from threadline_threads.needing import BlobNeeds


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
    """A conversation as one row: the root's header with all counts; when its last message came, if it is imported."""

    ticket: TicketHeader
    last_text: str
    last_sender: Party | None
    last_channel: str
    imported_at: datetime | None = None


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


class SuggestionView(Struct, frozen=True, kw_only=True):
    """A suggestion, and both its tickets as they are now."""

    suggestion: Suggestion
    ticket: TicketHeader
    other: TicketHeader


class SuggestionPage(Struct, frozen=True, kw_only=True):
    """A page of suggestions; `next` is None on the last one."""

    items: tuple[SuggestionView, ...]
    next: str | None


class Severed(Struct, frozen=True, kw_only=True):
    """Two tickets that no rule makes one conversation again; `link` is what was undone (None: nothing but a wish)."""

    one: UUID
    other: UUID
    by: str
    because: str
    at: datetime
    link: Link | None


class CommandRecord(Struct, frozen=True, kw_only=True):
    """A command and what became of it; `asked` is its JSON, `answer` one of commands.Answer."""

    id: str
    type: str
    by: str
    asked: Raw
    answer: str
    because: str
    tickets: tuple[UUID, ...]
    at: datetime


class Note(Struct, frozen=True, kw_only=True):
    """What a message did beside being in its ticket: it reopened it, or looked like an attack (`security.*.v1`)."""

    message: UUID
    type: str
    because: str
    at: datetime


class Conversation(Struct, frozen=True, kw_only=True):
    """A root ticket, the tickets merged into it, their links, and all messages by time sent.

    `suggestions` are the open ones of any of its tickets, best first; `severed` what people keep from it; `history` the
    newest commands about it, oldest first; `notes` what its messages did besides, oldest first.
    """

    ticket: TicketHeader
    merged: tuple[TicketHeader, ...]
    links: tuple[Link, ...]
    messages: tuple[PlacedMessage, ...]
    suggestions: tuple[SuggestionView, ...] = ()
    severed: tuple[Severed, ...] = ()
    history: tuple[CommandRecord, ...] = ()
    notes: tuple[Note, ...] = ()


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
    estimated: bool = False  # too many tickets or messages to count: some percent off


class ContactLinkRecord(Struct, frozen=True, kw_only=True):
    """Why two identities are one person's (`email:ana@example.com`), and whether somebody undid that.

    `message` showed it; `contested` is the first message that showed it again after it was undone.
    """

    one: str
    other: str
    by: str
    because: str
    at: datetime
    message: UUID | None = None
    undone_by: str = ""
    undone_because: str = ""
    undone_at: datetime | None = None
    contested: UUID | None = None


class ContactView(Struct, frozen=True, kw_only=True):
    """A contact, the newest 50 conversations with one of its identities, and every link of these, undone ones too."""

    contact: Contact
    tickets: tuple[TicketHeader, ...]
    links: tuple[ContactLinkRecord, ...]


class ContactPage(Struct, frozen=True, kw_only=True):
    """A page of contacts; `next` is None on the last one."""

    items: tuple[Contact, ...]
    next: str | None


class Republication(Struct, frozen=True, kw_only=True):
    """A republication: what it told, and which part of all tickets it looked at; when it is `done`, 1."""

    command_id: str
    tickets: int
    messages: int
    part: float
    done: bool


class Reader(BlobNeeds, Protocol):
    """Read-only views. Every method raises TemporaryError when the database cannot be reached."""

    async def tickets(self, query: TicketQuery) -> TicketPage:
        """Return one page of conversations (root tickets), newest change first."""

    async def conversation(self, key: str) -> Conversation | None:
        """Return the conversation of a ticket id or of any message's reference, following merges."""

    async def trace(self, key: str) -> Sequence[MessageTrace]:
        """Return every message with this message id, reference or external id (any desk)."""

    async def suggestions(self, cursor: str = "", limit: int = 50) -> SuggestionPage:
        """Return one page of open suggestions, newest first. Raises MalformedInputError for a wrong cursor."""

    async def open_suggestions(self) -> int:
        """Return between how many pairs of conversations suggestions are open."""

    async def headers(self, tickets: Sequence[UUID]) -> Sequence[TicketHeader]:
        """Return these tickets as they are now; those that are not known are missing."""

    async def command(self, command: str) -> CommandRecord | None:
        """Return what became of the command with this id; None while it is not carried out."""

    async def republication(self, command: str) -> Republication | None:
        """Return how far the republication is that this command asked for; None while it is not begun."""

    async def contact(self, contact: UUID) -> ContactView | None:
        """Return a contact; that of one linked to another since is the other."""

    async def contacts(self, search: str = "", cursor: str = "", limit: int = 50) -> ContactPage:
        """Return contacts by last change; every word of `search` begins one of theirs. MalformedInputError: cursor."""

    async def contact_of(self, desk: str, kind: str, value: str) -> UUID | None:
        """Return whose an identity is, however it is written."""

    async def events(self, after: int, limit: int = 200) -> Sequence[StoredEvent]:
        """Return events behind a sequence number, in commit order; none that commits later can come before them."""

    async def last_sequence(self) -> int:
        """Return the greatest sequence number given so far (0: none)."""

    async def totals(self) -> Totals:
        """Return the counts."""

    async def probe(self) -> None:
        """Return when the database answers. Raises TemporaryError otherwise."""
