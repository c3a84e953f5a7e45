"""What is left of a conversation in which somebody was forgotten, written to PostgreSQL in sets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from threadline_threads.erasing.shapes import Forgotten, Person, Talk
from threadline_threads.plan import Plan
from threadline_threads.store import rows
from threadline_threads.store.postgres_blobs import loosen
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_save import save

_MESSAGES: Final = """
    UPDATE threads.message m SET content = new.content, placement = new.placement, external_id = new.external_id,
        words = array_to_tsvector(string_to_array(new.words, ' '))
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[], $5::text[])
        AS new (id, content, placement, external_id, words)
    WHERE m.id = new.id
"""
_TICKETS: Final = """
    UPDATE threads.ticket t SET subject = new.subject, contact = new.contact, revision = new.revision,
        updated_at = new.updated_at
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::int[], $5::timestamptz[])
        AS new (id, subject, contact, revision, updated_at)
    WHERE t.id = new.id
"""
_LINKS: Final = """
    UPDATE threads.link l SET because = new.because FROM unnest($1::uuid[], $2::text[]) AS new (child, because)
    WHERE l.child = new.child
"""
_SEVERED: Final = """
    UPDATE threads.severed s SET because = new.because, link = new.link
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[]) AS new (one, other, because, link)
    WHERE s.one = new.one AND s.other = new.other
"""
_SUGGESTIONS: Final = """
    UPDATE threads.suggestion s SET content = new.content FROM unnest($1::uuid[], $2::bytea[]) AS new (id, content)
    WHERE s.id = new.id
"""
_UNHELD: Final = "DELETE FROM threads.holder WHERE key = ANY($1) AND ticket = ANY($2)"
_UNCITED: Final = """
    DELETE FROM threads.citation c USING unnest($1::bytea[], $2::uuid[]) AS gone (key, message)
    WHERE c.key = gone.key AND c.message = gone.message
"""
_UNNAMED: Final = "DELETE FROM threads.participant WHERE ticket = ANY($1) AND contact = ANY($2)"
_VIA: Final = "UPDATE threads.participant SET via = '' WHERE ticket = ANY($1) AND via = ANY($2)"
_UNWAITED: Final = """
    DELETE FROM threads.waiting WHERE ticket = ANY($1) AND (message = ANY($2) OR cited = ANY($3) OR contact = ANY($4))
"""
_WAIT_NO_MORE: Final = "DELETE FROM threads.waiting WHERE source = ANY($1) AND message = ANY($2)"


async def write(connection: Connection, talk: Talk, result: Forgotten, person: Person, now: datetime) -> None:
    """Write it, and tell it."""
    await _save(connection, result)
    tickets, gone = [ticket.id for ticket in talk.tickets], result.erased
    await connection.execute(_UNHELD, list(result.keys), tickets)
    await _write(connection, _UNCITED, result.cited)
    await connection.execute(_UNNAMED, tickets, person.identities)
    await connection.execute(_VIA, tickets, list(result.externals))
    await connection.execute(_UNWAITED, tickets, gone, list(result.externals), person.identities)
    await connection.execute(_WAIT_NO_MORE, tickets, gone)
    await loosen(connection, result.blobs, person.desk, now)
    await save(connection, Plan(), result.announcements, now)


async def _save(connection: Connection, result: Forgotten) -> None:
    await _write(
        connection,
        _MESSAGES,
        ((one.id, one.content, rows.encode(one.placement), one.external_id, one.words) for one in result.messages),
    )
    await _write(
        connection,
        _TICKETS,
        ((t.id, t.subject, rows.encode(t.contact), t.revision, t.updated_at) for t in result.tickets.values()),
    )
    await _write(connection, _LINKS, ((link.child, link.because) for link in result.links))
    await _write(
        connection,
        _SEVERED,
        ((s.one, s.other, s.because, rows.encode(s.link) if s.link else None) for s in result.severed),
    )
    await _write(connection, _SUGGESTIONS, ((one.id, rows.encode(one)) for one in result.suggestions))


async def _write(connection: Connection, statement: str, values: Iterable[Sequence[Any]]) -> None:
    columns = list(zip(*values, strict=True))
    if columns:
        await connection.execute(statement, *columns)
