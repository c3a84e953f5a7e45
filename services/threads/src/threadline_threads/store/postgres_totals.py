"""How much is stored in PostgreSQL: counted while it is little, estimated as the planner does when it is much."""

from typing import Final

import asyncpg

from threadline_threads.reading import Totals

_COUNTED: Final = 20_000  # rows, some milliseconds; to count a million reads for half a second
# Rows a page when the table was last looked at, by the pages it has now. -1: nobody looked yet; then it is counted.
_ROWS: Final = """
    SELECT CASE WHEN few.n < $1 THEN few.n WHEN c.reltuples < 0 THEN (SELECT count(*) FROM {0}) ELSE greatest(few.n,
            round(c.reltuples / greatest(c.relpages, 1) * pg_relation_size(c.oid) / current_setting('block_size')::int))
        END::bigint, few.n >= $1 AND c.reltuples >= 0
    FROM pg_class c, LATERAL (SELECT count(*) AS n FROM (SELECT FROM {0} LIMIT $1) AS rows) AS few
    WHERE c.oid = '{0}'::regclass
"""
_COUNT_TICKETS: Final = _ROWS.format("threads.ticket")
_COUNT_MESSAGES: Final = _ROWS.format("threads.message")
_WAITING: Final = """
    SELECT (SELECT count(*) FROM threads.outbox WHERE sequence IS NULL)
            + (SELECT count(*) FROM threads.outbox WHERE sequence IS NOT NULL AND sent_at IS NULL),
        (SELECT committed_at FROM threads.outbox ORDER BY id DESC LIMIT 1)
"""


async def totals(pool: "asyncpg.Pool[asyncpg.Record]") -> Totals:
    """Return the counts."""
    async with pool.acquire() as connection:
        ((tickets, many),) = await connection.fetch(_COUNT_TICKETS, _COUNTED)
        ((messages, very_many),) = await connection.fetch(_COUNT_MESSAGES, _COUNTED)
        ((unannounced, last),) = await connection.fetch(_WAITING)
    return Totals(
        tickets=tickets,
        messages=messages,
        unannounced=unannounced,
        last_committed_at=last,
        estimated=many or very_many,
    )
