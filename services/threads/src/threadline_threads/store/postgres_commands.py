"""Commands and single joins in PostgreSQL: each is one transaction.

The same order of locks as a batch (docs/decisions/0011): keys, only where a message moves; then the roots of all
conversations concerned, sorted, in one statement. Before these, the row of the command's id: who inserts it carries the
command out, and whoever has the same one waits for him, holding nothing else.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.commands import Answer, ContactEraseRequested, RepublishRequested
from threadline_contracts.errors import TemporaryError
from threadline_threads.clerk.deciding import OF_CONTACTS
from threadline_threads.commands.change import Change, Effect
from threadline_threads.commands.command import THREADS, Command, CommandOutcome, answered, not_carried_out
from threadline_threads.commands.consequences import consequences
from threadline_threads.commands.deciding import OF_TICKETS, concern, decide
from threadline_threads.commands.facts import Concern, Facts, Reread
from threadline_threads.commands.joining import Missing, joined_by_rule
from threadline_threads.events import announcement
from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.keys import lock_number
from threadline_threads.plan import Plan
from threadline_threads.reasons import Reason
from threadline_threads.store import postgres_facts
from threadline_threads.store import postgres_load as load
from threadline_threads.store.postgres_contact_commands import about_contacts
from threadline_threads.store.postgres_effects import write
from threadline_threads.store.postgres_learning import answered as answered_by
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox
from threadline_threads.store.postgres_save import save
from threadline_threads.store.postgres_tasks import begin, begin_erasing
from threadline_threads.store.postgres_transaction import attempted, transaction

# Writes what a command changes, and what that announces; returns the answer. None: it began a task, which will answer.
Handler = Callable[[Connection, Command, datetime, Reread], Awaitable[CommandOutcome | None]]
Ruled = Callable[[Facts], Effect | Missing | None]

_ROUNDS: Final = 100  # each finds that somebody else merged or moved what was about to be locked
# A command that could not be read was answered by us; when it can be (a newer version read it again), it counts.
_BEGUN: Final = """
    INSERT INTO threads.command AS known (id, type, by, asked, answer, because, tickets, at)
    VALUES ($1, $2, $3, $4, '', '', '{}', $5)
    ON CONFLICT (id) DO UPDATE SET type = excluded.type, by = excluded.by, asked = excluded.asked, at = excluded.at
    WHERE known.by = $6 AND known.answer = 'refused' AND excluded.by <> $6
    RETURNING xmax::text <> '0'
