"""What is stored round some messages and people, read from PostgreSQL in sets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct

from threadline_threads.clerk.candidates import Surroundings, asked_hints, cited_keys, own_key
from threadline_threads.clerk.late import Home
from threadline_threads.clerk.lessons import ClueRow, Opener, Whose
from threadline_threads.hood import Naming, Waiting
from threadline_threads.identity import Contact
from threadline_threads.keys import Key
from threadline_threads.store import rows
from threadline_threads.store.postgres_load import Connection, ticket_of
from threadline_threads.tickets import Ticket

MOST_CLUES: Final = 30  # messages with one thing in common: the newest
MOST_WAITING: Final = 1000  # replies that are looked at again for one batch
_GROUPS: Final = """
    SELECT a.desk, a.identity, o.identity FROM unnest($1::text[], $2::text[]) AS asked (desk, identity)
    JOIN threads.identity a ON a.desk = asked.desk AND a.identity = asked.identity
    JOIN threads.identity o ON o.owner = a.owner AND o.identity <> a.identity
"""
_GROUPS_OF: Final = """
    SELECT a.desk, a.identity, o.identity FROM threads.identity a
    JOIN threads.identity o ON o.owner = a.owner AND o.identity <> a.identity WHERE a.owner = ANY($1)
"""
_WAITING_COLUMNS: Final = "w.ticket, w.contact, w.message, w.source, w.cited, w.strict"
_WAITING_FOR: Final = f"""
    SELECT {_WAITING_COLUMNS} FROM threads.waiting w
    WHERE w.contact = ANY($1) AND w.source IS NOT NULL LIMIT {MOST_WAITING}
"""  # noqa: S608 - names and a number of ours
_WAITING_AT: Final = f"""
    SELECT {_WAITING_COLUMNS}, t.desk FROM threads.waiting w JOIN threads.ticket t ON t.id = w.ticket
    WHERE w.ticket = ANY($1) AND w.source IS NOT NULL LIMIT {MOST_WAITING}
"""  # noqa: S608
_MEMBERS: Final = """
    WITH roots AS MATERIALIZED (SELECT DISTINCT root FROM threads.ticket WHERE id = ANY($1))
    SELECT t.id, t.desk, t.root FROM roots JOIN threads.ticket t ON t.id = roots.root
    UNION ALL
    SELECT t.id, t.desk, t.root FROM roots JOIN threads.ticket t ON t.root = roots.root AND t.root <> t.id
"""
_NAMED: Final = """
    SELECT p.ticket, p.contact, p.via FROM unnest($1::uuid[]) AS member (id)
    CROSS JOIN unnest($2::text[]) AS person (contact)
    JOIN threads.participant p ON p.ticket = member.id AND p.contact = person.contact
