"""What a command changes, written to PostgreSQL in sets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from threadline_contracts.ticket import Suggestion
from threadline_threads.commands.change import Effect, Move
from threadline_threads.events import announcement
from threadline_threads.reading import Severed
from threadline_threads.store import rows
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_save import save

_MOVE: Final = "UPDATE threads.message SET ticket = $2, placement = $3 WHERE id = $1"
_MOVE_CITATIONS: Final = "UPDATE threads.citation SET ticket = $3 WHERE message = $1 AND key = ANY($2)"
_MOVE_WAITING: Final = "UPDATE threads.waiting SET source = $3 WHERE message = $1 AND source = $2"
_MOVE_CLUES: Final = "UPDATE threads.clue SET ticket = $4 WHERE key = ANY($1) AND at = $2 AND message = $3"
_UNHELD: Final = """
    DELETE FROM threads.holder h USING unnest($1::bytea[], $2::uuid[]) AS gone (key, ticket)
    WHERE h.key = gone.key AND h.ticket = gone.ticket
"""
_UNNAMED: Final = """
    DELETE FROM threads.participant p USING unnest($1::uuid[], $2::text[]) AS gone (ticket, contact)
    WHERE p.ticket = gone.ticket AND p.contact = gone.contact
"""
_UNWAITED: Final = """
    DELETE FROM threads.waiting w USING unnest($1::uuid[], $2::text[], $3::uuid[]) AS gone (ticket, contact, message)
    WHERE w.ticket = gone.ticket AND w.contact = gone.contact AND w.message = gone.message
"""
_HEADING: Final = "UPDATE threads.ticket SET subject = $2, contact = $3 WHERE id = $1"
_UNLINK: Final = "DELETE FROM threads.link WHERE child = ANY($1)"
_LIFT: Final = """
    DELETE FROM threads.severed s USING unnest($1::uuid[], $2::uuid[]) AS gone (one, other)
    WHERE s.one = gone.one AND s.other = gone.other
"""
_SEVER: Final = """
    INSERT INTO threads.severed (one, other, by, because, at, link)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[])
    ON CONFLICT (one, other) DO UPDATE SET by = excluded.by, because = excluded.because, at = excluded.at,
        link = excluded.link
"""
_SETTLE: Final = """
    UPDATE threads.suggestion s SET status = new.status, settled_at = new.settled_at, content = new.content
    FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bytea[]) AS new (id, status, settled_at, content)
    WHERE s.id = new.id
"""


async def write(connection: Connection, effect: Effect, now: datetime) -> None:
    """Write an effect, and what it announces."""
    if effect.move:
        await _move(connection, effect.move)
    if heading := effect.heading:
        await connection.execute(_HEADING, heading.ticket, heading.subject, rows.encode(heading.contact))
    if effect.unlinked:
        await connection.execute(_UNLINK, effect.unlinked)
    await _write(connection, _LIFT, ((pair.one, pair.other) for pair in effect.lifted))
    await _write(connection, _SEVER, map(_severed, effect.severed))
    await _write(connection, _SETTLE, map(_settled, effect.settled))
    announcements = [announcement(happening, now) for happening in effect.plan.happenings]
    await save(connection, effect.plan, announcements, now)


async def _move(connection: Connection, move: Move) -> None:
    await connection.execute(_MOVE, move.message, move.ticket, rows.encode(move.placement))
    await connection.execute(_MOVE_CITATIONS, move.message, list(move.cites), move.ticket)
    await connection.execute(_MOVE_WAITING, move.message, move.source, move.ticket)
    await connection.execute(_MOVE_CLUES, list(move.clues), move.sent_at, move.message, move.ticket)
    await _write(connection, _UNHELD, move.unheld)
    await _write(connection, _UNNAMED, move.unnamed)
    await _write(connection, _UNWAITED, ((one.target, one.contact, one.message) for one in move.unwaited))


async def _write(connection: Connection, statement: str, values: Iterable[Sequence[Any]]) -> None:
    columns = list(zip(*values, strict=True))
    if columns:
        await connection.execute(statement, *columns)


def _severed(pair: Severed) -> Sequence[Any]:
    return pair.one, pair.other, pair.by, pair.because, pair.at, rows.encode(pair.link) if pair.link else None


def _settled(one: Suggestion) -> Sequence[Any]:
    return one.id, one.status, one.settled_at, rows.encode(one)
