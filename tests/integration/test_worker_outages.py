"""The worker when something else is away, and when it has to leave."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from support.bus import QUICK, InterruptedBus, eventually, take_one
from support.worker import (
    QUEUE,
    Database,
    Handler,
    fine,
    holds,
    left,
    publish,
    working,
)
from threadline_contracts.codec import Event
from threadline_contracts.errors import TemporaryError
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.health import Component
from threadline_shared.worker import work


async def test_an_outage_is_waited_for_and_spends_no_attempt(memory_bus: MemoryBus, part: Component) -> None:
    await publish(memory_bus, "a", "b")
    database = Database()
    database.away = True
    handler = Handler(database.use)
    async with working(memory_bus, handler, part, database=database):
        await eventually(lambda: holds(database.asked >= QUICK.limit + 1))
        during = (list(handler.calls), part.health().state, part.health().reason)
        async with memory_bus.subscribe(QUEUE) as subscription:
            attempts = (await take_one(subscription)).attempts
        database.away = False
        await handler.has_done(2)

    assert during == ([["a", "b"]], "trouble", "no database")
    assert attempts == 0
    assert (sorted(handler.done), part.health().state) == (["a", "b"], "ok")


async def test_a_batch_cut_short_by_an_outage_loses_and_repeats_nothing(memory_bus: MemoryBus, part: Component) -> None:
    database = Database()
    lost_at_c = iter([False, False, False, True])  # together, alone a, alone b, alone c

    def does(names: list[str]) -> None:
        if len(names) > 1 and not handler.done:
            raise ValueError("try them one by one")
        if next(lost_at_c, False):
            raise TemporaryError("gone")

    next(lost_at_c)
    handler = Handler(does)
    await publish(memory_bus, "a", "b", "c", "d")
    async with working(memory_bus, handler, part, database=database):
        await handler.has_done(4)

    assert handler.done == ["a", "b", "c", "d"]
    assert handler.calls == [["a", "b", "c", "d"], ["a"], ["b"], ["c"], ["c", "d"]]


async def test_while_the_bus_is_away_nothing_is_taken(memory_bus: MemoryBus, part: Component) -> None:
    bus, database = InterruptedBus(memory_bus), Database()
    bus.away = database.away = True
    handler = Handler(database.use)
    await publish(memory_bus, "a")
    async with working(bus, handler, part, database=database):
        await eventually(lambda: holds(part.health().reason == "the bus is away"))
        database.away = False
        calls = len(handler.calls)
        bus.away = False
        await handler.has_done(1)

    assert calls == 1


async def test_cancelled_it_finishes_the_batch_in_hand(memory_bus: MemoryBus, part: Component) -> None:
    await publish(memory_bus, "a", "b")
    handler, begun, go_on = Handler(), asyncio.Event(), asyncio.Event()

    async def slow(events: Sequence[Event]) -> None:
        begun.set()
        await go_on.wait()
        await handler(events)

    task = asyncio.create_task(work(memory_bus, QUEUE, slow, probe=fine, component=part))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with suppress(asyncio.CancelledError):
        await task

    assert task.cancelled()
    assert (handler.done, await left(memory_bus)) == (["a", "b"], 0)


async def test_a_batch_that_does_not_end_goes_back(memory_bus: MemoryBus, part: Component) -> None:
    await publish(memory_bus, "a")
    begun = asyncio.Event()

    async def stuck(_: Sequence[Event]) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(work(memory_bus, QUEUE, stuck, probe=fine, component=part, drain=0.01))
    await begun.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert await left(memory_bus) == 1
    async with memory_bus.subscribe(QUEUE) as subscription:
        assert (await take_one(subscription)).attempts == 0
