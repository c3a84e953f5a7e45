"""What grows too old in PostgreSQL: each step looks at a few rows by their primary key, in one transaction."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from threadline_threads.retention.emptying import emptied, without_raw
from threadline_threads.retention.job import Swept
from threadline_threads.retention.kinds import Kind
from threadline_threads.store.postgres_blobs import loosen
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox
from threadline_threads.store.postgres_transaction import transaction
from threadline_threads.words import words_of

_READY: Final = "INSERT INTO threads.cursor (name, sequence) VALUES ('retention', 0) ON CONFLICT DO NOTHING"
_TURN: Final = """
    UPDATE threads.cursor SET sequence = $1 WHERE name = 'retention' AND sequence <= $2 RETURNING sequence
"""
# The newest event stays: its number says where the next one is.
_EVENTS: Final = """
    SELECT id, sent_at IS NOT NULL AND committed_at < $2
        AND sequence <= coalesce((SELECT sequence FROM threads.cursor WHERE name = 'clerk'), 0)
        AND sequence < (SELECT max(sequence) FROM threads.outbox), committed_at
    FROM threads.outbox WHERE id > $1 ORDER BY id LIMIT $3
"""
_FORGET_EVENTS: Final = "DELETE FROM threads.outbox WHERE id = ANY($1)"
_WAITING: Final = "SELECT ticket FROM threads.waiting WHERE ticket > $1 ORDER BY ticket LIMIT $2"
_FORGET_WAITING: Final = """
    DELETE FROM threads.waiting w USING threads.message m
    WHERE w.ticket > $1 AND w.ticket <= $2 AND m.id = w.message AND m.committed_at < $3 RETURNING w.ticket
"""
_CLUES: Final = "SELECT key FROM threads.clue WHERE key > $1 ORDER BY key LIMIT $2"
# By these two a person, and who else has a file, is found: they stay as long as the message.
_FORGET_CLUES: Final = """
    DELETE FROM threads.clue WHERE key > $1 AND key <= $2 AND at < $3 AND condition NOT IN ('contact', 'blob')
    RETURNING message
"""
_COMMANDS: Final = """
    SELECT c.id FROM threads.command c WHERE c.at < $1
    AND NOT EXISTS (SELECT FROM threads.task t WHERE t.id = c.id AND t.done_at IS NULL) ORDER BY c.at LIMIT $2
"""
_FORGET_COMMANDS: Final = "DELETE FROM threads.command WHERE id = ANY($1)"
_FORGET_TASKS: Final = "DELETE FROM threads.task WHERE id = ANY($1)"
_SUGGESTIONS: Final = "SELECT id, settled_at FROM threads.suggestion WHERE id > $1 ORDER BY id LIMIT $2"
_FORGET_SUGGESTIONS: Final = "DELETE FROM threads.suggestion WHERE id = ANY($1) AND settled_at < $2"
_TICKETS: Final = "SELECT id, status, solved_at, desk FROM threads.ticket WHERE id > $1 ORDER BY id LIMIT $2"
_TEXTS: Final = """
    SELECT m.id, m.content, t.desk FROM threads.message m JOIN threads.ticket t ON t.id = m.ticket
    WHERE m.ticket = ANY($1) FOR UPDATE OF m
"""
_EMPTY: Final = """
    UPDATE threads.message SET content = $2, words = array_to_tsvector(string_to_array($3, ' ')) WHERE id = $1
"""
_RAWS: Final = "SELECT id FROM threads.message WHERE id > $1 ORDER BY id LIMIT $2"
_WITH_RAW: Final = """
    SELECT m.id, m.content, t.desk FROM threads.message m JOIN threads.ticket t ON t.id = m.ticket
    WHERE m.id > $1 AND m.id <= $2 AND m.committed_at < $3 AND position('"raw":null'::bytea IN m.content) = 0
    FOR UPDATE OF m
