"""Read-only views of the tickets in PostgreSQL."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg

from threadline_contracts.errors import TemporaryError
from threadline_contracts.ticket import TicketHeader
from threadline_threads.identity import Customs
from threadline_threads.identity import contact as comparable
from threadline_threads.reading import (
    CommandRecord,
    ContactPage,
    ContactView,
    Conversation,
    EventHop,
    MessageTrace,
    StoredEvent,
    SuggestionPage,
    TicketPage,
    TicketQuery,
    Totals,
)
from threadline_threads.store import assemble, rows
from threadline_threads.store import postgres_load as load
from threadline_threads.store import postgres_read_contacts as people
from threadline_threads.store import postgres_read_decisions as decisions
from threadline_threads.store.assemble import Asked, Stored
from threadline_threads.store.postgres_blobs import PostgresBlobNeeds
from threadline_threads.store.postgres_errors import errors_named, sqlstate
from threadline_threads.store.postgres_republish import PostgresProgress
from threadline_threads.store.postgres_totals import totals
from threadline_threads.words import words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_COLUMNS: Final = ", ".join(f"t.{name.strip()}" for name in rows.TICKET_COLUMNS.split(","))
_LIST: Final = f"""
    SELECT {_COLUMNS}, m.content FROM threads.ticket t JOIN threads.message m ON m.id = t.last_message
    WHERE t.root = t.id
"""  # noqa: S608 - our own column names
_MERGED: Final = f"SELECT {rows.TICKET_COLUMNS} FROM threads.ticket WHERE root = ANY($1) AND root <> id"  # noqa: S608
_IN_CHANNEL: Final = r"""
    AND (${0} = ANY(string_to_array(t.channels, E'\n')) OR EXISTS (
        SELECT FROM threads.ticket c
        WHERE c.root = t.id AND c.root <> c.id AND ${0} = ANY(string_to_array(c.channels, E'\n'))))
"""
# Few messages have the words: look at them. Many have: the list soon comes to fifty conversations with them.
_FOUND: Final = """
    AND t.id IN (
        SELECT h.root FROM threads.message f JOIN threads.ticket h ON h.id = f.ticket WHERE f.words @@ ${0}::tsquery)
"""
_FOUND_OFTEN: Final = """
    AND (EXISTS (SELECT FROM threads.message f WHERE f.ticket = t.id AND f.words @@ ${0}::tsquery)
        OR EXISTS (
            SELECT FROM threads.ticket h JOIN threads.message f ON f.ticket = h.id
            WHERE h.root = t.id AND h.root <> h.id AND f.words @@ ${0}::tsquery))
"""
_OFTEN: Final = """
    SELECT count(*) > 5000 FROM (SELECT FROM threads.message WHERE words @@ $1::tsquery LIMIT 5001) AS found
"""
_STORED: Final = "SELECT id, ticket, committed_at, placement, content FROM threads.message"
_TRACED: Final = f"""
    {_STORED} WHERE id = $1 UNION {_STORED} WHERE reference = $2
    UNION {_STORED} WHERE left(external_id, 255) = left($3, 255) AND external_id = $3 AND external_id <> ''
    LIMIT {assemble.MOST_TRACED}
"""
_ROOT: Final = """
    SELECT root FROM threads.ticket WHERE id = $1
    UNION SELECT t.root FROM threads.message m JOIN threads.ticket t ON t.id = m.ticket WHERE m.reference = $2 LIMIT 1
"""
_ROOTS: Final = "SELECT id, root FROM threads.ticket WHERE id = ANY($1)"
_HOPS: Final = """
    SELECT message, event_id, type, committed_at, sent_at FROM threads.outbox WHERE message = ANY($1) ORDER BY id
