"""Fills a PostgreSQL database with many stored messages: copies of those that are there, each with ids of its own.

The copies are whole conversations, row for row, in every table: as many look-ups find nothing, as many rows lie round
those that are found, and every index is as large as if the messages had come one by one. Texts and bodies keep the ids
of what they were copied from.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

# Read by their places; they grow with nothing that is stored.
_APART: Final = frozenset({"migration", "cursor", "severed", "suggestion", "command", "erased"})
# Text that is unique to a message or person, and so to a copy; other text (a rule, a subject) is said again.
_OWN: Final = frozenset({"reference", "external_id", "event_id", "contact", "identity", "one", "other", "value"})
_COLUMNS: Final = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'threads' AND is_identity = 'NO' ORDER BY table_name, ordinal_position
"""
_READ: Final = "UPDATE threads.cursor SET sequence = (SELECT max(sequence) FROM threads.outbox) WHERE name = 'clerk'"
_BEHIND: Final = """
    SELECT EXISTS (SELECT FROM threads.outbox WHERE sent_at IS NULL)
        OR (SELECT max(sequence) FROM threads.outbox) > coalesce(
            (SELECT sequence FROM threads.cursor WHERE name = 'clerk'), 0)
"""
_STEP: Final = 20  # copies a statement
_PATIENCE: Final = 300  # seconds
TEMPLATE: Final = 4000  # messages worth copying: a thousand whole conversations


async def multiply(url: str, copies: int) -> None:
    """Store everything there is `copies` times more, then have the server settle as it would overnight."""
    connection = await asyncpg.connect(url, command_timeout=3600)
    try:
        tables = await _tables(connection)
        for table in tables:
            source = f"SELECT * FROM threads.{table}"  # noqa: S608 - our own names
            await connection.execute(f"CREATE TEMPORARY TABLE original_{table} AS {source}")
        for first in range(1, copies + 1, _STEP):
            last = min(first + _STEP - 1, copies)
            for table, columns in tables.items():
                await connection.execute(_copying(table, columns), first, last)
        await connection.execute(_READ)
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def until_settled(url: str) -> None:
    """Wait until the jobs behind the messages have dealt with what is stored."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(_PATIENCE):
            while await connection.fetchval(_BEHIND):  # noqa: ASYNC110 - another process is
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def _tables(connection: "asyncpg.Connection[asyncpg.Record]") -> Mapping[str, Sequence[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in await connection.fetch(_COLUMNS):
        if table not in _APART:
            found.setdefault(table, []).append((column, kind))
    return found


def _copying(table: str, columns: Sequence[tuple[str, str]]) -> str:
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(_copied(name, kind) for name, kind in columns)
    return (
        f"INSERT INTO threads.{table} ({names}) SELECT {values} "  # noqa: S608 - names of our own columns
        f"FROM generate_series($1::integer, $2::integer) AS copy, original_{table} AS o"
    )


def _copied(name: str, kind: str) -> str:
    column = f"o.{name}"
    if kind == "uuid":
        return f"md5({column}::text || copy)::uuid"
    if kind == "tsvector":
        return f"{column} || array_to_tsvector(ARRAY['copy' || copy])"
    if name == "sequence":
        return "nextval('threads.event_sequence')"
    if name in ("key", "digest"):
        return f"decode(md5(encode({column}, 'hex') || copy), 'hex')"
    if kind == "text" and name in _OWN:
        return f"{column} || '.' || copy"
    return column
