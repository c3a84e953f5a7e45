"""A plan, written to PostgreSQL in sets: one statement a table, whatever the size of the batch."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from threadline_contracts.ticket import Link, Suggestion
from threadline_threads.events import Announcement
from threadline_threads.hood import Citation, Lead
from threadline_threads.keys import Key
from threadline_threads.plan import Placed, Plan
from threadline_threads.store import rows
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.statements import parameters, together
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
# What nearly every batch writes, in one round trip: on a busy machine each of them waits for its turn.
_A_BATCH: Final = together((_TICKETS, _MESSAGES, _HOLDERS, _CITATIONS, _CLUES, _NAMED, _OUTBOX))


async def save(connection: Connection, plan: Plan, announcements: Sequence[Announcement], now: datetime) -> None:
    """Write a plan, and what it announces."""
    if any((plan.tickets, plan.messages, plan.holders, plan.citations, plan.leads, plan.named)):
        await connection.execute(_A_BATCH, *_columns_of_batch(plan, announcements, now))
    elif announcements:
        await connection.execute(_OUTBOX, *_outbox_columns(announcements, now))
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


def _columns_of_batch(plan: Plan, announcements: Sequence[Announcement], now: datetime) -> Iterator[object]:
    """Yield the values of _A_BATCH, table by table."""
    yield from _columns(map(_ticket, plan.tickets.values()), _TICKETS)
    columns = _columns(map(_message, plan.messages.values()), _MESSAGES, apart=1)
    yield from (*columns[:5], now, *columns[5:])
    yield from _columns(((key, ticket, at.plain, at.by) for (key, ticket), at in plan.holders.items()), _HOLDERS)
    yield from _columns((_citation(key, one) for key, one in plan.citations), _CITATIONS)
    yield from _columns(map(_lead, plan.leads), _CLUES)
    yield from _columns(((ticket, contact, via) for (ticket, contact), via in plan.named.items()), _NAMED)
    yield from _outbox_columns(announcements, now)


def _outbox_columns(announcements: Sequence[Announcement], now: datetime) -> Sequence[object]:
    told = ((one.event_id, one.type, one.message, one.body) for one in announcements)
    *columns, bodies = _columns(told, _OUTBOX, apart=1)
    return (*columns, now, bodies)


def _columns(values: Iterable[Sequence[Any]], statement: str, *, apart: int = 0) -> list[Sequence[Any]]:
    """Return rows as the columns that a statement takes; `apart`: so many of its parameters are no columns."""
    return list(zip(*values, strict=True)) or [()] * (parameters(statement) - apart)


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


def _message(one: Placed) -> Sequence[Any]:
    message = one.incoming.message
    return (
        message.id,
        message.version,
        one.ticket,
        message.reference,
        message.external_id,
        rows.encode(one.placement),
        one.incoming.content,
        words_of(message),
    )


def _citation(key: Key, one: Citation) -> Sequence[Any]:
    speakers = None if one.speakers is None else rows.lines(one.speakers)
    return key, one.message, one.ticket, speakers, rows.lines(one.names)


def _lead(one: Lead) -> Sequence[Any]:
    clue = one.clue
    return clue.key, clue.at, one.message, one.ticket, clue.condition, clue.channel, clue.ours, clue.marked


def _suggestion(one: Suggestion) -> Sequence[Any]:
    return one.id, one.ticket, one.other, one.score, one.status, one.at, rows.encode(one)


def _link(link: Link) -> Sequence[Any]:
    return link.child, link.parent, link.rule, link.because, link.by, link.at
