"""Tickets in PostgreSQL, for any number of replicas.

One order of locks for everybody, so that no two transactions wait for each other: first the keys of the batch, sorted,
in a statement of their own (two messages that could find each other are never placed at once); then the roots of all
conversations it touches, sorted, in one statement (whoever reads or changes who takes part in a conversation holds its
root). When more roots turn out to be needed, those held are let go first. READ COMMITTED: what is read after a lock is
what its last holder committed. No LISTEN, no session lock, nothing left in a session: pgbouncer may sit between.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_threads.decide import decide
from threadline_threads.events import announcement
from threadline_threads.foresight import foreseen
from threadline_threads.incoming import Incoming, split
from threadline_threads.keys import lock_number
from threadline_threads.plan import Plan
from threadline_threads.store import postgres_load as load
from threadline_threads.store import twins
from threadline_threads.store.migrate import LOCK, migrations, missing
from threadline_threads.store.postgres_clerk import PostgresClerk
from threadline_threads.store.postgres_commands import PostgresCommands
from threadline_threads.store.postgres_errors import errors_named, is_wrong_setting
from threadline_threads.store.postgres_learning import answered, learn
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_save import save
from threadline_threads.store.postgres_transaction import attempted, transaction
from threadline_threads.store.postgres_twins import keep_twins
from threadline_threads.store.postgres_upkeep import PostgresUpkeep
from threadline_threads.store.protocol import Outcome

MOST_KEYS: Final = 1000  # locks of one transaction: the server's table has 6,400 by default, for all its sessions
_ROUNDS: Final = 100  # each finds that another replica merged what it was about to lock, or that it needs more
_CONNECT_SECONDS: Final = 5.0
_COMMAND_SECONDS: Final = 30.0
_APPLIED: Final = "SELECT name, checksum FROM threads.migration"


class PostgresStore(PostgresCommands, PostgresClerk, PostgresUpkeep):
    """A Store. Made by `open_postgres_store`."""

    async def place(self, batch: Sequence[Incoming], now: datetime) -> Outcome:
        """Place a batch, in as few transactions as its keys allow."""
        done = [await self._place(part, now) for part in split(batch, MOST_KEYS)]
        placed = [one for outcome in done for one in outcome.placed]
        return Outcome(placed, sum(one.repeats for one in done), sum(one.events for one in done))

    async def probe(self) -> None:
        """Return when the database takes writes now."""
        with errors_named():
            if await self._pool.fetchval("SELECT pg_is_in_recovery()"):
                raise TemporaryError("the database is a standby")

    async def tidy(self) -> None:
        """Move new words into the search index, in bulk: a batch of messages should not have to."""
        # Who made the tables may have been an operator: then only PostgreSQL's own vacuum does it.
        with errors_named(), suppress(asyncpg.InsufficientPrivilegeError):
            await self._pool.execute("SELECT gin_clean_pending_list('threads.message_words')")

    async def _place(self, batch: Sequence[Incoming], now: datetime) -> Outcome:
        return await attempted(partial(self._transact, batch, now))

    async def _transact(self, batch: Sequence[Incoming], now: datetime) -> Outcome:
        async with transaction(self._pool, _locking(batch)) as connection:
            plan = await _plan(connection, batch, now)
            announcements = [announcement(happening, now) for happening in plan.happenings]
            await save(connection, plan, announcements, now)
        return Outcome([*plan.messages.values()], plan.repeats, len(announcements))


def _locking(batch: Sequence[Incoming]) -> str:
    numbers = ",".join(map(str, sorted({lock_number(key) for one in batch for key in one.locks()})))
    locked = f"SELECT count(pg_advisory_xact_lock(key)) FROM unnest('{{{numbers}}}'::bigint[]) AS key"  # noqa: S608
    return f"{locked}; SAVEPOINT keys"


async def _plan(connection: Connection, batch: Sequence[Incoming], now: datetime) -> Plan:
    more: set[UUID] = set()
    for _ in range(_ROUNDS):
        hood = await load.neighbours(connection, batch)
        wanted = hood.mentioned() | more
        roots = await load.lock_conversations(connection, wanted)
        if roots is not None:
            hood.add_surroundings(*await load.surroundings(connection, wanted, roots))
            await learn(connection, hood, foreseen(batch, hood))
            answer = await answered(connection, hood, partial(decide, batch, hood, now))
            if isinstance(answer, Plan):
                return answer
            more |= answer.tickets
        await connection.execute("ROLLBACK TO SAVEPOINT keys")  # lets the rows go, keeps the keys
    raise TemporaryError("the conversations of a batch kept merging while it was placed")


@asynccontextmanager
async def open_pool(
    url: str, *, connections: int, statement_cache: int
) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Connect when first used. `statement_cache` 0: behind pgbouncer in transaction mode. Raises SettingsError."""
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            timeout=_CONNECT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            statement_cache_size=statement_cache,
            reset=_leave_as_it_is,
        )
    except (ValueError, asyncpg.InterfaceError) as err:
        raise SettingsError(f"THREADLINE_DATABASE_URL: {err}") from err
    try:
        yield pool
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), _CONNECT_SECONDS)


@asynccontextmanager
async def open_postgres_store(
    url: str, *, connections: int = 4, statement_cache: int = 100
) -> AsyncIterator[PostgresStore]:
    """Open the database and bring its tables up to date. Raises TemporaryError (it is away) or SettingsError."""
    async with open_pool(url, connections=connections, statement_cache=statement_cache) as pool:
        try:
            with errors_named():
                await _migrate(pool)
        except TemporaryError as err:
            if is_wrong_setting(err.__cause__):
                raise SettingsError(f"THREADLINE_DATABASE_URL: {err.__cause__}") from err
            raise
        yield PostgresStore(pool)


async def _migrate(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    steps = migrations("postgres")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        # Asked first: an operator may have made the schema, and not allowed us to make any.
        if await connection.fetchval("SELECT to_regclass('threads.migration')") is None:
            await connection.execute(
                "CREATE SCHEMA IF NOT EXISTS threads; CREATE TABLE threads.migration (name text PRIMARY KEY, "
                "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
            )
        applied = {row["name"]: row["checksum"] for row in await connection.fetch(_APPLIED)}
        for step in missing(steps, applied):
            await connection.execute(step.sql)
            if step.name == twins.MIGRATION:
                await keep_twins(connection)
            await connection.execute(
                "INSERT INTO threads.migration (name, checksum) VALUES ($1, $2)", step.name, step.checksum
            )


async def _leave_as_it_is(_: object) -> None:
    """Spare the round trip of a session's reset: our transactions leave nothing in one."""
