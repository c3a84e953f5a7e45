"""The facts round a batch, read from PostgreSQL in sets, inside the transaction that holds the locks."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from threadline_contracts.ticket import Link, Status
from threadline_threads.clues import Clue
from threadline_threads.hood import Apart, Holder, Known, Lead, Naming, Neighbourhood, Pair, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.leads import MOST_LEADS, Span, relevant, spans
from threadline_threads.store import rows
from threadline_threads.tickets import Ticket

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_KNOWN: Final = "SELECT id, version, ticket, placement FROM threads.message WHERE id = ANY($1)"
_HOLDERS: Final = "SELECT key, ticket, plain, by FROM threads.holder WHERE key = ANY($1)"
_CITATIONS: Final = "SELECT key, message, ticket, speakers, names FROM threads.citation WHERE key = ANY($1)"
_CLUES: Final = """
    SELECT c.key, c.message, c.ticket, c.condition, c.at, c.channel, c.ours, c.marked
    FROM unnest($1::bytea[], $2::timestamptz[], $3::timestamptz[]) AS asked (key, since, until)
    CROSS JOIN LATERAL (
        SELECT * FROM threads.clue k WHERE k.key = asked.key AND k.at BETWEEN asked.since AND asked.until
        ORDER BY k.at DESC, k.message DESC LIMIT $4
    ) c
"""
_ROOTS: Final = "SELECT id, root FROM threads.ticket WHERE id = ANY($1)"
# In the order of their ids, all at once: so two transactions never wait for each other.
_LOCK: Final = "SELECT id, root FROM threads.ticket WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
_MEMBERS: Final = f"""
    SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE id = ANY($1)
    UNION ALL SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE root = ANY($1) AND root <> id
"""  # noqa: S608 - our own column names
_LINKS: Final = """
    SELECT child, parent, rule, because, by, at FROM threads.link WHERE child = ANY($1)
    UNION SELECT child, parent, rule, because, by, at FROM threads.link WHERE parent = ANY($1)
"""
_NAMED: Final = """
    SELECT p.ticket, p.contact, p.via FROM unnest($1::uuid[], $2::text[]) AS asked (ticket, contact)
    JOIN threads.participant p ON p.ticket = asked.ticket AND p.contact = asked.contact
"""
_WAITING: Final = """
    SELECT w.ticket, w.contact, w.message, w.source, w.cited, w.names, w.strict
    FROM unnest($1::uuid[], $2::text[]) AS asked (ticket, contact)
    JOIN threads.waiting w ON w.ticket = asked.ticket AND w.contact = asked.contact
"""
_CROSSING: Final = """
    SELECT DISTINCT w.contact FROM threads.waiting w
    WHERE w.ticket = ANY($1)
      AND EXISTS (SELECT FROM threads.participant p WHERE p.ticket = ANY($1) AND p.contact = w.contact)
"""
_SEVERED: Final = """
    SELECT one, other, by FROM threads.severed WHERE one = ANY($1)
    UNION SELECT one, other, by FROM threads.severed WHERE other = ANY($1)