"""
_EVENTS: Final = "SELECT sequence, type, body FROM threads.outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2"
_LAST: Final = "SELECT coalesce(max(sequence), 0) FROM threads.outbox"


class PostgresReader(PostgresProgress, PostgresBlobNeeds):
    """A Reader; `customs` say how identities compare."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", customs: Customs | None = None) -> None:
        super().__init__(pool)
        self._customs = customs or Customs()

    async def tickets(self, query: TicketQuery) -> TicketPage:
        """Return one page of conversations."""
        wanted = " & ".join(f"'{word}':*" for word in words(query.search))
        with _readable():
            often = bool(wanted) and await self._pool.fetchval(_OFTEN, wanted)
            statement, values = list_statement(query, wanted, often=often)
            found = await self._pool.fetch(statement, *values)
            roots = [(load.ticket_of(row), row["content"]) for row in found]
            members = [load.ticket_of(row) for row in await self._pool.fetch(_MERGED, [root.id for root, _ in roots])]
        return assemble.page(roots, members, query.limit)

    async def conversation(self, key: str) -> Conversation | None:
        """Return the conversation of a ticket id or of a message's reference."""
        asked = assemble.asked(key)
        async with self._one_state() as connection:
            root = await connection.fetchval(_ROOT, asked.id, asked.reference)
            if root is None:
                return None
            tickets = await load.conversations(connection, [root])
            ids = [ticket.id for ticket in tickets]
            links = await load.links(connection, ids)
            stored = await connection.fetch(f"{_STORED} WHERE ticket = ANY($1)", ids)
            plain = assemble.conversation(root, tickets, links, (Stored(*row) for row in stored))
            return await decisions.with_decisions(connection, plain)

    async def trace(self, key: str) -> Sequence[MessageTrace]:
        """Return where messages are."""
        with _readable():
            stored = await self._traced(assemble.asked(key))
            roots = {row["id"]: row["root"] for row in await self._pool.fetch(_ROOTS, [one.ticket for one in stored])}
            hops: defaultdict[UUID, list[EventHop]] = defaultdict(list)
            for message, event, kind, committed, sent in await self._pool.fetch(_HOPS, [one.id for one in stored]):
                hops[message].append(EventHop(id=event, type=kind, committed_at=committed, announced_at=sent))
        return [assemble.trace(one, roots[one.ticket], hops[one.id]) for one in stored]

    async def suggestions(self, cursor: str = "", limit: int = 50) -> SuggestionPage:
        """Return one page of open suggestions."""
        async with self._one_state() as connection:
            return await decisions.suggestions(connection, cursor, limit)

    async def open_suggestions(self) -> int:
        """Return between how many pairs of conversations suggestions are open."""
        async with self._one_state() as connection:
            return await decisions.open_suggestions(connection)

    async def headers(self, tickets: Sequence[UUID]) -> Sequence[TicketHeader]:
        """Return tickets."""
        async with self._one_state() as connection:
            return [ticket.header() for ticket in await people.headers(connection, tickets)]

    async def command(self, command: str) -> CommandRecord | None:
        """Return what became of a command."""
        async with self._one_state() as connection:
            return await decisions.command(connection, command)

    async def contact(self, contact: UUID) -> ContactView | None:
        """Return a contact."""
        async with self._one_state() as connection:
            return await people.contact(connection, contact)

    async def contacts(self, search: str = "", cursor: str = "", limit: int = 50) -> ContactPage:
        """Return one page of contacts."""
        async with self._one_state() as connection:
            return await people.contacts(connection, search, cursor, limit)

    async def contact_of(self, desk: str, kind: str, value: str) -> UUID | None:
        """Return whose an identity is."""
        customs = self._customs
        identity = comparable(kind, value, region=customs.region, gmail_dots=customs.gmail_dots)
        async with self._one_state() as connection:
            return await people.contact_of(connection, desk, identity) if identity else None

    async def events(self, after: int, limit: int = 200) -> Sequence[StoredEvent]:
        """Return events behind a sequence number."""
        with _readable():
            found = await self._pool.fetch(_EVENTS, after, limit)
        return [StoredEvent(sequence=sequence, type=kind, body=body) for sequence, kind, body in found]

    async def last_sequence(self) -> int:
        """Return the greatest sequence number."""
        with _readable():
            return int(await self._pool.fetchval(_LAST))

    async def totals(self) -> Totals:
        """Return the counts."""
        with _readable():
            return await totals(self._pool)

    async def probe(self) -> None:
        """Return when the tables answer."""
        with _readable():
            await self._pool.fetchval("SELECT count(*) FROM threads.migration")

    @asynccontextmanager
    async def _one_state(self) -> "AsyncIterator[load.Connection]":
        """Yield a connection on which all statements see one state of the database."""
        with _readable():
            async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
                yield connection

    async def _traced(self, asked: Asked) -> list[Stored]:
        rows = await self._pool.fetch(_TRACED, asked.id, asked.reference, asked.external_id)
        return sorted((Stored(*row) for row in rows), key=lambda one: (one.committed_at, one.id))


def list_statement(query: TicketQuery, wanted: str = "", *, often: bool = False) -> tuple[str, list[Any]]:
    """Return the statement of a page and its values: only the conditions that are asked for, `wanted` a tsquery."""
    statement, values = _LIST, list[Any]()

    def add(condition: str, *more: object) -> None:
        nonlocal statement
        values.extend(more)
        statement += condition.format(*range(len(values) - len(more) + 1, len(values) + 1))

    if query.desk:
        add(" AND t.desk = ${0}", query.desk)
    if query.status:
        add(" AND t.status = ${0}", query.status)
    if query.channel:
        add(_IN_CHANNEL, query.channel)
    if wanted:
        add(_FOUND_OFTEN if often else _FOUND, wanted)
    if query.cursor:
        add(" AND (t.active_at, t.id) < (${0}, ${1})", *assemble.behind(query.cursor))
    add(" ORDER BY t.active_at DESC, t.id DESC LIMIT ${0}", query.limit + 1)
    return statement, values


@contextmanager
def _readable() -> "Iterator[None]":
    """Raise TemporaryError also while the threads service has not made its tables yet."""
    try:
        with errors_named():
            yield
    except asyncpg.PostgresError as err:
        if sqlstate(err) in {"42P01", "3F000"}:
            raise TemporaryError("the threads service has not made its tables yet") from err
        raise
