"""The outbox in PostgreSQL: numbered in commit order, claimed by any number of relays without overlap."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_transaction import at_once, whole
from threadline_threads.store.protocol import Backlog, Unsent

_NUMBERING: Final = 0x73657175656E6365  # "sequence": the one who numbers
_ONE_NUMBERS: Final = f"SET LOCAL synchronous_commit = off; SELECT pg_advisory_xact_lock({_NUMBERING})"
# Rows get their numbers after they are committed, from one at a time, who sees every row that was committed before the
# lock was his: so whatever commits later gets a greater number. Nobody waits for the disk: whoever makes something of a
# number that should last commits later, and with that all before it.
_NUMBER: Final = """
    UPDATE threads.outbox o SET sequence = new.sequence
    FROM (
        SELECT id, nextval('threads.event_sequence') AS sequence
        FROM (SELECT id FROM threads.outbox WHERE sequence IS NULL ORDER BY id) AS ordered
    ) AS new
    WHERE o.id = new.id
"""
# A relay that hangs loses its claim, and another announces. A note "sent" that a crash of the server undoes makes an
# event be told again under its id, as a crash of ours may: nobody has to wait for it to be on the disk.
_CLAIMING: Final = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL synchronous_commit = off"
_CLAIM: Final = """
    SELECT sequence, event_id, type, body FROM threads.outbox
    WHERE sent_at IS NULL AND sequence IS NOT NULL ORDER BY sequence LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_SENT: Final = "UPDATE threads.outbox SET sent_at = clock_timestamp() WHERE sequence = ANY($1)"
_BACKLOG: Final = """
    SELECT count(*), min(committed_at) FROM (
        SELECT committed_at FROM threads.outbox WHERE sequence IS NULL
        UNION ALL SELECT committed_at FROM threads.outbox WHERE sequence IS NOT NULL AND sent_at IS NULL
    ) AS waiting
"""


class PostgresClaim:
    """Rows that this transaction has locked."""

    def __init__(self, connection: Connection, events: Sequence[Unsent]) -> None:
        self.events = events
        self._connection = connection

    async def sent(self, events: Sequence[Unsent]) -> None:
        """Note that the bus confirmed these."""
        with errors_named():
            await self._connection.execute(_SENT, [event.number for event in events])


class PostgresOutbox:
    """The announcing half of the store."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @asynccontextmanager
    async def claim(self, limit: int) -> AsyncIterator[PostgresClaim]:
        """Number what is new, then take what nobody else has."""
        with errors_named():
            async with self._pool.acquire() as connection:
                await at_once(connection, f"{_ONE_NUMBERS}; {_NUMBER}")
                async with whole(connection, _CLAIMING):
                    rows = await connection.fetch(_CLAIM, limit)
                    yield PostgresClaim(connection, [Unsent(*row) for row in rows])

    async def backlog(self) -> Backlog:
        """Return what waits."""
        with errors_named():
            row = await self._pool.fetchrow(_BACKLOG)
        return Backlog(*row) if row else Backlog(0, None)
