"""Commands and single joins in SQLite. One writer: nothing happens beside them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.commands import Answer, ContactEraseRequested, RepublishRequested
from threadline_contracts.errors import MalformedInputError
from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.clerk.deciding import OF_CONTACTS
from threadline_threads.commands.change import Change, Effect
from threadline_threads.commands.command import THREADS, Command, CommandOutcome, answered, not_carried_out
from threadline_threads.commands.consequences import consequences
from threadline_threads.commands.deciding import OF_TICKETS, concern, decide
from threadline_threads.commands.facts import Concern, Reread
from threadline_threads.commands.joining import Missing, joined_by_rule
from threadline_threads.events import announcement
from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.plan import Plan
from threadline_threads.reasons import Reason
from threadline_threads.store import sqlite_facts
from threadline_threads.store.loading import learn
from threadline_threads.store.sqlite_contact_commands import about_contacts
from threadline_threads.store.sqlite_effects import write
from threadline_threads.store.sqlite_load import SqliteFacts, stored
from threadline_threads.store.sqlite_save import save
from threadline_threads.store.sqlite_tasks import begin, begin_erasing

# Writes what a command changes, and what that announces; returns the answer. None: it began a task, which will answer.
Handler = Callable[[Connection, Command, datetime, Reread], CommandOutcome | None]

# A command that could not be read was answered by us; when it can be (a newer version read it again), it counts.
_KNOWN: Final = "SELECT by, answer, because FROM command WHERE id = ?"
_TICKETS: Final = "SELECT ticket FROM command_ticket WHERE command = ? ORDER BY position"
_BEGUN: Final = """
    INSERT OR REPLACE INTO command (id, type, by, asked, answer, because, at) VALUES (?, ?, ?, ?, '', '', ?)
"""
_ANSWERED: Final = "UPDATE command SET answer = ?, because = ? WHERE id = ?"
_CONCERNED: Final = "INSERT INTO command_ticket (ticket, command, position) VALUES (?, ?, ?)"


class SqliteCommands:
    """The commanded half of the store."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer

    async def carry_out(self, command: Command, now: datetime, reread: Reread) -> CommandOutcome | None:
        """Carry a command out once, and answer it; None: it takes longer, and is answered when it is done."""
        return await self._writer.do(partial(_carry_out, command=command, now=now, reread=reread))

    async def join(self, one: UUID, other: UUID, reason: Reason, now: datetime) -> bool:
        """Make one conversation of those of two tickets by a rule; False where it is one already, or must not be."""
        return await self._writer.do(partial(_join, one=one, other=other, reason=reason, now=now))


def _carry_out(connection: Connection, command: Command, now: datetime, reread: Reread) -> CommandOutcome | None:
    known = connection.execute(_KNOWN, (command.id,)).fetchone()
    if known and not (known[:2] == (THREADS, Answer.REFUSED) and command.by != THREADS):
        return _became(connection, command.id, *known[1:])
    try:
        connection.execute(_BEGUN, (command.id, command.type, command.by, command.asked, stored(now)))
        handler = HANDLERS.get(type(command.data))
        outcome = handler(connection, command, now, reread) if handler else not_carried_out(command)
        if outcome:
            _answer(connection, command, outcome)
            save(connection, Plan(), [announcement(answered(command, outcome, again=known is not None), now)], now)
    except (UnicodeEncodeError, OverflowError) as err:
        raise MalformedInputError(f"a value that the database cannot hold: {err}") from err
    return outcome


def _answer(connection: Connection, command: Command, outcome: CommandOutcome) -> None:
    connection.execute(_ANSWERED, (outcome.answer, outcome.because, command.id))
    concerned = ((ticket.bytes, command.id, number) for number, ticket in enumerate(outcome.tickets))
    connection.executemany(_CONCERNED, concerned)


def _became(connection: Connection, command: str, answer: str, because: str) -> CommandOutcome | None:
    if not answer:
        return None
    tickets = tuple(UUID(bytes=ticket) for (ticket,) in connection.execute(_TICKETS, (command,)))
    return CommandOutcome(answer=Answer(answer), because=because, tickets=tickets, repeated=True)


def _about_tickets(connection: Connection, command: Command, now: datetime, reread: Reread) -> CommandOutcome:
    facts = sqlite_facts.facts(connection, concern(command), reread)
    effect = decide(command, Change(facts, now))
    write(connection, effect, now)
    _follow(connection, effect, now)
    return effect.outcome


def _join(connection: Connection, one: UUID, other: UUID, reason: Reason, now: datetime) -> bool:
    tickets = {one, other}
    while isinstance(effect := _joined(connection, one, other, reason, now, tickets), Missing):
        tickets |= effect.tickets
    if effect:
        write(connection, effect, now)
        _follow(connection, effect, now)
    return effect is not None


def _joined(
    connection: Connection, one: UUID, other: UUID, reason: Reason, now: datetime, tickets: Iterable[UUID]
) -> Effect | Missing | None:
    facts = sqlite_facts.facts(connection, Concern(tickets=tuple(tickets)), None)
    return joined_by_rule(one, other, reason, Change(facts, now))


def _follow(connection: Connection, effect: Effect, now: datetime) -> None:
    """Do what follows from an effect."""
    if effect.grown is None:
        return
    facts = SqliteFacts(connection)
    conversation = facts.conversations([effect.grown])
    if people := facts.crossing([ticket.id for ticket in conversation]):
        hood = Neighbourhood()
        hood.add_conversations(conversation)
        while isinstance(answer := consequences(effect.grown, people, hood, now), Need):
            learn(facts, hood, answer)
        save(connection, answer, [announcement(happening, now) for happening in answer.happenings], now)


# How each type of command is carried out, inside the transaction that answers it.
HANDLERS: Final[Mapping[type[Struct], Handler]] = {
    **dict.fromkeys(OF_TICKETS, _about_tickets),
    **dict.fromkeys(OF_CONTACTS, about_contacts),
    ContactEraseRequested: begin_erasing,
    RepublishRequested: begin,
}
