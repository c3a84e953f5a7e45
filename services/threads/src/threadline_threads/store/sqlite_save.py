"""A plan, written to SQLite: one prepared statement a table, run for every row."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from threadline_contracts.ticket import Link, Suggestion
from threadline_shared.sqlite import Connection
from threadline_threads.events import Announcement
from threadline_threads.hood import Citation, Lead, Waiting
from threadline_threads.keys import Key
from threadline_threads.plan import Placed, Plan
from threadline_threads.store import rows
from threadline_threads.store.sqlite_load import stored
from threadline_threads.tickets import Ticket
from threadline_threads.words import words_of

_TICKETS: Final = f"""
    INSERT INTO ticket ({rows.TICKET_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET root = excluded.root, status = excluded.status, revision = excluded.revision,
        channels = excluded.channels, accounts = excluded.accounts, message_count = excluded.message_count,
        updated_at = excluded.updated_at, active_at = excluded.active_at, last_message = excluded.last_message,
        reference = excluded.reference, followed_by = excluded.followed_by, solved_at = excluded.solved_at
"""  # noqa: S608 - our own column names
_MESSAGE: Final = """
    INSERT INTO message (id, version, ticket, reference, external_id, committed_at, placement, content)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, content = excluded.content RETURNING number
"""
_WORDS: Final = "INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)"
_HOLDERS: Final = """
    INSERT INTO holder (key, ticket, plain, by) VALUES (?, ?, ?, ?)
    ON CONFLICT (key, ticket) DO UPDATE SET plain = excluded.plain, by = excluded.by
"""
_CITATIONS: Final = "INSERT OR IGNORE INTO citation (key, message, ticket, speakers, names) VALUES (?, ?, ?, ?, ?)"
_CLUES: Final = """
    INSERT OR IGNORE INTO clue (key, at, message, ticket, condition, channel, ours, marked)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_NAMED: Final = """
    INSERT INTO participant (ticket, contact, via) VALUES (?, ?, ?)
    ON CONFLICT (ticket, contact) DO UPDATE SET via = excluded.via
"""
# Who cites two messages of a ticket waits for whatever names its sender there.
_WAITING: Final = """
    INSERT INTO waiting (ticket, contact, message, source, cited, names, strict) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (ticket, contact, message) DO UPDATE SET strict = 0
    WHERE strict AND (cited <> excluded.cited OR NOT excluded.strict)
"""
_FIRED: Final = "DELETE FROM waiting WHERE ticket = ? AND message = ?"
_FORGOTTEN: Final = "DELETE FROM waiting WHERE ticket = ? AND cited = ?"
_SUGGESTIONS: Final = """
    INSERT INTO suggestion (id, ticket, other, score, status, at, content) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING
"""
_SEVERED: Final = "INSERT OR IGNORE INTO severed (one, other, by, because, at) VALUES (?, ?, ?, ?, ?)"
_LINKS: Final = "INSERT INTO link (child, parent, rule, because, by, at) VALUES (?, ?, ?, ?, ?, ?)"
_OUTBOX: Final = "INSERT INTO outbox (event_id, type, message, committed_at, body) VALUES (?, ?, ?, ?, ?)"


def save(connection: Connection, plan: Plan, announcements: Sequence[Announcement], now: datetime) -> None:
    """Write a plan, and what it announces."""
    at = stored(now)
    connection.executemany(_TICKETS, map(_ticket, plan.tickets.values()))
    _save_messages(connection, plan.messages.values(), at)
    connection.executemany(
        _HOLDERS, ((key, ticket.bytes, held.plain, held.by) for (key, ticket), held in plan.holders.items())
    )
    connection.executemany(_CITATIONS, (_citation(key, one) for key, one in plan.citations))
    connection.executemany(_CLUES, map(_lead, plan.leads))
    connection.executemany(_NAMED, ((ticket.bytes, contact, via) for (ticket, contact), via in plan.named.items()))
    connection.executemany(_WAITING, map(_waiting, plan.waiting))
    connection.executemany(_FIRED, ((ticket.bytes, message.bytes) for ticket, message in plan.fired))
    connection.executemany(_FORGOTTEN, ((ticket.bytes, cited) for ticket, cited in plan.forgotten))
    connection.executemany(
        _SEVERED, ((one.one.bytes, one.other.bytes, one.by, one.because, stored(one.at)) for one in plan.severed)
    )
    connection.executemany(_SUGGESTIONS, map(_suggestion, plan.suggestions.values()))
    connection.executemany(_LINKS, map(_link, plan.links))
    connection.executemany(
        _OUTBOX,
        ((one.event_id, one.type, one.message.bytes if one.message else None, at, one.body) for one in announcements),
    )


def _citation(key: Key, one: Citation) -> Sequence[Any]:
    speakers = None if one.speakers is None else rows.lines(one.speakers)
    return key, one.message.bytes, one.ticket.bytes, speakers, rows.lines(one.names)


def _waiting(one: Waiting) -> Sequence[Any]:
    return (
        one.target.bytes,
        one.contact,
        one.message.bytes,
        one.source.bytes if one.source else None,
        one.cited,
        rows.lines(one.names),
        one.strict,
    )


def _save_messages(connection: Connection, placed: Iterable[Placed], at: int) -> None:
    for one in placed:
        message = one.incoming.message
        number = connection.execute(
            _MESSAGE,
            (
                message.id.bytes,
                message.version,
                one.ticket.bytes,
                message.reference,
                message.external_id,
                at,
                rows.encode(one.placement),
                one.incoming.content,
            ),
        ).fetchone()[0]
        connection.execute(_WORDS, (number, words_of(message)))


def _ticket(ticket: Ticket) -> Sequence[Any]:
    return (
        ticket.id.bytes,
        ticket.desk,
        ticket.reference,
        ticket.root.bytes,
        ticket.status,
        ticket.revision,
        ticket.subject,
        rows.lines(ticket.channels),
        rows.lines(ticket.accounts),
        ticket.message_count,
        rows.encode(ticket.contact),
        stored(ticket.created_at),
        stored(ticket.updated_at),
        stored(ticket.active_at),
        ticket.last_message.bytes,
        ticket.follows.bytes if ticket.follows else None,
        ticket.followed_by.bytes if ticket.followed_by else None,
        stored(ticket.solved_at) if ticket.solved_at else None,
    )


def _lead(one: Lead) -> Sequence[Any]:
    clue, at = one.clue, stored(one.clue.at)
    return (
        clue.key,
        at,
        one.message.bytes,
        one.ticket.bytes,
        clue.condition,
        clue.channel,
        clue.ours,
        clue.marked,
    )


def _suggestion(one: Suggestion) -> Sequence[Any]:
    ends = one.id.bytes, one.ticket.bytes, one.other.bytes
    return *ends, one.score, one.status, stored(one.at), rows.encode(one)


def _link(link: Link) -> Sequence[Any]:
    return link.child.bytes, link.parent.bytes, link.rule, link.because, link.by, stored(link.at)
