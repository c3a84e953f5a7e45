"""Suggestions in SQLite, with everything that decides about them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from threadline_contracts.ticket import Link, Suggestion
from threadline_shared.sqlite import Connection
from threadline_threads.clerk.concluding import Present
from threadline_threads.clerk.proposing import Proposal
from threadline_threads.keys import suggestion_id
from threadline_threads.store import rows
from threadline_threads.store.sqlite_in import select_in
from threadline_threads.store.sqlite_load import stored
from threadline_threads.store.sqlite_read_contacts import headers
from threadline_threads.tickets import Ticket

_CONTENT: Final = "SELECT content FROM suggestion"
_SEVERED: Final = "SELECT one, other, by FROM severed"
_SAVE: Final = """
    INSERT OR REPLACE INTO suggestion (id, ticket, other, score, status, at, settled_at, content)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


def present(connection: Connection, proposals: Sequence[Proposal], merged: Mapping[UUID, Link]) -> Present:
    """Return how things are round proposals and merged tickets."""
    asking = {end for one in proposals for end in (one.ticket, one.other)}
    wanted = (suggestion_id(one.ticket, one.other).bytes for one in proposals)
    concerned = [one.bytes for one in {*asking, *merged}]
    contents = {
        *select_in(connection, _CONTENT, "id", wanted),
        *select_in(connection, _CONTENT, "status = 'open' AND ticket", concerned),
        *select_in(connection, _CONTENT, "status = 'open' AND other", (one.bytes for one in merged)),
    }
    suggestions = {one.id: one for one in (rows.suggestion.decode(content) for (content,) in contents)}
    ends = {end for one in suggestions.values() for end in (one.ticket, one.other)}
    tickets = {ticket.id: ticket for ticket in headers(connection, asking | ends)}
    return Present(tickets, suggestions, _apart(connection, tickets.values()))


def save_suggestions(connection: Connection, suggestions: Iterable[Suggestion]) -> None:
    """Write suggestions."""
    connection.executemany(_SAVE, map(_row, suggestions))


def _apart(connection: Connection, tickets: Iterable[Ticket]) -> dict[frozenset[UUID], str]:
    """Return which conversations somebody keeps apart, by their roots."""
    roots = [root.bytes for root in {ticket.root for ticket in tickets}]
    if len(roots) < 2:  # noqa: PLR2004 - there are no two
        return {}
    select = "SELECT id, root FROM ticket"
    members = [
        *select_in(connection, select, "id", roots),
        *select_in(connection, select, "root <> id AND root", roots),
    ]
    root_of: dict[bytes, bytes] = dict(members)
    pairs = {*select_in(connection, _SEVERED, "one", root_of), *select_in(connection, _SEVERED, "other", root_of)}
    return {
        frozenset({UUID(bytes=root_of[one]), UUID(bytes=root_of[other])}): by
        for one, other, by in pairs
        if one in root_of and other in root_of
    }


def _row(one: Suggestion) -> Sequence[object]:
    settled = stored(one.settled_at) if one.settled_at else None
    ends = one.id.bytes, one.ticket.bytes, one.other.bytes
    return *ends, one.score, one.status, stored(one.at), settled, rows.encode(one)
