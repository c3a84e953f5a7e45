"""By what copies find a message: what the first release kept, kept as this one looks for it. A step of a migration."""

from datetime import UTC, datetime
from typing import Final

import asyncpg

from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.twins import COPIES_COME_WITHIN, renamed

_CHUNK: Final = 1000
_LATELY: Final = "SELECT ticket, content FROM threads.message WHERE committed_at > $1"
_KEEP: Final = """
    INSERT INTO threads.holder (key, ticket, plain, by)
    SELECT one.now, h.ticket, h.plain, h.by
    FROM unnest($1::bytea[], $2::bytea[], $3::uuid[]) AS one (before, now, ticket)
    JOIN threads.holder h ON h.key = one.before AND h.ticket = one.ticket
    ON CONFLICT DO NOTHING
"""


async def keep_twins(connection: Connection) -> None:
    """Let the copies that still come find what came lately. What the first release kept stays, for a way back."""
    found = await connection.cursor(_LATELY, datetime.now(UTC) - COPIES_COME_WITHIN)
    while chunk := await found.fetch(_CHUNK):
        await _keep(connection, chunk)


async def _keep(connection: Connection, chunk: list[asyncpg.Record]) -> None:
    keys = [(*pair, ticket) for ticket, content in chunk if (pair := renamed(content))]
    if keys:
        await connection.execute(_KEEP, *map(list, zip(*keys, strict=True)))
