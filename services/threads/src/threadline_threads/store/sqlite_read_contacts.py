"""Read-only views of the contacts in a SQLite file."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from threadline_shared.sqlite import Connection
from threadline_threads.reading import ContactPage, ContactView
from threadline_threads.store import assemble, rows
from threadline_threads.store import sqlite_people as people
from threadline_threads.store.assemble_people import MOST_TICKETS, Found, contact_page, contact_view, search_ranges
from threadline_threads.store.sqlite_load import SqliteFacts, stored, ticket_of
from threadline_threads.tickets import Ticket

_OWNER: Final = "SELECT owner FROM identity WHERE desk = ? AND identity = ?"
_NEWEST: Final = """
    SELECT t.root, c.at FROM clue c JOIN message m ON m.id = c.message JOIN ticket t ON t.id = m.ticket
    WHERE c.key = ? ORDER BY c.at DESC LIMIT 500
"""
_LIST: Final = f"SELECT {people.CONTACT_COLUMNS} FROM contact WHERE part_of IS NULL AND erased_at IS NULL"  # noqa: S608
_WITH_WORD: Final = " AND id IN (SELECT contact FROM contact_word WHERE word >= ? AND word < ?)"


def contact_of(connection: Connection, desk: str, identity: str) -> UUID | None:
    """Return whose an identity is, by its comparable form."""
    found = connection.execute(_OWNER, (desk, identity)).fetchone()
    return UUID(bytes=found[0]) if found else None


def contact(connection: Connection, contact: UUID) -> ContactView | None:
    """Return a contact, following links; none that was erased."""
    seen = {contact}
    found = people.contacts(connection, [contact])
    while found and (next_one := found[0].part_of) and next_one not in seen:
        seen.add(next_one)
        found = people.contacts(connection, [next_one])
    if not found or found[0].erased_at:
        return None
    owned = people.owned(connection, [found[0].id])
    one = Found(found[0], owned, people.links(connection, found[0].desk, [own.identity for own in owned]))
    roots = _newest_conversations(connection, one)
    return contact_view(one, headers(connection, roots), roots)


def contacts(connection: Connection, search: str, cursor: str, limit: int) -> ContactPage:
    """Return one page of contacts."""
    statement, values = _list(search, cursor, limit)
    found = [people.contact_of(row) for row in connection.execute(statement, values)]
    owned = people.owned(connection, [row.id for row in found])
    desks = {row.desk for row in found}
    links = {desk: people.links(connection, desk, [own.identity for own in owned]) for desk in sorted(desks)}
    return contact_page([Found(row, owned, links[row.desk]) for row in found], limit)


def headers(connection: Connection, tickets: Iterable[UUID]) -> list[Ticket]:
    """Return tickets with their links."""
    facts, found = SqliteFacts(connection), list[Ticket]()
    for ticket in tickets:
        row = connection.execute(f"SELECT {rows.TICKET_COLUMNS} FROM ticket WHERE id = ?", (ticket.bytes,)).fetchone()  # noqa: S608
        found += [ticket_of(row)] if row else []
    return list(rows.with_links(found, facts.links(ticket.id for ticket in found)))


def _newest_conversations(connection: Connection, one: Found) -> list[UUID]:
    newest: dict[bytes, int] = {}
    for key in one.found_by():
        for root, at in connection.execute(_NEWEST, (key,)):
            newest[root] = max(at, newest.get(root, at))
    order = sorted(newest, key=lambda root: (-newest[root], root))
    return [UUID(bytes=root) for root in order[:MOST_TICKETS]]


def _list(search: str, cursor: str, limit: int) -> tuple[str, list[Any]]:
    """Return the statement of a page and its values: only the conditions that are asked for."""
    ranges = search_ranges(search)
    statement, values = _LIST + _WITH_WORD * len(ranges), [end for both in ranges for end in both]
    if cursor:
        at, last = assemble.behind(cursor)
        return f"{statement} AND (updated_at, id) < (?, ?){_ORDER}", [*values, stored(at), last.bytes, limit + 1]
    return statement + _ORDER, [*values, limit + 1]


_ORDER: Final = " ORDER BY updated_at DESC, id DESC LIMIT ?"
