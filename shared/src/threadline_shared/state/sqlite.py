"""State in a SQLite file that one process owns; a write returns when it is on the disk, and shares its fsync."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from threadline_shared.sqlite import Connection, SqliteWriter, open_writer
from threadline_shared.state import Lease, Record, checked

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS versions (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);
INSERT OR IGNORE INTO versions VALUES (1, 0);
CREATE TABLE IF NOT EXISTS records (
    space TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (space, key)
);
CREATE TABLE IF NOT EXISTS logs (log TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS entries (
    log TEXT NOT NULL, position INTEGER NOT NULL, item BLOB NOT NULL, PRIMARY KEY (log, position)
);
CREATE TABLE IF NOT EXISTS leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, expires REAL NOT NULL
);
"""


class SqliteState:
    """The state of one service in one file. Made by `open_sqlite_state`."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer

    async def get(self, space: str, key: str) -> Record | None:
        """Return a record."""
        checked(space, key)
        query = "SELECT value, version FROM records WHERE space = ? AND key = ?"
        row = await self._writer.read(lambda db: db.execute(query, (space, key)).fetchone())
        return Record(*row) if row else None

    async def put(self, space: str, key: str, value: bytes, *, expect: int | None) -> int | None:
        """Store a value if nobody was faster."""
        checked(space, key)

        def write(db: Connection) -> int | None:
            version = _next_version(db)
            if expect is None:
                statement = "INSERT OR IGNORE INTO records (value, version, space, key) VALUES (?, ?, ?, ?)"
                changed = db.execute(statement, (value, version, space, key)).rowcount
            else:
                statement = "UPDATE records SET value = ?, version = ? WHERE space = ? AND key = ? AND version = ?"
                changed = db.execute(statement, (value, version, space, key, expect)).rowcount
            return version if changed else None

        return await self._writer.do(write)

    async def delete(self, space: str, key: str, *, expect: int) -> bool:
        """Delete a record if nobody was faster."""
        checked(space, key)
        statement = "DELETE FROM records WHERE space = ? AND key = ? AND version = ?"
        return await self._writer.do(lambda db: db.execute(statement, (space, key, expect)).rowcount > 0)

    async def scan(self, space: str, *, after: str = "", limit: int = 100) -> Sequence[tuple[str, Record]]:
        """Return the next records of a space."""
        checked(space, after)
        query = "SELECT key, value, version FROM records WHERE space = ? AND key > ? ORDER BY key LIMIT ?"
        rows = await self._rows(query, (space, after, limit))
        return [(key, Record(value, version)) for key, value, version in rows]

    async def append(self, log: str, items: Sequence[bytes]) -> int:
        """Append items to a log."""
        checked(log)

        def write(db: Connection) -> int:
            db.execute("INSERT OR IGNORE INTO logs VALUES (?, 0)", (log,))
            (last,) = db.execute("SELECT last FROM logs WHERE log = ?", (log,)).fetchone()
            entries = [(log, position, item) for position, item in enumerate(items, last + 1)]
            db.executemany("INSERT INTO entries VALUES (?, ?, ?)", entries)
            db.execute("UPDATE logs SET last = ? WHERE log = ?", (last + len(items), log))
            return int(last) + len(items)

        return await self._writer.do(write)

    async def read(self, log: str, *, after: int = 0, limit: int = 100) -> Sequence[tuple[int, bytes]]:
        """Return the next items of a log."""
        checked(log)
        query = "SELECT position, item FROM entries WHERE log = ? AND position > ? ORDER BY position LIMIT ?"
        return await self._rows(query, (log, after, limit))

    async def lease(self, name: str, holder: str, ttl: float) -> Lease | None:
        """Take a lease that nobody holds."""
        checked(name, holder)
        statement = """
            INSERT INTO leases VALUES (:name, :holder, 1, :now + :ttl)
            ON CONFLICT (name) DO UPDATE SET holder = :holder, fence = fence + 1, expires = :now + :ttl
            WHERE expires <= :now RETURNING fence
        """

        def write(db: Connection) -> int | None:
            given = {"name": name, "holder": holder, "ttl": ttl, "now": time.time()}
            row = db.execute(statement, given).fetchone()
            return int(row[0]) if row else None

        fence = await self._writer.do(write)
        return SqliteLease(self._writer, name, fence, ttl) if fence is not None else None

    async def compact(self) -> None:
        """Write the file anew."""
        await self._writer.compact()

    async def probe(self) -> None:
        """Write something that changes nothing."""
        await self._writer.do(lambda db: db.execute("UPDATE versions SET last = last"))

    async def _rows(self, query: str, values: tuple[object, ...]) -> Sequence[tuple[Any, ...]]:
        return await self._writer.read(lambda db: db.execute(query, values).fetchall())


class SqliteLease:
    """A lease as long as its row has its fence."""

    def __init__(self, writer: SqliteWriter, name: str, fence: int, ttl: float) -> None:
        self.name = name
        self.fence = fence
        self._writer = writer
        self._ttl = ttl

    async def renew(self) -> bool:
        """Hold it longer, if it is still ours."""
        statement = "UPDATE leases SET expires = :now + :ttl WHERE name = :name AND fence = :fence AND expires > :now"

        def write(db: Connection) -> bool:
            given = {"now": time.time(), "ttl": self._ttl, "name": self.name, "fence": self.fence}
            return db.execute(statement, given).rowcount > 0

        return await self._writer.do(write)

    async def release(self) -> None:
        """Let the next one take it at once; its fence stays, and grows."""
        statement = "UPDATE leases SET expires = 0 WHERE name = ? AND fence = ?"
        await self._writer.do(lambda db: db.execute(statement, (self.name, self.fence)))


def _next_version(db: Connection) -> int:
    (version,) = db.execute("UPDATE versions SET last = last + 1 RETURNING last").fetchone()
    return int(version)


@asynccontextmanager
async def open_sqlite_state(path: Path) -> AsyncIterator[SqliteState]:
    """Open (or make) the file. Raises SettingsError."""
    async with open_writer(path, schema=_SCHEMA) as writer:
        yield SqliteState(writer)
