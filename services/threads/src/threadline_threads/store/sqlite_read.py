"""Read-only views of the tickets in a SQLite file, beside the process's one writer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from threadline_contracts.errors import TemporaryError
from threadline_contracts.ticket import TicketHeader
from threadline_shared.sqlite import Connection, sqlite3
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
from threadline_threads.store import sqlite_read_contacts as people
from threadline_threads.store import sqlite_read_decisions as decisions
from threadline_threads.store.assemble import Asked, Stored
from threadline_threads.store.sqlite_blobs import SqliteBlobNeeds
from threadline_threads.store.sqlite_load import SqliteFacts, moment, stored, ticket_of
from threadline_threads.store.sqlite_republish import Read, SqliteProgress
from threadline_threads.words import words

_COLUMNS: Final = ", ".join(f"t.{name.strip()}" for name in rows.TICKET_COLUMNS.split(","))
_LIST: Final = f"SELECT {_COLUMNS}, m.content FROM ticket t JOIN message m ON m.id = t.last_message WHERE t.root = t.id"  # noqa: S608
_IN_CHANNEL: Final = r"""
    AND (instr(char(10) || t.channels || char(10), char(10) || ? || char(10)) OR EXISTS (
        SELECT 1 FROM ticket c WHERE c.root = t.id AND c.root <> c.id
        AND instr(char(10) || c.channels || char(10), char(10) || ? || char(10))))
"""
_FOUND: Final = """
    AND t.id IN (
        SELECT h.root FROM (
            SELECT DISTINCT f.ticket FROM search s CROSS JOIN message f INDEXED BY message_home ON f.number = s.rowid
            WHERE s.search MATCH ?) found
        JOIN ticket h ON h.id = found.ticket)
"""
_STORED: Final = "SELECT id, ticket, committed_at, placement, content FROM message"
_TRACED: Final = f"""
    {_STORED} WHERE id = ? UNION {_STORED} WHERE reference = ?
    UNION {_STORED} WHERE external_id = ? AND external_id <> '' LIMIT {assemble.MOST_TRACED}
"""
_ROOT: Final = """
    SELECT root FROM ticket WHERE id = ?
    UNION SELECT t.root FROM message m JOIN ticket t ON t.id = m.ticket WHERE m.reference = ? LIMIT 1
"""
_HOPS: Final = "SELECT event_id, type, committed_at, sent_at FROM outbox WHERE message = ? ORDER BY sequence"
_EVENTS: Final = "SELECT sequence, type, body FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?"
_LAST: Final = "SELECT coalesce(max(sequence), 0) FROM outbox"
# Messages are numbered without gaps, and none is ever deleted.
_TOTALS: Final = """
    SELECT (SELECT count FROM tally WHERE name = 'ticket'), (SELECT coalesce(max(number), 0) FROM message),
        (SELECT count(*) FROM outbox WHERE sent_at IS NULL),
        (SELECT committed_at FROM outbox ORDER BY sequence DESC LIMIT 1)
"""
_T = TypeVar("_T")


class SqliteReader(SqliteProgress, SqliteBlobNeeds):
    """A Reader; `customs` say how identities compare."""

    def __init__(self, read: Read, customs: Customs | None = None) -> None:
        super().__init__(read)
        self._customs = customs or Customs()

    async def tickets(self, query: TicketQuery) -> TicketPage:
        """Return one page of conversations."""
        statement, values = _list(query)
        return await self._read(partial(_page, statement=statement, values=values, limit=query.limit))

    async def conversation(self, key: str) -> Conversation | None:
        """Return the conversation of a ticket id or of a message's reference."""
        return await self._read(partial(_conversation, asked=assemble.asked(key)))

    async def trace(self, key: str) -> Sequence[MessageTrace]:
        """Return where messages are."""
        return await self._read(partial(_trace, asked=assemble.asked(key)))

    async def suggestions(self, cursor: str = "", limit: int = 50) -> SuggestionPage:
        """Return one page of open suggestions."""
        return await self._read(partial(decisions.suggestions, cursor=cursor, limit=limit))

    async def open_suggestions(self) -> int:
        """Return between how many pairs of conversations suggestions are open."""
        return await self._read(decisions.open_suggestions)

    async def headers(self, tickets: Sequence[UUID]) -> Sequence[TicketHeader]:
        """Return tickets."""
        found = await self._read(partial(people.headers, tickets=tickets))
        return [ticket.header() for ticket in found]

    async def command(self, command: str) -> CommandRecord | None:
        """Return what became of a command."""
        return await self._read(partial(decisions.command, command=command))

    async def contact(self, contact: UUID) -> ContactView | None:
        """Return a contact."""
        return await self._read(partial(people.contact, contact=contact))

    async def contacts(self, search: str = "", cursor: str = "", limit: int = 50) -> ContactPage:
        """Return one page of contacts."""
        return await self._read(partial(people.contacts, search=search, cursor=cursor, limit=limit))

    async def contact_of(self, desk: str, kind: str, value: str) -> UUID | None:
        """Return whose an identity is."""
        customs = self._customs
        identity = comparable(kind, value, region=customs.region, gmail_dots=customs.gmail_dots)
        return await self._read(partial(people.contact_of, desk=desk, identity=identity)) if identity else None

    async def events(self, after: int, limit: int = 200) -> Sequence[StoredEvent]:
        """Return events behind a sequence number."""
        found = await self._read(lambda connection: connection.execute(_EVENTS, (after, limit)).fetchall())
        return [StoredEvent(sequence=sequence, type=kind, body=body) for sequence, kind, body in found]

    async def last_sequence(self) -> int:
        """Return the greatest sequence number."""
        return int(await self._read(lambda connection: connection.execute(_LAST).fetchone()[0]))

    async def totals(self) -> Totals:
        """Return the counts."""
        found = await self._read(lambda connection: connection.execute(_TOTALS).fetchone())
        tickets, messages, unannounced, last = found
        committed = moment(last) if last is not None else None
        return Totals(tickets=tickets, messages=messages, unannounced=unannounced, last_committed_at=committed)

    async def probe(self) -> None:
        """Return when the tables answer."""
        await self._read(lambda connection: connection.execute("SELECT count(*) FROM migration").fetchone())


