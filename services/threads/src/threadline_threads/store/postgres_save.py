"""A plan, written to PostgreSQL in sets: one statement a table, whatever the size of the batch."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from threadline_contracts.ticket import Link, Suggestion
from threadline_threads.events import Announcement
from threadline_threads.hood import Lead
from threadline_threads.plan import Placed, Plan
from threadline_threads.store import rows
from threadline_threads.store.postgres_load import Connection
from threadline_threads.tickets import Ticket
from threadline_threads.words import words_of

_TICKETS: Final = f"""
    INSERT INTO threads.ticket ({rows.TICKET_COLUMNS})
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::int[], $7::text[], $8::text[],
        $9::text[], $10::int[], $11::bytea[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::uuid[],
        $16::uuid[], $17::uuid[], $18::timestamptz[])
    ON CONFLICT (id) DO UPDATE SET root = excluded.root, status = excluded.status, revision = excluded.revision,
        channels = excluded.channels, accounts = excluded.accounts, message_count = excluded.message_count,
        updated_at = excluded.updated_at, active_at = excluded.active_at, last_message = excluded.last_message,
        reference = excluded.reference, followed_by = excluded.followed_by, solved_at = excluded.solved_at
"""  # noqa: S608 - our own column names
_MESSAGES: Final = """
    INSERT INTO threads.message (id, version, ticket, reference, external_id, committed_at, placement, content, words)
    SELECT id, version, ticket, reference, external_id, $6, placement, content,
        array_to_tsvector(string_to_array(words, ' '))
    FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $7::bytea[], $8::bytea[], $9::text[])
        AS new (id, version, ticket, reference, external_id, placement, content, words)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, content = excluded.content, words = excluded.words
"""
_HOLDERS: Final = """
    INSERT INTO threads.holder (key, ticket, plain, by)
    SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::boolean[], $4::text[])
    ON CONFLICT (key, ticket) DO UPDATE SET plain = excluded.plain, by = excluded.by
"""
_CITATIONS: Final = """
    INSERT INTO threads.citation (key, message, ticket, speakers, names)
    SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING
"""
_CLUES: Final = """
    INSERT INTO threads.clue (key, at, message, ticket, condition, channel, ours, marked)
    SELECT * FROM unnest($1::bytea[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::boolean[],
        $8::boolean[])
    ON CONFLICT DO NOTHING
"""
_NAMED: Final = """
    INSERT INTO threads.participant (ticket, contact, via)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
    ON CONFLICT (ticket, contact) DO UPDATE SET via = excluded.via
"""
# Who cites two messages of a ticket waits for whatever names its sender there.
_WAITING: Final = """
    INSERT INTO threads.waiting AS w (ticket, contact, message, source, cited, names, strict)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::boolean[])
    ON CONFLICT (ticket, contact, message) DO UPDATE SET strict = false
    WHERE w.strict AND (w.cited <> excluded.cited OR NOT excluded.strict)
"""
_FIRED: Final = """
    DELETE FROM threads.waiting w USING unnest($1::uuid[], $2::uuid[]) AS fired (ticket, message)
    WHERE w.ticket = fired.ticket AND w.message = fired.message
"""
_FORGOTTEN: Final = """
    DELETE FROM threads.waiting w USING unnest($1::uuid[], $2::text[]) AS forgotten (ticket, cited)
    WHERE w.ticket = forgotten.ticket AND w.cited = forgotten.cited
"""
_SUGGESTIONS: Final = """
    INSERT INTO threads.suggestion (id, ticket, other, score, status, at, content)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::float8[], $5::text[], $6::timestamptz[], $7::bytea[])
    ON CONFLICT (id) DO NOTHING
"""
_SEVERED: Final = """
    INSERT INTO threads.severed (one, other, by, because, at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) ON CONFLICT DO NOTHING
