"""The facts round a batch, read from PostgreSQL in sets, inside the transaction that holds the locks."""

from collections.abc import Collection, Iterable, Sequence
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
from threadline_threads.tickets import MAX_LINKS, Ticket

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_KNOWN: Final = "SELECT id, version, ticket, placement FROM threads.message WHERE id = ANY($1)"
_KEYS: Final = """
    SELECT key, ticket, plain, by, NULL, NULL FROM threads.holder WHERE key = ANY($1)
    UNION ALL SELECT key, ticket, NULL, speakers, names, message FROM threads.citation WHERE key = ANY($2)
"""
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
# Their roots as they are now; the list is made once, before the first row is locked.
_LOCK_CONVERSATIONS: Final = """
    SELECT id, root FROM threads.ticket
    WHERE id = ANY(ARRAY(SELECT root FROM threads.ticket WHERE id = ANY($1))) ORDER BY id FOR NO KEY UPDATE
"""
_MEMBERS: Final = f"""
    SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE id = ANY($1)
    UNION ALL SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE root = ANY($1) AND root <> id
"""  # noqa: S608 - our own column names
# Of what was merged into a conversation, most is nothing but known to be there.
_UNREAD: Final = ", ".join(name if name in {"id", "root"} else "NULL" for name in rows.TICKET_COLUMNS.split(", "))
_SURROUNDINGS: Final = f"""
    SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE id = ANY($1)
    UNION ALL SELECT {_UNREAD} FROM threads.ticket WHERE root = ANY($2) AND root <> id AND NOT (id = ANY($1))
"""  # noqa: S608 - our own column names
_LINKS_AT: Final = """
    SELECT child, parent, rule, because, by, at FROM threads.link WHERE child = ANY($1)
    UNION SELECT l.child, l.parent, l.rule, l.because, l.by, l.at FROM unnest($1::uuid[]) AS asked (ticket)
    CROSS JOIN LATERAL (
        SELECT * FROM threads.link WHERE parent = asked.ticket ORDER BY at DESC, child LIMIT $2
    ) l
"""
_LINKS: Final = """
    SELECT child, parent, rule, because, by, at FROM threads.link WHERE child = ANY($1)
    UNION SELECT child, parent, rule, because, by, at FROM threads.link WHERE parent = ANY($1)
"""
_NAMED_AND_WAITING: Final = """
    SELECT p.ticket, p.contact, p.via, NULL, NULL, NULL, NULL
    FROM unnest($1::uuid[], $2::text[]) AS asked (ticket, contact)
    JOIN threads.participant p ON p.ticket = asked.ticket AND p.contact = asked.contact
    UNION ALL SELECT w.ticket, w.contact, w.cited, w.message, w.source, w.names, w.strict
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
    wanted = _distinct(key for one in batch for key in one.looks_up())
    held = _distinct(one.external for one in batch if one.external)
    for key, ticket, plain, by, names, citing in await connection.fetch(_KEYS, wanted, held):
        if citing is None:
            hood.holders[key].append(Holder(ticket, plain, by))
        else:
            hood.citations[key].append(rows.citation(citing, ticket, by, names))
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


async def lock_conversations(connection: Connection, tickets: Collection[UUID]) -> list[UUID] | None:
    """Lock the conversations of tickets by their roots and return these; None when one of them is no root any more."""
    found = await connection.fetch(_LOCK_CONVERSATIONS, list(tickets)) if tickets else []
    return [ticket for ticket, _ in found] if all(ticket == root for ticket, root in found) else None


async def conversations(connection: Connection, roots: Iterable[UUID]) -> Sequence[Ticket]:
    """Return every ticket of some conversations."""
    wanted = list(roots)
    tickets = [ticket_of(row) for row in await connection.fetch(_MEMBERS, wanted)] if wanted else []
    return rows.with_links(tickets, await links(connection, rows.merged_somewhere(tickets)))


async def surroundings(
    connection: Connection, tickets: Iterable[UUID], roots: Sequence[UUID]
) -> tuple[Sequence[Ticket], Sequence[tuple[UUID, UUID]]]:
    """Return these tickets and roots, and of all others of these conversations id and root."""
    asked = await connection.fetch(_SURROUNDINGS, list({*tickets, *roots}), roots) if roots else []
    # Before its root was locked, somebody may have taken a ticket out, or merged it elsewhere: then it is not ours yet.
    locked = set(roots)
    found = [row for row in asked if row["root"] in locked]
    read = [ticket_of(row) for row in found if row["desk"] is not None]
    others = [(row["id"], row["root"]) for row in found if row["desk"] is None]
    ends = rows.linked(read, others)
    near = [link_of(row) for row in await connection.fetch(_LINKS_AT, ends, MAX_LINKS)] if ends else []
    return rows.with_links(read, near), others


async def links(connection: Connection, tickets: Sequence[UUID]) -> list[Link]:
    """Return the links that have one of these tickets at an end."""
    return [link_of(row) for row in await connection.fetch(_LINKS, tickets)] if tickets else []


async def named_and_waiting(connection: Connection, pairs: Sequence[Pair]) -> tuple[list[Naming], list[Waiting]]:
    """Return who of the pairs of a ticket and a contact takes part there, and by what; and what waits for them."""
    named: list[Naming] = []
    waiting: list[Waiting] = []
    for ticket, contact, by, message, source, names, strict in await connection.fetch(
        _NAMED_AND_WAITING, [ticket for ticket, _ in pairs], [contact for _, contact in pairs]
    ):
        if message is None:
            named.append((ticket, contact, by))
        else:
            waiting.append(Waiting(ticket, contact, message, source, by, rows.from_lines(names), strict))
    return named, waiting


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
