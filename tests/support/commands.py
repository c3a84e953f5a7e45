"""Commands for a store of tickets, in few words, and everything that came of them."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from support.threads import incomings
from support.threads_house import House
from threadline_contracts.codec import SHAPES, Event, decode, decode_data, make_event
from threadline_contracts.commands import (
    CommandAnswered,
    Decision,
    MergeRequested,
    SplitRequested,
    StatusRequested,
    SuggestionDecided,
    UnmergeRequested,
)
from threadline_contracts.ids import event_id
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Status, SuggestionSettled, TicketHeader
from threadline_contracts.topology import EventType
from threadline_shared.sqlite import sqlite3
from threadline_threads.commands.command import CommandOutcome, read
from threadline_threads.incoming import Incoming
from threadline_threads.plan import Happening
from threadline_threads.reading import Conversation
from threadline_threads.store import SQLITE_FILE

IVA: Final = "agent:iva"
TYPES: Final = {shape: EventType(name) for name, shape in SHAPES.items()}
_numbers: Final = count(1)


def reread(content: bytes) -> Incoming:
    """Return a stored message as it came in."""
    return incomings([msgspec.json.decode(content, type=InboundMessage)])[0]


def a_merge(ticket: UUID, into: UUID, *, by: str = IVA, because: str = "") -> MergeRequested:
    """Return the wish to merge."""
    return MergeRequested(ticket=ticket, into=into, by=by, because=because)


def an_unmerge(ticket: UUID, *, by: str = IVA, because: str = "") -> UnmergeRequested:
    """Return the wish to undo a merge."""
    return UnmergeRequested(ticket=ticket, by=by, because=because)


def a_split(message: InboundMessage, *, by: str = IVA, because: str = "") -> SplitRequested:
    """Return the wish to give a message a ticket of its own."""
    return SplitRequested(message_id=message.id, by=by, because=because)


def a_status(ticket: UUID, status: Status, *, by: str = IVA) -> StatusRequested:
    """Return the wish to set a status."""
    return StatusRequested(ticket=ticket, status=status, by=by)


def a_decision(suggestion: UUID, decision: Decision, *, because: str = "") -> SuggestionDecided:
    """Return what somebody thinks of a suggestion."""
    return SuggestionDecided(suggestion=suggestion, decision=decision, by=IVA, because=because)


def as_command(asked: Struct, *, id: str = "") -> Event:  # noqa: A002 - it is the id
    """Return a command's event; without an `id`, one like no other."""
    event = make_event(
        TYPES[type(asked)],
        asked,
        about=UUID(int=next(_numbers)),
        revision=0,
        source="helpdesk",
        time=datetime.now(UTC),
    )
    return msgspec.structs.replace(event, id=id) if id else event


async def carry_out(house: House, asked: Struct, *, id: str = "") -> CommandOutcome:  # noqa: A002 - it is the id
    """Have a command carried out."""
    outcome = await house.store.carry_out(read(as_command(asked, id=id)), datetime.now(UTC), reread)
    assert outcome is not None
    return outcome


async def home(house: House, message: InboundMessage) -> UUID:
    """Return the home ticket of a message."""
    (trace,) = await house.reader.trace(str(message.id))
    return trace.ticket


async def placed(house: House, *mails: InboundMessage) -> list[UUID]:
    """Place mails one by one; return their home tickets."""
    for mail in mails:
        await house.place(mail)
    return [await home(house, mail) for mail in mails]


async def conversation(house: House, ticket: UUID) -> Conversation:
    """Return the conversation of a ticket."""
    found = await house.reader.conversation(str(ticket))
    assert found is not None
    return found


async def rows(house: House, statement: str) -> list[tuple[Any, ...]]:
    """Return what a SELECT finds; `{}` stands for the schema, and bytes of 16 are ids."""
    if url := house.env.get("THREADLINE_DATABASE_URL"):
        connection = await asyncpg.connect(url, statement_cache_size=0)
        found = [tuple(row) for row in await connection.fetch(statement.format("threads."))]
        await connection.close()
        return found
    return await asyncio.to_thread(_rows, house, statement.format(""))


def _rows(house: House, statement: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(Path(house.env["THREADLINE_DATA_DIR"]) / SQLITE_FILE)
    found = connection.execute(statement).fetchall()
    connection.close()
    return [
        tuple(UUID(bytes=one) if isinstance(one, bytes) and len(one) == 16 else one for one in row) for row in found
    ]


async def told(house: House) -> list[Event]:
    """Return every event of a house, in commit order."""
    return [decode(event.body) for event in await house.history()]


def data_of(event: Event) -> Struct:
    """Return what any event says."""
    return decode_data(event, SHAPES[event.type])


def headers(events: Sequence[Event]) -> Iterator[TicketHeader]:
    """Yield the header of the ticket that each event makes a revision of, in order."""
    for event in events:
        ticket = getattr(data_of(event), "ticket", None)
        if isinstance(ticket, TicketHeader) and event.id == str(event_id(ticket.id, event.type, ticket.revision)):
            yield ticket


def revisions_are_gapless(events: Sequence[Event]) -> bool:
    """Return whether each ticket was told of in all its revisions, each once and in order."""
    return _gapless((header.id, header.revision) for header in headers(events))


def revisions_told(happenings: Sequence[Happening]) -> bool:
    """Return the same of what is to be told."""
    about_tickets = (one for one in happenings if not isinstance(one.data, SuggestionSettled | CommandAnswered))
    return _gapless((one.ticket, one.revision) for one in about_tickets)


def _gapless(told: Iterable[tuple[UUID, int]]) -> bool:
    found: dict[UUID, list[int]] = {}
    for ticket, revision in told:
        found.setdefault(ticket, []).append(revision)
    return all(revisions == list(range(1, len(revisions) + 1)) for revisions in found.values())