"""
_LINKS: Final = """
    INSERT INTO threads.link (child, parent, rule, because, by, at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
"""
# In order: what happened to a ticket later has the greater number.
_OUTBOX: Final = """
    INSERT INTO threads.outbox (event_id, type, message, committed_at, body)
    SELECT event_id, type, message, $4, body
    FROM unnest($1::text[], $2::text[], $3::uuid[], $5::bytea[]) WITH ORDINALITY
        AS new (event_id, type, message, body, position)
    ORDER BY position
"""


async def save(connection: Connection, plan: Plan, announcements: Sequence[Announcement], now: datetime) -> None:
    """Write a plan, and what it announces."""
    await _write(connection, _TICKETS, map(_ticket, plan.tickets.values()))
    await _save_messages(connection, plan.messages.values(), now)
    await _write(connection, _HOLDERS, ((key, ticket, at.plain, at.by) for (key, ticket), at in plan.holders.items()))
    await _write(
        connection,
        _CITATIONS,
        (
            (
                key,
                one.message,
                one.ticket,
                None if one.speakers is None else rows.lines(one.speakers),
                rows.lines(one.names),
            )
            for key, one in plan.citations
        ),
    )
    await _write(connection, _CLUES, map(_lead, plan.leads))
    await _write(connection, _NAMED, ((ticket, contact, via) for (ticket, contact), via in plan.named.items()))
    await _write(
        connection,
        _WAITING,
        (
            (one.target, one.contact, one.message, one.source, one.cited, rows.lines(one.names), one.strict)
            for one in plan.waiting
        ),
    )
    await _write(connection, _FIRED, plan.fired)
    await _write(connection, _FORGOTTEN, plan.forgotten)
    await _write(connection, _SEVERED, ((one.one, one.other, one.by, one.because, one.at) for one in plan.severed))
    await _write(connection, _SUGGESTIONS, map(_suggestion, plan.suggestions.values()))
    await _write(connection, _LINKS, map(_link, plan.links))
    await _save_announcements(connection, announcements, now)


async def _save_messages(connection: Connection, placed: Iterable[Placed], now: datetime) -> None:
    new = [
        (
            one.incoming.message.id,
            one.incoming.message.version,
            one.ticket,
            one.incoming.message.reference,
            one.incoming.message.external_id,
            rows.encode(one.placement),
            one.incoming.content,
            words_of(one.incoming.message),
        )
        for one in placed
    ]
    if new:
        columns = list(zip(*new, strict=True))
        await connection.execute(_MESSAGES, *columns[:5], now, *columns[5:])


async def _save_announcements(connection: Connection, announcements: Sequence[Announcement], now: datetime) -> None:
    if announcements:
        ids, types, messages = zip(*((one.event_id, one.type, one.message) for one in announcements), strict=True)
        await connection.execute(_OUTBOX, ids, types, messages, now, [one.body for one in announcements])


async def _write(connection: Connection, statement: str, values: Iterable[Sequence[Any]]) -> None:
    columns = list(zip(*values, strict=True))
    if columns:
        await connection.execute(statement, *columns)


def _ticket(ticket: Ticket) -> Sequence[Any]:
    return (
        ticket.id,
        ticket.desk,
        ticket.reference,
        ticket.root,
        ticket.status,
        ticket.revision,
        ticket.subject,
        rows.lines(ticket.channels),
        rows.lines(ticket.accounts),
        ticket.message_count,
        rows.encode(ticket.contact),
        ticket.created_at,
        ticket.updated_at,
        ticket.active_at,
        ticket.last_message,
        ticket.follows,
        ticket.followed_by,
        ticket.solved_at,
    )


def _lead(one: Lead) -> Sequence[Any]:
    clue = one.clue
    return clue.key, clue.at, one.message, one.ticket, clue.condition, clue.channel, clue.ours, clue.marked


def _suggestion(one: Suggestion) -> Sequence[Any]:
    return one.id, one.ticket, one.other, one.score, one.status, one.at, rows.encode(one)


def _link(link: Link) -> Sequence[Any]:
    return link.child, link.parent, link.rule, link.because, link.by, link.at