"""
_WITHOUT_RAW: Final = "UPDATE threads.message SET content = $2 WHERE id = $1"
_NOWHERE: Final = UUID(int=0)

Step = Callable[[Connection, datetime, str, int], Awaitable[Swept]]


class PostgresRetention(PostgresOutbox):
    """The retiring part of the store."""

    async def take_retention(self, now: datetime, every: timedelta) -> bool:
        """Take the turn."""
        with errors_named():
            await self._pool.execute(_READY)
            seconds = int(now.timestamp())
            return await self._pool.fetchval(_TURN, seconds, seconds - int(every.total_seconds())) is not None

    async def retire(self, kind: Kind, before: datetime, behind: str, limit: int) -> Swept:
        """Take away what is older of the next rows."""
        with errors_named():
            async with transaction(self._pool) as connection:
                return await _STEPS[kind](connection, before, behind, limit)


async def _events(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    found = await connection.fetch(_EVENTS, int(behind or 0), before, limit)
    gone = [number for number, old, _ in found if old]
    await connection.execute(_FORGET_EVENTS, gone)
    more = len(found) == limit and found[-1][2] < before
    return Swept(len(gone), str(found[-1][0]) if more else None)


async def _waiting(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    after = UUID(behind) if behind else _NOWHERE
    found = await connection.fetch(_WAITING, after, limit)
    if not found:
        return Swept(0)
    gone = await connection.fetch(_FORGET_WAITING, after, found[-1][0], before)
    return Swept(len(gone), str(found[-1][0]))


async def _clues(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    after = bytes.fromhex(behind)
    found = await connection.fetch(_CLUES, after, limit)
    if not found:
        return Swept(0)
    gone = await connection.fetch(_FORGET_CLUES, after, found[-1][0], before)
    return Swept(len(gone), found[-1][0].hex())


async def _commands(connection: Connection, before: datetime, _: str, limit: int) -> Swept:
    ids = [command for (command,) in await connection.fetch(_COMMANDS, before, limit)]
    for statement in (_FORGET_TASKS, _FORGET_COMMANDS):
        await connection.execute(statement, ids)
    return Swept(len(ids), "more" if len(ids) == limit else None)


async def _suggestions(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    found = await connection.fetch(_SUGGESTIONS, UUID(behind) if behind else _NOWHERE, limit)
    gone = [one for one, settled in found if settled and settled < before]
    await connection.execute(_FORGET_SUGGESTIONS, gone, before)
    return Swept(len(gone), str(found[-1][0]) if found else None)


async def _closed_texts(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    found = await connection.fetch(_TICKETS, UUID(behind) if behind else _NOWHERE, limit)
    closed = [one for one, status, since, _ in found if status == "closed" and since and since < before]
    gone = 0
    for message, content, desk in await connection.fetch(_TEXTS, closed):
        if left := emptied(content):
            await connection.execute(_EMPTY, message, left[1], words_of(left[0]))
            await loosen(connection, left[2], desk, datetime.now(UTC))
            gone += 1
    return Swept(gone, str(found[-1][0]) if found else None)


async def _raw_inputs(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    after = UUID(behind) if behind else _NOWHERE
    found = await connection.fetch(_RAWS, after, limit)
    if not found:
        return Swept(0)
    gone = 0
    for message, content, desk in await connection.fetch(_WITH_RAW, after, found[-1][0], before):
        left, raw = without_raw(content)
        await connection.execute(_WITHOUT_RAW, message, left)
        if raw:
            await loosen(connection, [raw], desk, datetime.now(UTC))
            gone += 1
    return Swept(gone, str(found[-1][0]))


_STEPS: Final[Mapping[Kind, Step]] = {
    Kind.EVENTS: _events,
    Kind.WAITING: _waiting,
    Kind.CLUES: _clues,
    Kind.COMMANDS: _commands,
    Kind.SUGGESTIONS: _suggestions,
    Kind.CLOSED_TEXTS: _closed_texts,
    Kind.RAW_INPUTS: _raw_inputs,
}