"""
_CLUES: Final = f"""
    SELECT asked.key, newest.at, newest.message, newest.ticket, newest.condition, newest.channel, newest.ours,
        newest.marked
    FROM unnest($1::bytea[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT c.at, c.message, c.ticket, c.condition, c.channel, c.ours, c.marked FROM threads.clue c
        WHERE c.key = asked.key ORDER BY c.at DESC LIMIT {MOST_CLUES}
    ) AS newest
"""  # noqa: S608
_FOLLOWER: Final = """
    SELECT r.followed_by FROM threads.ticket t JOIN threads.ticket r ON r.id = t.root WHERE t.id = $1
"""
_HELD: Final = "SELECT key, ticket FROM threads.holder WHERE key = ANY($1) AND plain"
_CITING: Final = "SELECT key, ticket FROM threads.citation WHERE key = ANY($1) AND speakers IS NOT NULL"
_HOMES: Final = "SELECT id, ticket FROM threads.message WHERE id = ANY($1)"
_TICKETS: Final = f"SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE id = ANY($1)"  # noqa: S608
_TEXTS: Final = "SELECT id, content FROM threads.message WHERE id = ANY($1)"
_T = TypeVar("_T")


class _Text(Struct):
    text: str = ""


_text: Final = msgspec.json.Decoder(_Text)


async def groups(
    connection: Connection, people: Sequence[Whose], contacts: Sequence[UUID]
) -> dict[Whose, list[Contact]]:
    """Return the other identities of the contacts of some identities, and of some contacts; none for one alone."""
    found: defaultdict[Whose, list[Contact]] = defaultdict(list)
    asked: list[asyncpg.Record] = []
    if people:
        asked += await connection.fetch(_GROUPS, [desk for desk, _ in people], [who for _, who in people])
    if contacts or asked:
        # Whoever is linked to one that was asked for may be waited for.
        more = {(desk, other) for desk, _, other in asked} - {(desk, who) for desk, who, _ in asked}
        asked += await connection.fetch(_GROUPS, [desk for desk, _ in more], [who for _, who in more])
        asked += await connection.fetch(_GROUPS_OF, list(contacts))
    for desk, who, other in asked:
        if other not in found[desk, who]:
            found[desk, who].append(other)
    return dict(found)


async def waiting_for(connection: Connection, people: Iterable[Whose]) -> list[Waiting]:
    """Return the replies that wait for some people."""
    contacts = list({who for _, who in people})
    return [_waiting(row) for row in await connection.fetch(_WAITING_FOR, contacts)] if contacts else []


async def waiting_at(connection: Connection, tickets: Sequence[UUID]) -> list[tuple[str, Waiting]]:
    """Return the replies that wait in the conversations of some tickets, with their desks."""
    members = [ticket for ticket, _, _ in await connection.fetch(_MEMBERS, tickets)]
    return [(row["desk"], _waiting(row)) for row in await connection.fetch(_WAITING_AT, members)]


async def homes(connection: Connection, waiting: Sequence[Waiting]) -> dict[UUID, Home]:
    """Return every ticket of the conversations in which replies wait, and those of the replies."""
    ends = {end for one in waiting for end in (one.target, one.source) if end}
    return {row["id"]: Home(*row) for row in await connection.fetch(_MEMBERS, list(ends))}


async def named(connection: Connection, tickets: Iterable[UUID], groups: Iterable[Whose]) -> list[Naming]:
    """Return who of some people takes part in tickets."""
    people = list({who for _, who in groups})
    return [(ticket, who, via) for ticket, who, via in await connection.fetch(_NAMED, list(tickets), people)]


async def newest(connection: Connection, ticket: UUID) -> UUID:
    """Return the ticket that goes on for one: its newest follower, if its conversation was over."""
    passed: set[UUID] = set()
    while ticket not in passed and (follower := await connection.fetchval(_FOLLOWER, ticket)):
        passed.add(ticket)
        ticket = follower
    return ticket


async def surroundings(connection: Connection, openers: Sequence[Opener]) -> Surroundings:
    """Return what is stored round some messages."""
    people = list({(one.message.desk, who) for one in openers for who in one.proved})
    near = Surroundings(groups=await groups(connection, people, ()))
    keys = list({key for one in openers for key in asked_hints(one, near.groups)})
    clues = [ClueRow(*row) for row in await connection.fetch(_CLUES, keys)]
    near.clues = _by_key((clue.key, clue) for clue in clues)
    near.cited = await _at(connection, _HELD, {key for one in openers for key in cited_keys(one)})
    near.citing = await _at(connection, _CITING, {key for one in openers if (key := own_key(one))})
    near.homes = {row["id"]: row["ticket"] for row in await connection.fetch(_HOMES, [clue.message for clue in clues])}
    others = chain(near.homes.values(), *near.cited.values(), *near.citing.values())
    near.tickets = await _tickets(connection, {*others, *(one.ticket for one in openers)})
    return near


async def numbered(connection: Connection, keys: Sequence[Key]) -> dict[Key, UUID]:
    """Return the tickets of the messages with these numbers."""
    return {row["key"]: row["ticket"] for row in await connection.fetch(_HELD, keys)}


async def texts(connection: Connection, messages: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the texts of messages."""
    return {row["id"]: _text.decode(row["content"]).text for row in await connection.fetch(_TEXTS, messages)}


async def _tickets(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Ticket]:
    """Return tickets and their roots."""
    found = {row["id"]: ticket_of(row) for row in await connection.fetch(_TICKETS, list(ids))}
    roots = {ticket.root for ticket in found.values()} - found.keys()
    return found | {row["id"]: ticket_of(row) for row in await connection.fetch(_TICKETS, list(roots))}


def _by_key(pairs: Iterable[tuple[Key, _T]]) -> dict[Key, list[_T]]:
    found: defaultdict[Key, list[_T]] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return dict(found)


async def _at(connection: Connection, statement: str, keys: Iterable[Key]) -> dict[Key, list[UUID]]:
    return _by_key([(key, ticket) for key, ticket in await connection.fetch(statement, list(keys))])


def _waiting(row: asyncpg.Record) -> Waiting:
    return Waiting(
        row["ticket"], row["contact"], row["message"], row["source"], cited=row["cited"], strict=row["strict"]
    )
