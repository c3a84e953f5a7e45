"""Blobs in PostgreSQL that messages need no longer, and who still needs them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg

from threadline_threads.clues import HintKind
from threadline_threads.erasing.store import Loose
from threadline_threads.keys import hint_key
from threadline_threads.retention.emptying import needs
from threadline_threads.store import rows
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox

_LOOSEN: Final = """
    INSERT INTO threads.loose_blob (blob, desk, at) SELECT blob, $2, $3 FROM unnest($1::text[]) AS blob
    ON CONFLICT (blob) DO UPDATE SET at = excluded.at
"""
_LOOSE: Final = "SELECT blob, desk, at FROM threads.loose_blob WHERE at <= $1 ORDER BY blob LIMIT $2"
_HAVE: Final = """
    SELECT m.content, c.at, c.message FROM threads.clue c JOIN threads.message m ON m.id = c.message
    WHERE c.key = $1 AND (c.at, c.message) > ($2, $3) ORDER BY c.at, c.message LIMIT $4
"""
_SOME: Final = 100
_FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
_SETTLED: Final = """
    DELETE FROM threads.loose_blob b USING unnest($1::text[], $2::timestamptz[]) AS done (blob, at)
    WHERE b.blob = done.blob AND b.at = done.at
"""


async def loosen(connection: Connection, blobs: Iterable[str], desk: str, now: datetime) -> None:
    """Note that messages need these blobs no longer."""
    if found := list(blobs):
        await connection.execute(_LOOSEN, found, desk, now)


async def is_needed(pool: "asyncpg.Pool[asyncpg.Record]", desk: str, blob: str) -> bool:
    """Return whether a message refers to a blob."""
    key, behind = hint_key(desk, HintKind.BLOB, blob), _FIRST
    while True:
        with errors_named():
            found = await pool.fetch(_HAVE, key, *behind, _SOME)
        if any(needs(rows.message.decode(content), blob) for content, _, _ in found):
            return True
        if len(found) < _SOME:
            return False
        behind = found[-1][1], found[-1][2]


class PostgresBlobNeeds:
    """Who needs a blob."""

    _pool: "asyncpg.Pool[asyncpg.Record]"

    async def needs_blob(self, desk: str, blob: str) -> bool:
        """Return whether a message of the desk refers to a blob."""
        return await is_needed(self._pool, desk, blob)


class PostgresBlobs(PostgresOutbox):
    """The blobs of the store."""

    async def loosen(self, blobs: Iterable[str], desk: str, now: datetime) -> None:
        """Note that messages need these blobs no longer."""
        with errors_named():
            async with self._pool.acquire() as connection:
                await loosen(connection, blobs, desk, now)

    async def loose(self, until: datetime, limit: int) -> Sequence[Loose]:
        """Return the next blobs that nobody may need."""
        with errors_named():
            return [Loose(*row) for row in await self._pool.fetch(_LOOSE, until, limit)]

    async def is_needed(self, blob: Loose) -> bool:
        """Return whether a message refers to a blob."""
        return await is_needed(self._pool, blob.desk, blob.blob)

    async def settled(self, blobs: Sequence[Loose]) -> None:
        """Note that these are dealt with."""
        with errors_named():
            await self._pool.execute(_SETTLED, [one.blob for one in blobs], [one.at for one in blobs])

    async def compact(self) -> None:
        """PostgreSQL overwrites what was deleted when it vacuums, by itself."""
