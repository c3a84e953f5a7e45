"""Tickets in memory, for the tests of whoever reads them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Unpack
from uuid import UUID

from support.messages import NOON, MessageFields, a_message
from threadline_contracts.codec import encode, make_event
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Link, MessagePlaced, Placement, Rule, Status, TicketHeader
from threadline_contracts.topology import EventType
from threadline_threads.reading import (
    CommandRecord,
    ContactPage,
    ContactView,
    Conversation,
    EventHop,
    MessageTrace,
    PlacedMessage,
    Republication,
    StoredEvent,
    SuggestionPage,
    TicketPage,
    TicketQuery,
    TicketSummary,
    Totals,
)

OPENED = Placement(rule=Rule.OPEN, because="opened, nothing claimed it")


class MemoryReader:
    """Tickets in memory, newest change first; `put` adds or replaces one, and announces its last message."""

    def __init__(self) -> None:
        self.conversations: dict[UUID, Conversation] = {}
        self.stored: list[StoredEvent] = []
        self.commands: dict[str, CommandRecord] = {}
        self.people: dict[UUID, ContactView] = {}

    def put(self, found: Conversation, *, silent: bool = False) -> None:
        self.conversations[found.ticket.id] = found
        if not silent:
            self.stored.append(announcement(found, len(self.stored) + 1))

    async def tickets(self, query: TicketQuery) -> TicketPage:
        wanted = sorted(
            (one for one in self.conversations.values() if _matches(one, query)),
            key=lambda one: one.ticket.updated_at,
            reverse=True,
        )
        start = _start(query.cursor)
        rows = tuple(_summary(one) for one in wanted[start : start + query.limit])
        return TicketPage(items=rows, next=_next(wanted, start, query.limit))

    async def conversation(self, key: str) -> Conversation | None:
        plain = key.replace("-", "").upper()
        return next((one for one in self.conversations.values() if plain in _keys(one)), None)

    async def trace(self, key: str) -> Sequence[MessageTrace]:
        return [
            _trace(one, placed)
            for one in self.conversations.values()
            for placed in one.messages
            if key in {str(placed.message.id), placed.message.reference, placed.message.external_id}
        ]

    async def suggestions(self, cursor: str = "", limit: int = 50) -> SuggestionPage:
        start = _start(cursor)
        found = [view for one in self.conversations.values() for view in one.suggestions]
        return SuggestionPage(items=tuple(found[start : start + limit]), next=_next(found, start, limit))

    async def open_suggestions(self) -> int:
        return sum(len(one.suggestions) for one in self.conversations.values())

    async def headers(self, tickets: Sequence[UUID]) -> Sequence[TicketHeader]:
        known = {header.id: header for one in self.conversations.values() for header in (one.ticket, *one.merged)}
        return [known[ticket] for ticket in tickets if ticket in known]

    async def command(self, command: str) -> CommandRecord | None:
        return self.commands.get(command)

    async def needs_blob(self, desk: str, blob: str) -> bool:
        messages = (placed.message for one in self.conversations.values() for placed in one.messages)
        return any(blob == file.blob for message in messages if message.desk == desk for file in message.attachments)

    async def republication(self, command: str) -> Republication | None:
        known = command in self.commands
        return Republication(command_id=command, tickets=1, messages=2, part=1.0, done=True) if known else None

    async def contact(self, contact: UUID) -> ContactView | None:
        return self.people.get(contact)

    async def contacts(self, search: str = "", cursor: str = "", limit: int = 50) -> ContactPage:
        start = _start(cursor)
        found = [view.contact for view in self.people.values() if search.lower() in view.contact.name.lower()]
        return ContactPage(items=tuple(found[start : start + limit]), next=_next(found, start, limit))

    async def contact_of(self, desk: str, kind: str, value: str) -> UUID | None:
        named = (desk, kind, value)
        return next(
            (known for known, view in self.people.items() if named in _names(view)),
            None,
        )

    async def events(self, after: int, limit: int = 200) -> Sequence[StoredEvent]:
        return self.stored[after : after + limit]

    async def last_sequence(self) -> int:
        return len(self.stored)

    async def totals(self) -> Totals:
        messages = sum(len(one.messages) for one in self.conversations.values())
        return Totals(tickets=len(self.conversations), messages=messages, unannounced=0, last_committed_at=NOON)

    async def probe(self) -> None:
        """Memory always answers."""


def a_conversation(
    *messages: InboundMessage,
    status: Status = Status.OPEN,
    placements: Sequence[Placement] = (),
    merged: tuple[TicketHeader, ...] = (),
    links: tuple[Link, ...] = (),
) -> Conversation:
    """Return the conversation of these messages; the first one opened it."""
    first = messages[0]
    reasons = [*placements, *[OPENED] * (len(messages) - len(placements))]
    header = TicketHeader(
        id=first.id,
        root=first.id,
        reference=first.reference,
        desk=first.desk,
        revision=len(messages),
        status=status,
        subject=first.subject,
        channels=tuple(dict.fromkeys(message.channel for message in messages)),
        accounts=tuple(dict.fromkeys(message.account for message in messages)),
        message_count=len(messages),
        contact=first.sender,
        created_at=first.received_at,
        updated_at=messages[-1].received_at,
        links=links,
    )
    placed = tuple(
        PlacedMessage(message=message, placement=reason, ticket=first.id, committed_at=message.received_at)
        for message, reason in zip(messages, reasons, strict=True)
    )
    return Conversation(ticket=header, merged=merged, links=links, messages=placed)


def mail(name: str, minutes_ago: float = 0, **fields: Unpack[MessageFields]) -> InboundMessage:
    """Return a mail that came just now, or some minutes ago."""
    moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    fields.setdefault("sent_at", moment)
    fields.setdefault("received_at", moment)
    return a_message(name, **fields)


def fill(tickets: MemoryReader, number: int) -> None:
    """Put in `Ticket 0` to `Ticket n`, the first one the newest, without telling anybody."""
    for n in range(number):
        tickets.put(a_conversation(mail(f"m{n}", n + 1, subject=f"Ticket {n}")), silent=True)


def announcement(found: Conversation, sequence: int) -> StoredEvent:
    """Return the event that says a conversation's last message."""
    last = found.messages[-1]
    kind = EventType.TICKET_OPENED if len(found.messages) == 1 else EventType.TICKET_MESSAGE_ADDED
    said = MessagePlaced(ticket=found.ticket, message=last.message, placement=last.placement)
    event = make_event(kind, said, about=last.message.id, revision=1, source="/tests", time=NOON)
    return StoredEvent(sequence=sequence, type=kind, body=encode(event))


