"""What every bus promises about a log: append-only, read by position, followed."""

import asyncio

from support.bus import Lane
from threadline_contracts.topology import Exchange
from threadline_shared.bus import Bus, LogEntry


async def read(bus: Bus, log: str, number: int, *, after: int = -1) -> list[LogEntry]:
    entries = bus.read_log(log, after=after)
    async with asyncio.timeout(10):
        return [await anext(entries) for _ in range(number)]


async def test_a_log_is_read_from_the_beginning_by_everybody(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.log])
    events = [lane.event(str(n), exchange=Exchange.TICKETS) for n in range(5)]
    for event in events:
        await bus.publish(event)
    for _ in range(2):
        assert [entry.outgoing for entry in await read(bus, lane.log.name, 5)] == events


async def test_a_log_is_read_on_from_a_position(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.log])
    for n in range(5):
        await bus.publish(lane.event(str(n), exchange=Exchange.TICKETS))
    entries = await read(bus, lane.log.name, 5)
    positions = [entry.position for entry in entries]
    assert positions == sorted(set(positions))
    assert await read(bus, lane.log.name, 3, after=positions[1]) == entries[2:]


async def test_a_log_is_followed(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.log])
    reading = asyncio.create_task(read(bus, lane.log.name, 2))
    for body in ("first", "second"):
        await asyncio.sleep(0.05)
        await bus.publish(lane.event(body, exchange=Exchange.TICKETS))
    assert [entry.outgoing.body for entry in await reading] == [b"first", b"second"]


async def test_a_log_alone_makes_an_event_routable(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.log])
    await bus.publish(lane.event(exchange=Exchange.TICKETS))
