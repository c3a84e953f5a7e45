"""What a republication reads of PostgreSQL: tickets in the order of their ids, with all their messages."""

from collections import defaultdict
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from threadline_contracts.topology import EventType
from threadline_threads.reading import Republication
from threadline_threads.republishing.job import Kept, Shelf, republication
from threadline_threads.store import postgres_load as load
from threadline_threads.store import rows
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox

_TICKETS: Final = f"""
    SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE id > $1 ORDER BY id LIMIT $2
"""  # noqa: S608 - our own column names
_MESSAGES: Final = "SELECT ticket, id, content, placement FROM threads.message WHERE ticket = ANY($1) ORDER BY id"

_PROGRESS: Final = "SELECT state, done_at IS NOT NULL FROM threads.task WHERE id = $1 AND type = $2"


class PostgresStock(PostgresOutbox):
    """The stock of the store."""

    async def shelf(self, behind: UUID, since: datetime | None, limit: int) -> Shelf:
        """Return the next tickets, as of one moment."""
        with errors_named():
            async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
                return await _shelf(connection, behind, since, limit)


class PostgresProgress:
    """How far republications are."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def republication(self, command: str) -> Republication | None:
        """Return how far one is."""
        with errors_named():
            row = await self._pool.fetchrow(_PROGRESS, command, EventType.REPUBLISH_REQUESTED)
        return republication(command, row[0], done=row[1]) if row else None


async def _shelf(connection: Connection, behind: UUID, since: datetime | None, limit: int) -> Shelf:
    found = [load.ticket_of(row) for row in await connection.fetch(_TICKETS, behind, limit)]
    changed = [ticket for ticket in found if since is None or ticket.updated_at >= since]
    ids = [ticket.id for ticket in changed]
    rows.with_links(changed, await load.links(connection, ids))
    messages: defaultdict[UUID, list[Kept]] = defaultdict(list)
    for ticket, message, content, placement in await connection.fetch(_MESSAGES, ids):
        messages[ticket].append(Kept(message, content, rows.placement.decode(placement)))
    return Shelf([(ticket, messages[ticket.id]) for ticket in changed], found[-1].id if found else None)
