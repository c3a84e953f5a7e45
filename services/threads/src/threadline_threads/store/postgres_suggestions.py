"""Suggestions in PostgreSQL, with everything that decides about them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from threadline_contracts.ticket import Link, Suggestion
from threadline_threads.clerk.concluding import Present
from threadline_threads.clerk.proposing import Proposal
from threadline_threads.keys import suggestion_id
from threadline_threads.store import postgres_load as load
from threadline_threads.store import rows
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_read_contacts import headers
from threadline_threads.tickets import Ticket

_OPEN: Final = """
    SELECT id FROM threads.suggestion WHERE ticket = ANY($1) AND status = 'open'
    UNION SELECT id FROM threads.suggestion WHERE other = ANY($2) AND status = 'open'
"""
# In the order of their ids: commands settle suggestions, too.
_LOCK: Final = "SELECT content FROM threads.suggestion WHERE id = ANY($1) ORDER BY id FOR UPDATE"
_MEMBERS: Final = """
    SELECT id, root FROM threads.ticket WHERE id = ANY($1)
    UNION ALL SELECT id, root FROM threads.ticket WHERE root = ANY($1) AND root <> id
"""
_SAVE: Final = """
    INSERT INTO threads.suggestion (id, ticket, other, score, status, at, settled_at, content)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::double precision[], $5::text[], $6::timestamptz[],
        $7::timestamptz[], $8::bytea[])
    ON CONFLICT (id) DO UPDATE SET score = excluded.score, status = excluded.status, at = excluded.at,
        settled_at = excluded.settled_at, content = excluded.content
"""


async def present(connection: Connection, proposals: Sequence[Proposal], merged: Mapping[UUID, Link]) -> Present:
    """Return how things are round proposals and merged tickets; the suggestions stay locked."""
    asking = {end for one in proposals for end in (one.ticket, one.other)}
    wanted = {suggestion_id(one.ticket, one.other) for one in proposals}
    wanted |= {row[0] for row in await connection.fetch(_OPEN, [*asking, *merged], list(merged))}
    locked = await connection.fetch(_LOCK, list(wanted))
    suggestions = {one.id: one for one in (rows.suggestion.decode(content) for (content,) in locked)}
    ends = {end for one in suggestions.values() for end in (one.ticket, one.other)}
    tickets = {ticket.id: ticket for ticket in await headers(connection, list(asking | ends))}
    return Present(tickets, suggestions, await _apart(connection, tickets.values()))


async def save_suggestions(connection: Connection, suggestions: Iterable[Suggestion]) -> None:
    """Write suggestions."""
    columns = list(zip(*map(_row, suggestions), strict=True))
    if columns:
        await connection.execute(_SAVE, *columns)


async def _apart(connection: Connection, tickets: Iterable[Ticket]) -> dict[frozenset[UUID], str]:
    """Return which conversations somebody keeps apart, by their roots."""
    roots = list({ticket.root for ticket in tickets})
    member_of: dict[UUID, UUID] = dict(await connection.fetch(_MEMBERS, roots))  # type: ignore[arg-type] # records
    pairs = await load.severed(connection, list(member_of)) if len(roots) > 1 else []
    return {
        frozenset({member_of[pair.one], member_of[pair.other]}): pair.by
        for pair in pairs
        if pair.one in member_of and pair.other in member_of
    }


def _row(one: Suggestion) -> Sequence[object]:
    return one.id, one.ticket, one.other, one.score, one.status, one.at, one.settled_at, rows.encode(one)
