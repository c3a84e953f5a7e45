"""What a republication reads of SQLite: tickets in the order of their ids, with all their messages."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final, Protocol, TypeVar
from uuid import UUID

from threadline_contracts.topology import EventType
from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.reading import Republication
from threadline_threads.republishing.job import Kept, Shelf, republication
from threadline_threads.store import rows
from threadline_threads.store.sqlite_load import SqliteFacts, ticket_of

_TICKETS: Final = f"SELECT {rows.TICKET_COLUMNS} FROM ticket WHERE id > ? ORDER BY id LIMIT ?"  # noqa: S608 - our names
_MESSAGES: Final = "SELECT id, content, placement FROM message WHERE ticket = ? ORDER BY id"

_PROGRESS: Final = "SELECT state, done_at IS NOT NULL FROM task WHERE id = ? AND type = ?"
_T = TypeVar("_T")


class Read(Protocol):
    """Runs a function on a read-only connection."""

    def __call__(self, function: Callable[[Connection], _T]) -> Awaitable[_T]:
        """Return its result. Raises TemporaryError when the file cannot be read."""


class SqliteStock:
    """The stock of the store."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer

    async def shelf(self, behind: UUID, since: datetime | None, limit: int) -> Shelf:
        """Return the next tickets, as of one moment."""
        return await self._writer.read(partial(_shelf, behind=behind, since=since, limit=limit))


class SqliteProgress:
    """How far republications are."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def republication(self, command: str) -> Republication | None:
        """Return how far one is."""
        found = await self._read(lambda db: db.execute(_PROGRESS, (command, EventType.REPUBLISH_REQUESTED)).fetchone())
        return republication(command, found[0], done=bool(found[1])) if found else None


def _shelf(connection: Connection, behind: UUID, since: datetime | None, limit: int) -> Shelf:
    connection.execute("BEGIN")
    found = [ticket_of(row) for row in connection.execute(_TICKETS, (behind.bytes, limit))]
    changed = [ticket for ticket in found if since is None or ticket.updated_at >= since]
    rows.with_links(changed, SqliteFacts(connection).links([ticket.id for ticket in changed]))
    tickets = [(ticket, _messages(connection, ticket.id)) for ticket in changed]
    connection.execute("COMMIT")
    return Shelf(tickets, found[-1].id if found else None)


def _messages(connection: Connection, ticket: UUID) -> list[Kept]:
    stored = connection.execute(_MESSAGES, (ticket.bytes,))
    return [Kept(UUID(bytes=one), content, rows.placement.decode(placement)) for one, content, placement in stored]
