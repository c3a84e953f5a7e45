"""The spool: inputs accepted to a local SQLite file because the bus or the blob store was away.

It takes an input when that is fsynced (those that wait together share the fsync), and refuses with TemporaryError when
it is full or the disk nearly is. It never holds the only copy of what was published.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared import metrics
from threadline_shared.settings import DataSettings, load
from threadline_shared.sqlite import Connection, SqliteWriter, open_writer

OFF: Final = "off"
_ROW_BYTES: Final = 512  # of a row besides its contents, about
_LOOK_SECONDS: Final = 0.25
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS inputs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, taken_at REAL NOT NULL, arrival BLOB NOT NULL, kept_as TEXT NOT NULL,
    raw BLOB, size INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS files (
    input INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE, blob TEXT NOT NULL, content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS files_of ON files (input);
"""


class SpoolSettings(DataSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the spools are (`spool_dir` empty: DATA_DIR/spool; "off": none), and how much they may hold, in bytes."""

    spool_dir: str = ""
    spool_max_bytes: Annotated[int, Meta(ge=0)] = 1024 * 1024 * 1024
    disk_min_free_bytes: Annotated[int, Meta(ge=0)] = 256 * 1024 * 1024


class Spooled(Struct, frozen=True, kw_only=True):
    """An input on the disk: `raw` is None when the blob store has it, as `kept_as`."""

    arrival: Arrival
    kept_as: str
    raw: bytes | None
    files: Mapping[str, bytes]


class Waiting(Struct, frozen=True):
    """A row that waits: its number, in order of arrival, and how often it failed by itself."""

    id: int
    attempts: int


class Spool:
    """The spool of one channel. Made by `open_spool`; its `id` tells it from those of other replicas, for ever."""

    def __init__(self, writer: SqliteWriter, channel: str, settings: SpoolSettings, name: str) -> None:
        self.id = name
        self._writer = writer
        self._channel = channel
        self._settings = settings
        self._free = 0
        self._look_again = 0.0
        self.depth = 0
        self.bytes = 0

    async def keep(self, item: Spooled) -> None:
        """Return when the input is on the disk. Raises TemporaryError when there is no room for it."""
        arrival = msgspec.json.encode(item.arrival)
        size = _ROW_BYTES + len(arrival) + len(item.raw or b"") + sum(map(len, item.files.values()))
        if self.bytes + size > self._settings.spool_max_bytes:
            raise TemporaryError(f"the spool is full: {self.depth} inputs, {self.bytes} bytes")
        self.check_disk()
        row = (time.time(), arrival, item.kept_as, item.raw, size)
        self._count(1, size)  # before it is there, so that many at once cannot pass the limit together
        try:
            await self._writer.do(lambda db: _insert(db, row, item.files))
        except Exception:  # not when cancelled: then it is written all the same
            self._count(-1, -size)
            raise

    def check_disk(self) -> None:
        """Raise TemporaryError when the disk is past its watermark; the disk is asked a few times a second at most."""
        if (now := time.monotonic()) >= self._look_again:
            disk = os.statvfs(self._writer.path.parent)
            self._free = disk.f_bavail * disk.f_frsize
            self._look_again = now + _LOOK_SECONDS
        if self._free < self._settings.disk_min_free_bytes:
            raise TemporaryError(f"the disk is nearly full: {self._free} bytes are free")

    async def due(self, *, most: int, most_bytes: int) -> Sequence[Waiting]:
        """Return the first inputs that may be tried now: at most so many, and (but for one) so many bytes."""
        query = "SELECT id, attempts, size FROM inputs WHERE not_before <= ? ORDER BY id LIMIT ?"
        rows = await self._writer.read(lambda db: db.execute(query, (time.time(), most)).fetchall())
        found: list[Waiting] = []
        for number, attempts, size in rows:
            most_bytes -= size
            if found and most_bytes < 0:
                break
            found.append(Waiting(number, attempts))
        return found

    async def rows(self, behind: int, limit: int) -> Sequence[Waiting]:
        """Return the next inputs behind a number, whether they may be tried now or not."""
        query = "SELECT id, attempts FROM inputs WHERE id > ? ORDER BY id LIMIT ?"
        return [
            Waiting(*row) for row in await self._writer.read(lambda db: db.execute(query, (behind, limit)).fetchall())
        ]

    async def compact(self) -> None:
        """Leave no trace of what was dropped."""
        await self._writer.compact()

    async def load(self, row: Waiting) -> Spooled:
        """Return an input that waits. Raises msgspec's errors when its arrival is damaged."""

        def read(db: Connection) -> tuple[bytes, str, bytes | None, dict[str, bytes]]:
            query = "SELECT arrival, kept_as, raw FROM inputs WHERE id = ?"
            arrival, kept_as, raw = db.execute(query, (row.id,)).fetchone()
            files = dict(db.execute("SELECT blob, content FROM files WHERE input = ?", (row.id,)).fetchall())
            return arrival, kept_as, raw, files

        arrival, kept_as, raw, files = await self._writer.read(read)
        return Spooled(arrival=msgspec.json.decode(arrival, type=Arrival), kept_as=kept_as, raw=raw, files=files)

    async def forget(self, rows: Sequence[Waiting]) -> None:
        """Drop inputs that are on the bus now."""

        def delete(db: Connection) -> tuple[int, int]:
            sizes = [
                size
                for row in rows
                for (size,) in db.execute("DELETE FROM inputs WHERE id = ? RETURNING size", (row.id,))
            ]
            return len(sizes), sum(sizes)

        count, size = await self._writer.do(delete)
        self._count(-count, -size)

    async def put_off(self, row: Waiting, seconds: float) -> None:
        """Count a failure of this input's own, and try it again after a while; those behind it come first."""
        statement = "UPDATE inputs SET attempts = attempts + 1, not_before = ? WHERE id = ?"
        await self._writer.do(lambda db: db.execute(statement, (time.time() + seconds, row.id)))

    async def next_due(self) -> float | None:
        """Return in how many seconds an input may be tried (0: now), or None when there is none."""
        (when,) = await self._writer.read(lambda db: db.execute("SELECT min(not_before) FROM inputs").fetchone())
        return None if when is None else max(0.0, when - time.time())

    async def lag(self) -> float:
        """Return the age of the oldest input in seconds; 0 when there is none."""
        (taken,) = await self._writer.read(lambda db: db.execute("SELECT min(taken_at) FROM inputs").fetchone())
        return 0.0 if taken is None else max(0.0, time.time() - taken)

    async def recount(self) -> None:
        """Count what is there."""
        query = "SELECT count(*), coalesce(sum(size), 0) FROM inputs"
        count, size = await self._writer.read(lambda db: db.execute(query).fetchone())
        self._count(count - self.depth, size - self.bytes)

    def _count(self, inputs: int, size: int) -> None:
        self.depth += inputs
        self.bytes += size
        metrics.spool_depth(self._channel).set(self.depth)
        metrics.spool_bytes(self._channel).set(self.bytes)


def _insert(db: Connection, row: tuple[float, bytes, str, bytes | None, int], files: Mapping[str, bytes]) -> None:
    statement = "INSERT INTO inputs (taken_at, arrival, kept_as, raw, size) VALUES (?, ?, ?, ?, ?)"
    number = db.execute(statement, row).lastrowid
    db.executemany("INSERT INTO files VALUES (?, ?, ?)", [(number, blob, content) for blob, content in files.items()])


def _name(path: Path) -> str:
    """Return the name that a spool was given when it was made."""
    if not path.exists():
        unfinished = path.with_suffix(".new")
        unfinished.write_text(token_hex(8))
        unfinished.replace(path)
    return path.read_text().strip()


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold a folder that no other process holds. Raises SettingsError."""
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((folder / "lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system ends it when the process dies
        except BlockingIOError as err:
            hint = "give each process a THREADLINE_SPOOL_DIR of its own"
            raise SettingsError(f"the spool {folder} is in use by another process; {hint}") from err
        except OSError as err:
            raise SettingsError(f"cannot open {folder}: {err}") from err
        yield


@asynccontextmanager
async def open_spool(env: Mapping[str, str], channel: str) -> AsyncIterator[Spool | None]:
    """Open a channel's spool with what it holds; None where the settings turn it off. Raises SettingsError."""
    settings = load(SpoolSettings, env)
    if settings.spool_dir == OFF:
        yield None
        return
    folder = (Path(settings.spool_dir) if settings.spool_dir else settings.data_dir / "spool") / channel
    with _owned(folder):
        async with open_writer(folder / "spool.sqlite3", schema=_SCHEMA) as writer:
            spool = Spool(writer, channel, settings, await asyncio.to_thread(_name, folder / "id"))
            await spool.recount()
            yield spool
