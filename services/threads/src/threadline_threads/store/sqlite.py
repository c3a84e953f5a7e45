"""Tickets in one SQLite file, for the process that owns it. One writer: everything is in order by itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from threadline_contracts.errors import MalformedInputError
from threadline_shared.sqlite import Connection, SqliteWriter, open_writer, sqlite3
from threadline_threads.events import announcement
from threadline_threads.incoming import Incoming
from threadline_threads.store import twins
from threadline_threads.store.loading import make_plan
from threadline_threads.store.migrate import migrations, missing
from threadline_threads.store.protocol import Backlog, Outcome, Unsent
from threadline_threads.store.sqlite_clerk import SqliteClerk
from threadline_threads.store.sqlite_commands import SqliteCommands
from threadline_threads.store.sqlite_load import SqliteFacts, moment, stored
from threadline_threads.store.sqlite_save import save
from threadline_threads.store.sqlite_twins import keep_twins
from threadline_threads.store.sqlite_upkeep import SqliteUpkeep

_MIGRATIONS: Final = "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)"
_CLAIM: Final = "SELECT sequence, event_id, type, body FROM outbox WHERE sent_at IS NULL ORDER BY sequence LIMIT ?"
_SENT: Final = "UPDATE outbox SET sent_at = ? WHERE sequence = ?"
_BACKLOG: Final = "SELECT count(*), min(committed_at) FROM outbox WHERE sent_at IS NULL"


class SqliteClaim:
    """Events that only this process could announce."""

    def __init__(self, writer: SqliteWriter, events: Sequence[Unsent]) -> None:
        self.events = events
        self._writer = writer

    async def sent(self, events: Sequence[Unsent]) -> None:
        """Note that the bus confirmed these."""
        at = stored(datetime.now(UTC))
        numbers = [(at, event.number) for event in events]
        await self._writer.do(lambda connection: connection.executemany(_SENT, numbers))


class SqliteStore(SqliteCommands, SqliteClerk, SqliteUpkeep):
    """A Store. Made by `open_sqlite_store`."""

    def __init__(self, writer: SqliteWriter) -> None:
        super().__init__(writer)
        self._claimed = asyncio.Lock()

    async def place(self, batch: Sequence[Incoming], now: datetime) -> Outcome:
        """Place a batch in one transaction."""
        return await self._writer.do(partial(_place, batch=batch, now=now))

    async def probe(self) -> None:
        """Return when the file takes writes now."""
        await self._writer.do(lambda connection: connection.execute("SELECT 1 FROM ticket LIMIT 1").fetchall())

    async def tidy(self) -> None:
        """Nothing waits here."""

    @asynccontextmanager
    async def claim(self, limit: int) -> AsyncIterator[SqliteClaim]:
        """Take what nobody in this process has taken."""
        async with self._claimed:
            rows = await self._writer.read(lambda connection: connection.execute(_CLAIM, (limit,)).fetchall())
            yield SqliteClaim(self._writer, [Unsent(*row) for row in rows])

    async def backlog(self) -> Backlog:
        """Return what waits."""
        events, since = await self._writer.read(lambda connection: connection.execute(_BACKLOG).fetchone())
        return Backlog(events, moment(since) if since is not None else None)


def _place(connection: Connection, batch: Sequence[Incoming], now: datetime) -> Outcome:
    try:
        plan = make_plan(SqliteFacts(connection), batch, now)
        announcements = [announcement(happening, now) for happening in plan.happenings]
        save(connection, plan, announcements, now)
    except (UnicodeEncodeError, OverflowError) as err:
        raise MalformedInputError(f"a value that the database cannot hold: {err}") from err
    return Outcome([*plan.messages.values()], plan.repeats, len(announcements))


@asynccontextmanager
async def open_sqlite_store(path: Path) -> AsyncIterator[SqliteStore]:
    """Open the file and bring its tables up to date. Raises SettingsError."""
    async with open_writer(path) as writer:
        await writer.do(_migrate)
        yield SqliteStore(writer)


def _migrate(connection: Connection) -> None:
    connection.execute(_MIGRATIONS)
    applied = dict(connection.execute("SELECT name, checksum FROM migration"))
    for step in missing(migrations("sqlite"), applied):
        for statement in _statements(step.sql):  # executescript() would commit what we are in
            connection.execute(statement)
        if step.name == twins.MIGRATION:
            keep_twins(connection)
        connection.execute("INSERT INTO migration (name, checksum) VALUES (?, ?)", (step.name, step.checksum))


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
