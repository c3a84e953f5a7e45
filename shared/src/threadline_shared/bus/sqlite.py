"""The embedded bus: one SQLite file, opened by one process; what is published is on the disk before it is confirmed."""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_contracts.topology import DEAD_LETTERS, Queue, QueueKind
from threadline_shared.bus import DEFAULT_PREFETCH, LogEntry, Outgoing
from threadline_shared.bus import sqlite_tables as tables
from threadline_shared.bus.loans import Retries
from threadline_shared.bus.sqlite_consumer import Consumer, Ledger
from threadline_shared.sqlite import open_writer

LOG_MAX_AGE: Final = 14 * 24 * 3600.0  # seconds
_LOG_PAGE: Final = 200
_SWEEP_EVERY: Final = 10.0  # seconds


class SqliteBus:
    """A Bus; made by `open_sqlite_bus`."""

    def __init__(self, ledger: Ledger, *, log_max_age: float) -> None:
        self._ledger = ledger
        self._writer = ledger.writer
        self._log_max_age = log_max_age
        self._consumers: set[Consumer] = set()
        self._swept: dict[str, float] = {}

    async def declare(self, queues: Sequence[Queue]) -> None:
        """Make the queues exist, and the dead letters with them."""
        await self._writer.do(partial(tables.declare, queues=[DEAD_LETTERS, *queues]))
        self._ledger.routes.add([DEAD_LETTERS, *queues])

    async def publish(self, outgoing: Outgoing) -> None:
        """Return when the event is on the disk, in every queue it routes to."""
        (error,) = await self.publish_all([outgoing])
        if error is not None:
            raise error

    async def publish_all(self, batch: Sequence[Outgoing]) -> Sequence[TemporaryError | None]:
        """Publish many in one go."""
        routed = [self._routed(outgoing) for outgoing in batch]
        going = [one for one in routed if not isinstance(one, TemporaryError)]
        failed: TemporaryError | None = None
        try:
            await self._write(going)
        except TemporaryError as err:
            failed = err
        return [one if isinstance(one, TemporaryError) else failed for one in routed]

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int = DEFAULT_PREFETCH) -> AsyncIterator[Consumer]:
        """Consume a queue."""
        self._ledger.known(queue)
        consumer = Consumer(self._ledger, queue, prefetch)
        self._consumers.add(consumer)
        pump = asyncio.create_task(consumer.pump(), name=f"consume {queue}")
        pump.add_done_callback(lambda _: consumer.close())
        try:
            yield consumer
        finally:
            pump.cancel()
            self._consumers.discard(consumer)
            await consumer.leave()
            with suppress(asyncio.CancelledError):
                await asyncio.wait([pump])
                pump.result()  # had it died by itself, this says of what

    async def read_log(self, queue: str, *, after: int = -1) -> AsyncIterator[LogEntry]:
        """Read a log, and follow it."""
        self._ledger.known(queue)
        stirred = asyncio.Event()
        self._ledger.watch(queue, stirred)
        try:
            while True:
                stirred.clear()
                # Through the writer, in order: so we see all that was handed in before, committed.
                page = await self._writer.do(partial(tables.read_log, queue=queue, after=after, limit=_LOG_PAGE))
                for entry in page:
                    yield entry
                    after = entry.position
                if len(page) < _LOG_PAGE:
                    await stirred.wait()
        finally:
            self._ledger.unwatch(queue, stirred)

    async def depth(self, queue: str) -> int:
        """Return how many messages wait, those in backoff too."""
        self._ledger.known(queue)
        return await self._writer.read(partial(tables.depth, queue=queue))

    async def probe(self) -> None:
        """Return when the file can be written."""
        await self._writer.do(tables.touch)

    async def close(self) -> None:
        """Stop every consumer, finish writing, and let go of the file."""
        for consumer in self._consumers:
            consumer.close()
        self._ledger.stir_all()
        await self._writer.close()

    def _routed(self, outgoing: Outgoing) -> tables.Routed | TemporaryError:
        try:
            return self._ledger.route(outgoing.exchange, outgoing.key), outgoing
        except TemporaryError as err:
            return err

    async def _write(self, going: Sequence[tables.Routed]) -> None:
        queues = {queue.name: queue for to, _ in going for queue in to}
        for queue in queues.values():
            if queue.kind is QueueKind.LOG:
                await self._sweep(queue.name)
        self._ledger.stir(queues)
        await self._writer.do(partial(tables.insert_all, going=going))

    async def _sweep(self, queue: str) -> None:
        now = time.monotonic()
        if now - self._swept.get(queue, -_SWEEP_EVERY) >= _SWEEP_EVERY:
            self._swept[queue] = now
            await self._writer.do(partial(tables.sweep, queue=queue, max_age=self._log_max_age))


@asynccontextmanager
async def open_sqlite_bus(
    path: Path, *, retries: Retries | None = None, log_max_age: float = LOG_MAX_AGE
) -> AsyncIterator[SqliteBus]:
    """Open the bus in a file; logs keep their events for `log_max_age` seconds.

    Raises SettingsError when the file cannot be opened, or another process has it: nobody would wake its consumers.
    """
    with _alone(path):
        async with open_writer(path, schema=tables.SCHEMA) as writer:
            ledger = Ledger(writer, retries or Retries())
            await writer.do(tables.void_loans)
            ledger.routes.add(await writer.do(tables.declared))
            bus = SqliteBus(ledger, log_max_age=log_max_age)
            try:
                yield bus
            finally:
                await bus.close()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(path.with_suffix(".lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system ends it when the process dies
        except BlockingIOError as err:
            hint = "processes share a broker, not a file: THREADLINE_BUS_URL"
            raise SettingsError(f"{path} is in use by another process; {hint}") from err
        except OSError as err:
            raise SettingsError(f"cannot open {path}: {err}") from err
        yield
