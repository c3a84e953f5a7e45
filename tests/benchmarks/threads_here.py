"""threads inside the process that measures: on SQLite, as standalone runs it; and on PostgreSQL without a real bus."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.conversations import conversations
from benchmarks.desk import HELPDESK, Desk, latencies, letters, publish, waiting
from benchmarks.measure import Row, Run, median_run, timed
from benchmarks.threads_postgres import FIRST_NEW, KEYS, Place, filled
from threadline_contracts.topology import ALWAYS
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.bus.opening import open_bus
from threadline_threads.app import run as run_threads

MEASURED: Final = 4000  # messages a round
ROUNDS: Final = 3
LONE: Final = 200


async def embedded(folder: Path, sizes: Sequence[int]) -> list[Row]:
    """Return rows for SQLite. Publisher, bus, threads and helpdesk share the process: its CPU is the sum of all."""
    env = {"THREADLINE_DATA_DIR": str(folder / "embedded")}
    found, stored = [], 0
    async with open_bus(env) as bus, _running(env, bus), Desk(bus).listening() as desk:
        for size in sizes:
            while stored < size:
                stored += await _publish_all(bus, desk, stored, min(MEASURED, size - stored))
            runs = [await _burst(bus, desk, size + turn * MEASURED) for turn in range(ROUNDS)]
            stored += ROUNDS * MEASURED
            found.append(Row(name=f"threads: SQLite, {size:,} stored", run=median_run(runs), aim=">= 1,000/s"))
        seconds = await latencies(bus, desk, letters(conversations(FIRST_NEW, LONE)), rate=0)
    return [*found, Row(name="threads: SQLite, one message after the other", run=timed(seconds))]


async def without_bus(place: Place, size: int) -> Row:
    """Return a row for PostgreSQL alone: what the service costs on a bus that costs next to nothing."""
    runs = []
    env = {"THREADLINE_DATABASE_URL": await filled(place, size)}
    bus = MemoryBus()
    await bus.declare([*ALWAYS, HELPDESK])
    for turn in range(ROUNDS):
        await publish(bus, letters(conversations(FIRST_NEW + turn * MEASURED, MEASURED)))
        cpu, began = time.process_time(), time.perf_counter()
        async with _running(env, bus):
            await waiting(bus, (turn + 1) * MEASURED)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        runs.append(Run(rate=MEASURED / took, cpu_ms=cpu / MEASURED * 1000))
    await bus.close()
    return Row(name="threads: PostgreSQL, bus in memory", run=median_run(runs), aim="<= 0.3 CPU ms")


@asynccontextmanager
async def _running(env: Mapping[str, str], bus: Bus) -> AsyncIterator[None]:
    await bus.declare([HELPDESK])
    task = asyncio.create_task(_serve({**env, "THREADLINE_TOKEN_KEYS": KEYS, "THREADLINE_HTTP_PORT": "0"}, bus))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _serve(env: Mapping[str, str], bus: Bus) -> None:
    await run_threads(env, bus)


async def _burst(bus: Bus, desk: Desk, number: int) -> Run:
    cpu, began = time.process_time(), time.perf_counter()
    await _publish_all(bus, desk, number, MEASURED)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Run(rate=MEASURED / took, cpu_ms=cpu / MEASURED * 1000)


async def _publish_all(bus: Bus, desk: Desk, number: int, count: int) -> int:
    before = len(desk.heard)
    await publish(bus, letters(conversations(number, count)))
    await desk.until(before + count)
    return count
