"""Message to confirmed ticket event, through the threads service, at several sizes; and from SMTP, end to end."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from benchmarks.conversations import conversations
from benchmarks.desk import Desk, latencies, letters
from benchmarks.measure import Row, Run, median_run, timed
from benchmarks.threads_here import LONE, embedded, without_bus
from benchmarks.threads_postgres import FIRST_NEW, WARM, Place, filled, side_by_side, threads
from benchmarks.threads_through import mail_to_event

ROUNDS: Final = 3
PACED_SECONDS: Final = 10
EMBEDDED_MOST: Final = 100_000  # stored messages: more than most desks without a database server ever have
FLAT: Final = 0.85
HALF: Final = 0.5


async def rows(place: Place, sizes: Sequence[int]) -> list[Row]:
    """Return what threads does on each database, size by size, and what mails take from end to end."""
    # First, and each time on a database of its own: a large one keeps both servers busy for a while.
    through = median_run([await mail_to_event(place, f"through{number}") for number in range(ROUNDS)])
    found = await embedded(place.folder, [size for size in sizes if size <= EMBEDDED_MOST])
    found += [row async for row in _distributed(place, sizes)]
    aim = ">= 500/s; <= 2 CPU ms"
    return [*found, Row(name="SMTP to ticket event: RabbitMQ and PostgreSQL", run=through, aim=aim)]


async def _distributed(place: Place, sizes: Sequence[int]) -> AsyncIterator[Row]:
    small = sizes[0]
    yield await without_bus(place, small)
    ours, limit = map(median_run, await side_by_side(place, small, ROUNDS))
    for row in _beside(small, ours, limit):
        yield row
    yield await _at_half_load(place, small, ours.rate / 2)
    yield await _one_by_one(place, small)
    for size in sizes[1:]:
        more, limit = map(median_run, await side_by_side(place, size, ROUNDS))
        for row in _beside(size, more, limit):
            yield row
        name, against = f"threads: {size:,} stored", f"{small:,} stored"
        yield Row(name=name, run=more, ratio=more.rate / ours.rate, against=against, aim=f">= {FLAT}", least=FLAT)


def _beside(size: int, ours: Run, limit: Run) -> list[Row]:
    return [
        Row(name=f"threads: bare loop of the same inserts, {size:,} stored", run=limit),
        Row(
            name=f"threads: RabbitMQ and PostgreSQL, {size:,} stored",
            run=ours,
            ratio=ours.rate / limit.rate,
            against="bare loop",
            aim=">= 0.5; >= 2,500/s; <= 0.5 CPU ms; <= 80 MB",
            least=HALF,
        ),
    ]


async def _at_half_load(place: Place, size: int, rate: float) -> Row:
    some = letters(conversations(FIRST_NEW, int(PACED_SECONDS * rate)))
    async with threads(place, await filled(place, size), 0) as drain, Desk(drain.bus).listening() as desk:
        await latencies(drain.bus, desk, letters(conversations(2 * FIRST_NEW, WARM)), rate)
        seconds = await latencies(drain.bus, desk, some, rate)
    return Row(name=f"threads: half of that load ({rate:,.0f}/s)", run=timed(seconds), aim="p99 <= 50 ms")


async def _one_by_one(place: Place, size: int) -> Row:
    async with threads(place, await filled(place, size), 0) as drain, Desk(drain.bus).listening() as desk:
        seconds = await latencies(drain.bus, desk, letters(conversations(FIRST_NEW, LONE)), rate=0)
    return Row(name="threads: RabbitMQ and PostgreSQL, one message after the other", run=timed(seconds))
