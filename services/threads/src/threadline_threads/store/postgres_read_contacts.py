"""Read-only views of the contacts in PostgreSQL."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from threadline_threads.reading import ContactPage, ContactView
from threadline_threads.store import assemble, rows
from threadline_threads.store import postgres_load as load
from threadline_threads.store import postgres_people as people
from threadline_threads.store.assemble_people import MOST_TICKETS, Found, contact_page, contact_view, search_ranges
from threadline_threads.store.postgres_load import Connection
from threadline_threads.tickets import Ticket

_OWNER: Final = "SELECT owner FROM threads.identity WHERE desk = $1 AND identity = $2"
# The newest conversations that hold a message with one of these keys.
_TICKETS: Final = f"""
    SELECT t.root FROM unnest($1::bytea[]) AS asked (key)
    CROSS JOIN LATERAL (
        SELECT c.message, c.at FROM threads.clue c WHERE c.key = asked.key ORDER BY c.at DESC LIMIT 500
    ) AS newest
    JOIN threads.message m ON m.id = newest.message JOIN threads.ticket t ON t.id = m.ticket
    GROUP BY t.root ORDER BY max(newest.at) DESC, t.root LIMIT {MOST_TICKETS}
"""  # noqa: S608 - a number of ours
_HEADERS: Final = f"SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE id = ANY($1)"  # noqa: S608 - our own names
_LIST: Final = f"""
    SELECT {people.CONTACT_COLUMNS} FROM threads.contact WHERE part_of IS NULL AND erased_at IS NULL
"""  # noqa: S608
_WITH_WORD: Final = """
    AND id IN (SELECT contact FROM threads.contact_word WHERE word >= ${0} AND word < ${1})
"""


async def contact_of(connection: Connection, desk: str, identity: str) -> UUID | None:
    """Return whose an identity is, by its comparable form."""
    found: UUID | None = await connection.fetchval(_OWNER, desk, identity)
    return found


async def contact(connection: Connection, contact: UUID) -> ContactView | None:
    """Return a contact, following links; none that was erased."""
    seen = {contact}
    found = await people.contacts(connection, [contact])
    while found and (next_one := found[0].part_of) and next_one not in seen:
        seen.add(next_one)
        found = await people.contacts(connection, [next_one])
    if not found or found[0].erased_at:
        return None
    owned = await people.owned(connection, [found[0].id])
    one = Found(found[0], owned, await people.links(connection, found[0].desk, [own.identity for own in owned]))
    roots = [root for (root,) in await connection.fetch(_TICKETS, one.found_by())]
    return contact_view(one, await headers(connection, roots), roots)


async def contacts(connection: Connection, search: str, cursor: str, limit: int) -> ContactPage:
    """Return one page of contacts."""
    statement, values = list_statement(search, cursor, limit)
    found = [people.contact_of(row) for row in await connection.fetch(statement, *values)]
    owned = await people.owned(connection, [row.id for row in found])
    desks = {row.desk for row in found}
    links = {desk: await people.links(connection, desk, [own.identity for own in owned]) for desk in sorted(desks)}
    return contact_page([Found(row, owned, links[row.desk]) for row in found], limit)


async def headers(connection: Connection, tickets: Sequence[UUID]) -> list[Ticket]:
    """Return tickets with their links."""
    found = [load.ticket_of(row) for row in await connection.fetch(_HEADERS, tickets)]
    return list(rows.with_links(found, await load.links(connection, [ticket.id for ticket in found])))


def list_statement(search: str, cursor: str, limit: int) -> tuple[str, list[Any]]:
    """Return the statement of a page and its values: only the conditions that are asked for."""
    statement, values = _LIST, list[Any]()

    def add(condition: str, *more: object) -> None:
        nonlocal statement
        values.extend(more)
        statement += condition.format(*range(len(values) - len(more) + 1, len(values) + 1))

    for low, high in search_ranges(search):
        add(_WITH_WORD, low, high)
    if cursor:
        add(" AND (updated_at, id) < (${0}, ${1})", *assemble.behind(cursor))
    add(" ORDER BY updated_at DESC, id DESC LIMIT ${0}", limit + 1)
    return statement, values