def _start(cursor: str) -> int:
    if not (cursor or "0").isdecimal():
        raise MalformedInputError("this cursor is not ours")
    return int(cursor or 0)


def _next(found: Sequence[object], start: int, limit: int) -> str | None:
    return str(start + limit) if len(found) > start + limit else None


def _names(view: ContactView) -> set[tuple[str, str, str]]:
    return {(view.contact.desk, one.kind, one.value) for one in view.contact.identities}


def _matches(one: Conversation, query: TicketQuery) -> bool:
    header = one.ticket
    texts = [header.subject, header.contact.name, *(placed.message.text for placed in one.messages)]
    return (
        query.desk in {"", header.desk}
        and query.channel in {"", *header.channels}
        and query.status in {None, header.status}
        and any(query.search.lower() in text.lower() for text in texts)
    )


def _summary(one: Conversation) -> TicketSummary:
    last = one.messages[-1].message
    return TicketSummary(ticket=one.ticket, last_text=last.text, last_sender=last.sender, last_channel=last.channel)


def _keys(one: Conversation) -> set[str]:
    return {str(one.ticket.id).replace("-", "").upper(), *(placed.message.reference for placed in one.messages)}


def _trace(one: Conversation, placed: PlacedMessage) -> MessageTrace:
    at: datetime = placed.committed_at
    hop = EventHop(id="e", type=EventType.TICKET_OPENED, committed_at=at, announced_at=at)
    return MessageTrace(
        message=placed.message,
        placement=placed.placement,
        ticket=placed.ticket,
        root=one.ticket.id,
        committed_at=at,
        events=(hop,),
    )