"""
_SUGGESTED: Final = "SELECT id FROM threads.suggestion WHERE id = ANY($1)"


async def neighbours(connection: Connection, batch: Sequence[Incoming]) -> Neighbourhood:
    """Return which messages of the batch are known, and who holds or cites its keys."""
    hood = Neighbourhood()
    for message, version, ticket, placement in await connection.fetch(_KNOWN, [one.message.id for one in batch]):
        hood.known[message] = Known(version, ticket, rows.placement.decode(placement))
    for key, ticket, plain, by in await connection.fetch(
        _HOLDERS, _distinct(key for one in batch for key in one.looks_up())
    ):
        hood.holders[key].append(Holder(ticket, plain, by))
    held = _distinct(one.external for one in batch if one.external)
    for key, message, ticket, speakers, names in await connection.fetch(_CITATIONS, held):
        hood.citations[key].append(rows.citation(message, ticket, speakers, names))
    if asked := spans(batch):
        hood.leads.update(relevant(batch, await _leads(connection, asked)))
    return hood


async def _leads(connection: Connection, asked: Sequence[Span]) -> list[Lead]:
    columns = zip(*((one.key, one.since, one.until) for one in asked), strict=True)
    return [
        Lead(message, ticket, Clue(key, condition, at, channel, ours, marked))
        for key, message, ticket, name, at, channel, ours, marked in await connection.fetch(
            _CLUES, *map(list, columns), MOST_LEADS
        )
        if (condition := rows.condition(name))
    ]


async def roots_of(connection: Connection, tickets: Iterable[UUID]) -> set[UUID]:
    """Return the roots through which tickets speak now."""
    return {root for _, root in await connection.fetch(_ROOTS, list(tickets))}


async def lock(connection: Connection, roots: Iterable[UUID]) -> bool:
    """Lock conversations by their roots; False when one of them is no root any more."""
    return all(ticket == root for ticket, root in await connection.fetch(_LOCK, list(roots)))


async def conversations(connection: Connection, roots: Iterable[UUID]) -> Sequence[Ticket]:
    """Return every ticket of some conversations."""
    tickets = [ticket_of(row) for row in await connection.fetch(_MEMBERS, list(roots))]
    return rows.with_links(tickets, await links(connection, rows.merged_somewhere(tickets)))


async def links(connection: Connection, tickets: Sequence[UUID]) -> list[Link]:
    """Return the links that have one of these tickets at an end."""
    return [link_of(row) for row in await connection.fetch(_LINKS, tickets)] if tickets else []


async def named(connection: Connection, pairs: Sequence[Pair]) -> list[Naming]:
    """Return who of the pairs of a ticket and a contact is named there and takes part, and by what."""
    found = await connection.fetch(_NAMED, *_columns(pairs))
    return [(ticket, contact, via) for ticket, contact, via in found]


async def waiting(connection: Connection, pairs: Sequence[Pair]) -> list[Waiting]:
    """Return what waits at a ticket for a contact."""
    return [
        Waiting(ticket, contact, message, source, cited, rows.from_lines(names), strict)
        for ticket, contact, message, source, cited, names, strict in await connection.fetch(_WAITING, *_columns(pairs))
    ]


async def crossing(connection: Connection, tickets: Sequence[UUID]) -> list[Contact]:
    """Return the contacts that take part at one of these tickets and are waited for at another."""
    return [contact for (contact,) in await connection.fetch(_CROSSING, tickets)]


async def severed(connection: Connection, tickets: Sequence[UUID]) -> list[Apart]:
    """Return what is kept apart from these tickets."""
    return [Apart(one, other, by) for one, other, by in await connection.fetch(_SEVERED, tickets)]


async def suggested(connection: Connection, suggestions: Iterable[UUID]) -> list[UUID]:
    """Return which of these suggestions are there."""
    return [known for (known,) in await connection.fetch(_SUGGESTED, list(suggestions))]


def ticket_of(row: asyncpg.Record) -> Ticket:
    """Return a ticket, still without its links."""
    return Ticket(
        id=row[0],
        desk=row[1],
        reference=row[2],
        root=row[3],
        status=Status(row[4]),
        revision=row[5],
        subject=row[6],
        channels=rows.from_lines(row[7]),
        accounts=rows.from_lines(row[8]),
        message_count=row[9],
        contact=rows.party.decode(row[10]),
        created_at=row[11],
        updated_at=row[12],
        active_at=row[13],
        last_message=row[14],
        follows=row[15],
        followed_by=row[16],
        solved_at=row[17],
    )


def link_of(row: asyncpg.Record) -> Link:
    """Return a link."""
    return Link(child=row[0], parent=row[1], rule=row[2], because=row[3], by=row[4], at=row[5])


def _distinct(keys: Iterable[Key]) -> list[Key]:
    return list(dict.fromkeys(keys))


def _columns(pairs: Sequence[Pair]) -> tuple[list[UUID], list[Contact]]:
    return [ticket for ticket, _ in pairs], [contact for _, contact in pairs]
