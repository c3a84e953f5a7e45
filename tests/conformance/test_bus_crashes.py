"""What a bus promises when somebody is killed: what was confirmed is there, what was on loan comes again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from support.bus import Lane, take_all
from support.bus_child import HELD
from threadline_shared.bus import Bus
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_shared.bus.sqlite import open_sqlite_bus

TESTS = Path(__file__).parents[1]


class Place(Struct, frozen=True):
    """A bus that outlives its processes."""

    kind: str
    where: str

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Bus]:
        opening = open_rabbit_bus(self.where) if self.kind == "rabbit" else open_sqlite_bus(Path(self.where))
        async with opening as bus:
            yield bus


@pytest.fixture(params=["sqlite", pytest.param("rabbit", marks=pytest.mark.rabbit)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "rabbit":
        return Place("rabbit", request.getfixturevalue("amqp_url"))
    return Place("sqlite", str(tmp_path / "bus.sqlite3"))


@asynccontextmanager
async def a_child(role: str, place: Place, lane: Lane) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "support.bus_child", role, place.kind, place.where, lane.name]
    child = await asyncio.create_subprocess_exec(*command, cwd=TESTS, stdout=asyncio.subprocess.PIPE)
    try:
        yield child
    finally:
        if child.returncode is None:
            await kill(child)


async def kill(child: asyncio.subprocess.Process) -> None:
    child.kill()
    await child.wait()


async def lines(child: asyncio.subprocess.Process, number: int) -> list[bytes]:
    assert child.stdout is not None
    async with asyncio.timeout(30):
        return [(await child.stdout.readline()).strip() for _ in range(number)]


async def rest(child: asyncio.subprocess.Process) -> list[bytes]:
    assert child.stdout is not None
    return [line for line in (await child.stdout.read()).split(b"\n") if line]


async def everything(bus: Bus, lane: Lane) -> list[bytes]:
    waiting = await bus.depth(lane.queue.name)
    async with bus.subscribe(lane.queue.name, prefetch=waiting) as subscription:
        return [delivery.body for delivery in await take_all(subscription, waiting)]


async def test_whatever_a_killed_publisher_was_confirmed_is_there(place: Place, lane: Lane) -> None:
    async with a_child("publish", place, lane) as child:
        confirmed = await lines(child, 300)
        await kill(child)
        confirmed += await rest(child)
    async with place.open() as bus:
        await bus.declare([lane.queue])
        found = await everything(bus, lane)
    assert not set(confirmed) - set(found)
    assert len(found) == len(set(found))


async def test_what_a_killed_consumer_held_comes_again_marked(place: Place, lane: Lane) -> None:
    async with place.open() as bus:
        await bus.declare([lane.queue])
        for n in range(HELD):
            await bus.publish(lane.event(str(n)))
    async with a_child("hold", place, lane) as child:
        held = await lines(child, HELD)
        await kill(child)
    async with place.open() as bus, bus.subscribe(lane.queue.name) as subscription:
        again = await take_all(subscription, HELD)
    assert sorted(delivery.body for delivery in again) == sorted(held)
    assert all(delivery.redelivered for delivery in again)
    assert {delivery.attempts for delivery in again} == {0}