"""
_ANSWERED: Final = "UPDATE threads.command SET answer = $2, because = $3, tickets = $4 WHERE id = $1"
_BECAME: Final = "SELECT answer, because, tickets FROM threads.command WHERE id = $1"
_LOCK_KEYS: Final = "SELECT count(pg_advisory_xact_lock(key)) FROM unnest($1::bigint[]) AS key"


class PostgresCommands(PostgresOutbox):
    """The commanded half of the store."""

    async def carry_out(self, command: Command, now: datetime, reread: Reread) -> CommandOutcome | None:
        """Carry a command out once, and answer it; None: it takes longer, and is answered when it is done."""
        return await attempted(partial(self._carry_out, command, now, reread))

    async def join(self, one: UUID, other: UUID, reason: Reason, now: datetime) -> bool:
        """Make one conversation of those of two tickets by a rule; False where it is one already, or must not be."""
        return await attempted(partial(self._join, one, other, reason, now))

    async def _carry_out(self, command: Command, now: datetime, reread: Reread) -> CommandOutcome | None:
        async with transaction(self._pool) as connection:
            begun = await connection.fetchval(_BEGUN, command.id, command.type, command.by, command.asked, now, THREADS)
            if begun is None:
                return await _became(connection, command.id)
            handler = HANDLERS.get(type(command.data))
            outcome = await handler(connection, command, now, reread) if handler else not_carried_out(command)
            if outcome:
                await connection.execute(_ANSWERED, command.id, outcome.answer, outcome.because, outcome.tickets)
                answer = announcement(answered(command, outcome, again=begun), now)
                await save(connection, Plan(), [answer], now)
            return outcome

    async def _join(self, one: UUID, other: UUID, reason: Reason, now: datetime) -> bool:
        async with transaction(self._pool) as connection:
            ruled = partial(_joined, one, other, reason, now)
            return await rule(connection, Concern(tickets=(one, other)), ruled, now) is not None


async def rule(
    connection: Connection, concerned: Concern, ruled: Ruled, now: datetime, reread: Reread | None = None
) -> Effect | None:
    """Lock the conversations concerned, learn about them, and write what is ruled; None: nothing is."""
    if concerned.message and reread:
        await _lock_keys(connection, concerned.message, reread)
    await connection.execute("SAVEPOINT keys")
    more: set[UUID] = set()
    for _ in range(_ROUNDS):
        roots = await _roots(connection, concerned, more)
        # Asked again behind the lock: meanwhile a ticket may have left, or the message moved.
        if await load.lock(connection, roots) and await _roots(connection, concerned, more) == roots:
            effect = ruled(await postgres_facts.facts(connection, concerned, roots, reread))
            missing = await _written(connection, effect, roots, now)
            if not (missing or isinstance(effect, Missing)):
                return effect
            more |= missing
        await connection.execute("ROLLBACK TO SAVEPOINT keys")
    raise TemporaryError("the conversations of a command kept changing")


async def _written(
    connection: Connection, effect: Effect | Missing | None, roots: Iterable[UUID], now: datetime
) -> frozenset[UUID]:
    """Write an effect and what follows from it; return what else would have to be locked for that."""
    if isinstance(effect, Missing):
        return effect.tickets
    if effect is None:
        return frozenset()
    await write(connection, effect, now)
    return await _follow(connection, effect.grown, roots, now) if effect.grown else frozenset()


async def _follow(connection: Connection, grown: UUID, roots: Iterable[UUID], now: datetime) -> frozenset[UUID]:
    """Do what is due now that a conversation has grown."""
    members = [ticket.id for ticket in await load.conversations(connection, [grown])]
    people = await load.crossing(connection, members)
    if not people:
        return frozenset()
    hood = Neighbourhood()
    hood.add_conversations(await load.conversations(connection, {grown, *roots}))
    answer = await answered_by(connection, hood, partial(consequences, grown, people, hood, now))
    if isinstance(answer, Need):
        return frozenset(answer.tickets)
    await save(connection, answer, [announcement(happening, now) for happening in answer.happenings], now)
    return frozenset()


async def _roots(connection: Connection, concerned: Concern, more: set[UUID]) -> set[UUID]:
    return await load.roots_of(connection, await postgres_facts.named(connection, concerned) | more)


async def _lock_keys(connection: Connection, message: UUID, reread: Reread) -> None:
    """Keep those out who may look for a message, or whom it may look for: what finds it is about to change."""
    if content := await postgres_facts.content(connection, message):
        await connection.fetch(_LOCK_KEYS, sorted({lock_number(key) for key in reread(content).locks()}))


async def _about_tickets(connection: Connection, command: Command, now: datetime, reread: Reread) -> CommandOutcome:
    effect = await rule(connection, concern(command), partial(_decided, command, now), now, reread)
    return effect.outcome if effect else not_carried_out(command)


def _decided(command: Command, now: datetime, facts: Facts) -> Effect:
    return decide(command, Change(facts, now))


def _joined(one: UUID, other: UUID, reason: Reason, now: datetime, facts: Facts) -> Effect | Missing | None:
    return joined_by_rule(one, other, reason, Change(facts, now))


async def _became(connection: Connection, command: str) -> CommandOutcome | None:
    answer, because, tickets = await connection.fetchrow(_BECAME, command) or ("", "", ())
    if not answer:
        return None
    return CommandOutcome(answer=Answer(answer), because=because, tickets=tuple(tickets), repeated=True)


# How each type of command is carried out, inside the transaction that answers it.
HANDLERS: Final[Mapping[type[Struct], Handler]] = {
    **dict.fromkeys(OF_TICKETS, _about_tickets),
    **dict.fromkeys(OF_CONTACTS, about_contacts),
    ContactEraseRequested: begin_erasing,
    RepublishRequested: begin,
}
