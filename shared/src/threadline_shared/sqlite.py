"""One SQLite file with one writing connection, durable at every commit; refuses to be written by anyone else.

WAL with `synchronous=FULL`: a commit is on the disk when it returns. Functions that wait together share one transaction
and one fsync. What is deleted is overwritten, and the WAL file emptied in the next quiet moment; `compact` leaves no
trace at all. Only the writer's connection commits and checkpoints: SQLite 3.7.0 to 3.51.2 may corrupt a WAL file when
two do (https://sqlite.org/wal.html, "the WAL-reset bug"); that is also why `pysqlite3` is preferred, where it exists.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.sqlite_traces import PATIENCE, empty_wal, rewrite

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        import sqlite3

__all__ = ["Connection", "SqliteWriter", "open_writer", "sqlite3"]

Connection = sqlite3.Connection
_T = TypeVar("_T")
_Result = tuple["asyncio.Future[Any]", Any, BaseException | None]
_MAX_TOGETHER: Final = 500  # functions that share one commit
_READERS: Final = 2
_QUIET_SECONDS: Final = 5.0
# Primary result codes that are the machine's trouble, not our SQL's: https://sqlite.org/rescode.html
_OF_THE_MACHINE: Final = frozenset({5, 6, 7, 8, 10, 13, 14, 15, 22})


class _Job:
    __slots__ = ("alone", "function", "future")

    def __init__(
        self, function: Callable[[Connection], Any], future: "asyncio.Future[Any]", *, alone: bool = False
    ) -> None:
        self.function = function
        self.future = future
        self.alone = alone


class SqliteWriter:
    """The one owner of a SQLite file; made by `open_writer`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._read_connections: list[Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, f"read {path.name}", initializer=self._open_reader)
        self._left_over: list[_Job] = []
        self._dirty = True
        self._thread = threading.Thread(target=self._write_for_ever, name=f"write {path.name}", daemon=True)
        self._thread.start()
        self._closed = False

    async def do(self, function: Callable[[Connection], _T]) -> _T:
        """Run `function` in a write transaction; return its result when that is on the disk.

        It may share the transaction with others, so it neither begins nor commits. Its own exception comes back to its
        own caller and undoes its own changes alone. Raises TemporaryError when the disk is full or fails, or when the
        file is closed. A caller that is cancelled does not stop it.
        """
        return await self._hand_in(function)

    async def compact(self) -> None:
        """Write the whole file anew (it blocks other functions meanwhile), so that nothing deleted is left in it.

        Overwriting what is deleted is nearly enough: now and then SQLite leaves an old copy of a moved row in a page.
        """
        await self._hand_in(rewrite, alone=True)

    async def read(self, function: Callable[[Connection], _T]) -> _T:
        """Run `function` on a read-only connection beside the writer; it sees what is committed.

        Each statement sees its own state of the file, unless the function begins a transaction and ends it.
        """
        if self._closed:
            raise TemporaryError(f"{self.path.name} is closed")
        return await self._loop.run_in_executor(self._readers, self._read, function)

    async def _hand_in(self, function: Callable[[Connection], _T], *, alone: bool = False) -> _T:
        if self._closed:
            raise TemporaryError(f"{self.path.name} is closed")
        future: asyncio.Future[_T] = self._loop.create_future()
        self._jobs.put(_Job(function, future, alone=alone))
        return await future

    async def close(self) -> None:
        """Finish what was handed in, then let go of the file."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._join)

    def _join(self) -> None:
        self._readers.shutdown()
        for connection in self._read_connections:
            connection.close()
        self._thread.join()
        self._connection.close()  # the last one out checkpoints

    def _open_reader(self) -> None:
        connection = _connect(f"{self.path.absolute().as_uri()}?mode=ro")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._read_connections.append(connection)
        self._local.connection = connection

    def _read(self, function: Callable[[Connection], _T]) -> _T:
        connection: Connection = self._local.connection
        try:
            return function(connection)
        except sqlite3.Error as err:
            raise _named(err) from err
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _write_for_ever(self) -> None:
        while (first := self._next()) is not None:
            jobs = [first] if first.alone else self._that_wait_too(first)
            results = [self._run_alone(first)] if first.alone else self._commit(jobs)
            self._dirty = True
            with suppress(RuntimeError):  # the loop is gone, and with it everybody who could hear
                self._loop.call_soon_threadsafe(_tell, results)

    def _next(self) -> _Job | None:
        if self._left_over:
            return self._left_over.pop()
        with suppress(queue.Empty):
            return self._jobs.get(timeout=_QUIET_SECONDS if self._dirty else None)
        self._dirty = False
        with suppress(sqlite3.Error):  # a full disk: whoever writes next is told
            self._dirty = not empty_wal(self._connection, patience=0.0)
        return self._next()

    def _that_wait_too(self, first: _Job) -> Sequence[_Job]:
        jobs = [first]
        with suppress(queue.Empty):
            while len(jobs) < _MAX_TOGETHER:
                job = self._jobs.get_nowait()
                if job is None:
                    self._jobs.put(None)  # nothing comes behind the last one
                    break
                if job.alone:
                    self._left_over.append(job)
                    break
                jobs.append(job)
        return jobs

    def _run_alone(self, job: _Job) -> _Result:
        try:
            return job.future, job.function(self._connection), None
        except (sqlite3.Error, TemporaryError) as err:
            return job.future, None, _named(err)

    def _commit(self, jobs: Sequence[_Job]) -> Sequence[_Result]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [self._run(job) for job in jobs]
            self._connection.execute("COMMIT")
        except sqlite3.Error as err:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            return [(job.future, None, TemporaryError(f"{self.path.name}: {err}")) for job in jobs]
        return results

    def _run(self, job: _Job) -> _Result:
        connection = self._connection
        connection.execute("SAVEPOINT job")
        try:
            result = job.function(connection)
        except BaseException as err:  # noqa: BLE001 - whatever it is, it belongs to the caller, and the thread lives on
            # A full disk may have undone the whole transaction by itself: then this raises, and all of them failed.
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
            return job.future, None, _named(err)
        connection.execute("RELEASE job")
        return job.future, result, None


@asynccontextmanager
async def open_writer(path: Path, *, schema: str = "") -> AsyncIterator[SqliteWriter]:
    """Open (or make) a file, run the `schema` script, and close it at the end. The script must bear being run again.

    Raises SettingsError when the file cannot be opened or is none of SQLite's.
    """
    writer = SqliteWriter(path, await asyncio.to_thread(_open, path, schema))
    try:
        yield writer
    finally:
        await writer.close()


def _open(path: Path, schema: str) -> Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(path.absolute().as_uri())
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
        connection.executescript(schema)
    except (sqlite3.Error, OSError) as err:
        raise SettingsError(f"cannot open {path}: {err}") from err
    return connection


def _connect(uri: str) -> Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=PATIENCE)


def _named(err: BaseException) -> BaseException:
    if isinstance(err, StopIteration):  # a future cannot hold one
        return RuntimeError(f"a stray {err!r}")
    code = getattr(err, "sqlite_errorcode", None)
    if isinstance(err, sqlite3.Error) and code is not None and code & 0xFF in _OF_THE_MACHINE:
        return TemporaryError(str(err))
    return err


def _tell(results: Sequence[_Result]) -> None:
    for future, result, error in results:
        if future.done():  # the caller was cancelled
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
