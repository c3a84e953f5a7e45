"""threads on PostgreSQL, as a process that drains a full queue; and beside it a bare loop that does the same."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from benchmarks.bench_smtp import free_port
from benchmarks.conversations import conversations
from benchmarks.desk import HELPDESK, Desk, letters, publish, waiting
from benchmarks.fill import TEMPLATE, multiply, until_settled
from benchmarks.measure import Run, Watched, server
from support.postgres import copy_of_database, new_database
from support.rabbit import RabbitNode
from threadline_shared.bus import Bus
from threadline_shared.bus.opening import open_bus

DRAINED: Final = 8000  # messages a round
WARM: Final = 4000
FIRST_NEW: Final = 4_000_000  # the first message that no filled database has
KEYS: Final = "k1:" + "5a" * 32


class Place(Struct, frozen=True):
    """Where things are measured."""

    node: RabbitNode
    postgres: str
    folder: Path


class Drain:
    """A process that turns messages into events, and the bus it does it on; `number` is the first free message."""

    def __init__(self, bus: Bus, process: Watched, number: int) -> None:
        self.bus = bus
        self.process = process
        self.number = number

    async def run(self, count: int = DRAINED) -> Run:
        """Fill the queue while the process stands still, then let it go until the last event is in the next queue."""
        some = letters(conversations(self.number, count))
        self.number += count
        self.process.pause()
        try:
            await publish(self.bus, some)
            cpu, began = self.process.cpu_seconds(), time.perf_counter()
        finally:
            self.process.resume()
        await waiting(self.bus, count)
        took, cpu = time.perf_counter() - began, self.process.cpu_seconds() - cpu
        await Desk(self.bus).swallow(count)
        return Run(rate=count / took, cpu_ms=cpu / count * 1000, peak_mb=self.process.peak_mb())


async def filled(place: Place, size: int) -> str:
    """Return the URL of a database with so many messages: some placed by threads itself, and copies of those."""
    database = await new_database(place.postgres)
    first = min(size, TEMPLATE)
    async with threads(place, database, 0) as drain:
        await drain.run(first)
        await until_settled(database)
    await multiply(database, size // first - 1)
    return database


@asynccontextmanager
async def threads(place: Place, database: str, number: int) -> AsyncIterator[Drain]:
    """Run the service on a database, and on a fresh broker."""
    url, http = place.node.fresh_url(), free_port()
    env = {
        "THREADLINE_BUS_URL": url,
        "THREADLINE_DATABASE_URL": database,
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_HTTP_PORT": str(http),
    }
    ready = f"http://127.0.0.1:{http}/readyz"
    async with _bus(url) as bus:
        with server(["-m", "threadline_threads"], env, place.folder / "threads.log", ready) as process:
            yield Drain(bus, process, number)


@asynccontextmanager
async def bare(place: Place, database: str, number: int, messages: int) -> AsyncIterator[Drain]:
    """Run the bare loop on a database, and on a fresh broker; it can bear so many messages."""
    url = place.node.fresh_url()
    arguments = ["-m", "benchmarks.bare_threads", url, database, str(messages)]
    async with _bus(url) as bus:
        with server(arguments, {}, place.folder / "bare_threads.log", "ready") as process:
            yield Drain(bus, process, number)


async def side_by_side(place: Place, size: int, rounds: int) -> tuple[Sequence[Run], Sequence[Run]]:
    """Return the rounds of threads and of the bare loop, turn by turn, on databases of one size."""
    database = await filled(place, size)
    copy = await copy_of_database(place.postgres, database)
    bearable = 2 * (WARM + rounds * DRAINED)
    async with threads(place, database, FIRST_NEW) as ours, bare(place, copy, FIRST_NEW, bearable) as limit:
        for drain in (ours, limit):
            await drain.run(WARM)
        runs = [(await ours.run(), await limit.run()) for _ in range(rounds)]
    return [one for one, _ in runs], [one for _, one in runs]


@asynccontextmanager
async def _bus(url: str) -> AsyncIterator[Bus]:
    async with open_bus({"THREADLINE_BUS_URL": url}) as bus:
        await bus.declare([HELPDESK])
        yield bus
