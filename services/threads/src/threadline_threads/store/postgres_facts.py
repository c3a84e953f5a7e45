"""What a command must know, read from PostgreSQL inside the transaction that holds the locks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import asyncpg

from threadline_threads.commands.facts import (
    Concern,
    Facts,
    Kept,
    Moving,
    Newest,
    Reread,
    ids_to_know,
    keys_to_know,
)
from threadline_threads.hood import Citation, Holder, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.reading import Severed
from threadline_threads.store import postgres_load as load
from threadline_threads.store import rows
from threadline_threads.store.postgres_load import Connection

_HOME: Final = "SELECT ticket FROM threads.message WHERE id = $1"
_ENDS: Final = "SELECT ticket, other FROM threads.suggestion WHERE id = $1"
_CONTENT: Final = "SELECT content FROM threads.message WHERE id = $1"
_NEWEST: Final = """
    SELECT DISTINCT ON (ticket) ticket, committed_at, id FROM threads.message
    WHERE ticket = ANY($1) AND id IS DISTINCT FROM $2 ORDER BY ticket, committed_at DESC, id DESC
"""
_SEVERED: Final = """
    SELECT one, other, by, because, at, link FROM threads.severed WHERE one = ANY($1)
    UNION SELECT one, other, by, because, at, link FROM threads.severed WHERE other = ANY($1)
"""
_SUGGESTIONS: Final = """
    SELECT content FROM threads.suggestion WHERE id IN (
        SELECT id FROM threads.suggestion WHERE ticket = ANY($1) AND status = 'open'
        UNION SELECT id FROM threads.suggestion WHERE other = ANY($1) AND status = 'open'
        UNION SELECT id FROM threads.suggestion WHERE id = $2
    ) ORDER BY id FOR UPDATE
"""
_MOVING: Final = "SELECT ticket, placement, committed_at, content FROM threads.message WHERE id = $1"
_REMAINING: Final = """
    SELECT content, committed_at FROM threads.message WHERE ticket = $1 AND id <> $2 ORDER BY committed_at, id
"""
_OLDEST: Final = """
    SELECT content FROM threads.message WHERE ticket = ANY($1) AND id <> $2 ORDER BY committed_at, id LIMIT 1
"""
_HELD: Final = "SELECT key, ticket, plain, by FROM threads.holder WHERE key = ANY($1) AND ticket = $2"
_TAKING_PART: Final = "SELECT ticket, contact, via FROM threads.participant WHERE ticket = ANY($1)"
_WAITING: Final = "SELECT ticket, contact, message, source, cited, names, strict FROM threads.waiting WHERE ticket = $1"
_CITING: Final = "SELECT key, message, ticket, speakers, names FROM threads.citation WHERE key = $1"
_CITED_TOO: Final = """
    SELECT key, message, ticket, speakers, names FROM threads.citation WHERE key = ANY($1) AND message = ANY($2)
"""


async def named(connection: Connection, concern: Concern) -> set[UUID]:
    """Return the tickets that a command is about, as far as they are known now."""
    tickets = set(concern.tickets)
    if concern.message:
        tickets |= {ticket for (ticket,) in await connection.fetch(_HOME, concern.message)}
    if concern.suggestion:
        tickets |= {end for ends in await connection.fetch(_ENDS, concern.suggestion) for end in ends}
    return tickets


async def content(connection: Connection, message: UUID) -> bytes | None:
    """Return a message's JSON."""
    found: bytes | None = await connection.fetchval(_CONTENT, message)
    return found


async def facts(connection: Connection, concern: Concern, roots: Iterable[UUID], reread: Reread | None) -> Facts:
    """Return what is stored about conversations, and about what else a command names."""
    found = Facts(await load.conversations(connection, roots))
    tickets = list(found.tickets)
    found.newest = {
        ticket: Newest(at, message) for ticket, at, message in await connection.fetch(_NEWEST, tickets, concern.message)
    }
    found.severed = [_severed(row) for row in await connection.fetch(_SEVERED, tickets)]
    suggested = [
        rows.suggestion.decode(row[0]) for row in await connection.fetch(_SUGGESTIONS, tickets, concern.suggestion)
    ]
    found.suggestions = {one.id: one for one in suggested}
    if concern.message and reread:
        found.moving = await _moving(connection, concern.message, found, reread)
    return found


async def _moving(connection: Connection, message: UUID, known: Facts, reread: Reread) -> Moving | None:
    row = await connection.fetchrow(_MOVING, message)
    if row is None or row["ticket"] not in known.tickets:
        return None
    home, kept = row["ticket"], Kept(reread(row["content"]), row["committed_at"])
    remaining = [Kept(reread(one), at) for one, at in await connection.fetch(_REMAINING, home, message)]
    members = known.conversation(home)
    here, there = await _taking_part(connection, home, members)
    waiting = [_waiting(found) for found in await connection.fetch(_WAITING, home)]
    return Moving(
        kept=kept,
        home=home,
        placement=rows.placement.decode(row["placement"]),
        remaining=remaining,
        heading=None if remaining else await _oldest(connection, members, message, reread),
        holders=await _held(connection, keys_to_know(kept.incoming, remaining), home),
        named=here,
        elsewhere=there,
        waiting=waiting,
        citations=await _citations(connection, kept.incoming, ids_to_know(kept.incoming, remaining), waiting),
    )


async def _oldest(connection: Connection, members: Iterable[UUID], message: UUID, reread: Reread) -> Incoming | None:
    found = await connection.fetchval(_OLDEST, list(members), message)
    return reread(found) if found else None


async def _held(connection: Connection, keys: Sequence[Key], home: UUID) -> dict[Key, Holder]:
    found = await connection.fetch(_HELD, keys, home)
    return {key: Holder(ticket, plain, by) for key, ticket, plain, by in found}


async def _taking_part(
    connection: Connection, home: UUID, members: Iterable[UUID]
) -> tuple[dict[Contact, str], frozenset[Contact]]:
    found = await connection.fetch(_TAKING_PART, list(members))
    here = {contact: via for ticket, contact, via in found if ticket == home}
    return here, frozenset(contact for ticket, contact, _ in found if ticket != home)


async def _citations(
    connection: Connection, one: Incoming, others: Sequence[Key], waiting: Sequence[Waiting]
) -> dict[Key, Sequence[Citation]]:
    found = await connection.fetch(_CITING, one.external) if one.external and waiting else []
    found += await connection.fetch(_CITED_TOO, others, [wait.message for wait in waiting]) if waiting else []
    citations: defaultdict[Key, list[Citation]] = defaultdict(list)
    for key, message, ticket, speakers, names in found:
        citations[key].append(rows.citation(message, ticket, speakers, names))
    return dict(citations)


def _waiting(row: asyncpg.Record) -> Waiting:
    ticket, contact, message, source, cited, names, strict = row
    return Waiting(ticket, contact, message, source, cited, rows.from_lines(names), strict)


def _severed(row: asyncpg.Record) -> Severed:
    one, other, by, because, at, link = row
    return Severed(one=one, other=other, by=by, because=because, at=at, link=rows.link.decode(link) if link else None)