@asynccontextmanager
async def open_sqlite_reader(path: Path, customs: Customs | None = None) -> AsyncIterator[SqliteReader]:
    """Read a file that another part of this process writes; until it exists, every method raises TemporaryError."""
    readers, local = ThreadPoolExecutor(2, "read tickets"), threading.local()
    connections: list[Connection] = []

    def run(function: Callable[[Connection], _T]) -> _T:
        try:
            if not hasattr(local, "connection"):
                local.connection = _connect(path)
                connections.append(local.connection)
            local.connection.execute("BEGIN")  # one state of the file for all statements of a view
            try:
                return function(local.connection)
            finally:
                local.connection.execute("ROLLBACK")
        except sqlite3.OperationalError as err:
            raise TemporaryError(f"{path.name}: {err}") from err

    async def read(function: Callable[[Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(readers, run, function)

    try:
        yield SqliteReader(read, customs)
    finally:
        await asyncio.to_thread(readers.shutdown)
        for connection in connections:
            connection.close()


def _connect(path: Path) -> Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # only the writer's connection checkpoints
    return connection


def _list(query: TicketQuery) -> tuple[str, list[Any]]:
    """Return the statement of a page and its values: only the conditions that are asked for."""
    conditions: list[tuple[str, Sequence[object]]] = []
    if query.desk:
        conditions.append((" AND t.desk = ?", [query.desk]))
    if query.status:
        conditions.append((" AND t.status = ?", [query.status]))
    if query.channel:
        conditions.append((_IN_CHANNEL, [query.channel, query.channel]))
    if found := words(query.search):
        conditions.append((_FOUND, [" ".join(f'"{word}"*' for word in found)]))
    if query.cursor:
        at, ticket = assemble.behind(query.cursor)
        conditions.append((" AND (t.active_at, t.id) < (?, ?)", [stored(at), ticket.bytes]))
    conditions.append((" ORDER BY t.active_at DESC, t.id DESC LIMIT ?", [query.limit + 1]))
    return _LIST + "".join(text for text, _ in conditions), [value for _, more in conditions for value in more]


def _page(connection: Connection, statement: str, values: Sequence[Any], limit: int) -> TicketPage:
    roots = [(ticket_of(row), row[-1]) for row in connection.execute(statement, values)]
    tickets = SqliteFacts(connection).tickets_of(root.id.bytes for root, _ in roots)
    return assemble.page(roots, [ticket for ticket in tickets if ticket.id != ticket.root], limit)


def _conversation(connection: Connection, asked: Asked) -> Conversation | None:
    found = connection.execute(_ROOT, (asked.id.bytes if asked.id else None, asked.reference)).fetchone()
    if found is None:
        return None
    facts = SqliteFacts(connection)
    tickets = facts.tickets_of([found[0]])
    links = facts.links(ticket.id for ticket in tickets)
    messages = [
        one
        for ticket in tickets
        for one in map(_stored, connection.execute(f"{_STORED} WHERE ticket = ?", (ticket.id.bytes,)))
    ]
    return decisions.with_decisions(connection, assemble.conversation(UUID(bytes=found[0]), tickets, links, messages))


def _trace(connection: Connection, asked: Asked) -> list[MessageTrace]:
    values = (asked.id.bytes if asked.id else None, asked.reference, asked.external_id)
    found = sorted(map(_stored, connection.execute(_TRACED, values)), key=lambda one: (one.committed_at, one.id))
    return [assemble.trace(one, _root(connection, one.ticket), _hops(connection, one.id)) for one in found]


def _root(connection: Connection, ticket: UUID) -> UUID:
    return UUID(bytes=connection.execute("SELECT root FROM ticket WHERE id = ?", (ticket.bytes,)).fetchone()[0])


def _hops(connection: Connection, message: UUID) -> list[EventHop]:
    return [
        EventHop(
            id=event, type=kind, committed_at=moment(committed), announced_at=moment(sent) if sent is not None else None
        )
        for event, kind, committed, sent in connection.execute(_HOPS, (message.bytes,))
    ]


def _stored(row: Sequence[Any]) -> Stored:
    return Stored(UUID(bytes=row[0]), UUID(bytes=row[1]), moment(row[2]), row[3], row[4])
