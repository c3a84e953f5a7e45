"""The worker: batches off a queue, each event settled once, whatever the handler does."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from msgspec.structs import replace

from support.bus import QUICK, an_event, eventually, take_one
from support.worker import (
    QUEUE,
    Handler,
    an_envelope,
    as_a_crash_would_leave_it,
    buried,
    failing_at,
    holds,
    left,
    publish,
    working,
)
from threadline_contracts.codec import Event, encode
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.topology import ALWAYS
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.bus.sqlite import open_sqlite_bus
from threadline_shared.health import Component


async def test_messages_that_wait_are_handled_as_one_batch_and_done(memory_bus: MemoryBus, part: Component) -> None:
    await publish(memory_bus, "a", "b", "c")
    handler = Handler()
    async with working(memory_bus, handler, part):
        await handler.has_done(3)

    assert handler.calls == [["a", "b", "c"]]
    assert await left(memory_bus) == 0
    assert (part.health().state, part.health().counts) == ("ok", {"accepted": 3})


async def test_what_is_no_event_is_buried_with_the_reason(memory_bus: MemoryBus, part: Component) -> None:
    await memory_bus.publish(an_event("no json"))
    await publish(memory_bus, "a")
    handler = Handler()
    async with working(memory_bus, handler, part):
        dead = await buried(memory_bus)
        await handler.has_done(1)

    assert dead.headers["reason"].startswith("not a CloudEvent: ")
    assert (dead.body, dead.key) == (b"no json", "message.received.v1.email")
    assert part.health().counts == {"accepted": 1, "buried": 1}


async def test_a_version_from_the_future_is_buried_with_the_reason(memory_bus: MemoryBus, part: Component) -> None:
    newer = replace(an_envelope("new"), type="message.received.v9")
    await memory_bus.publish(an_event(encode(newer)))
    await publish(memory_bus, "a")
    handler = Handler()
    async with working(memory_bus, handler, part):
        dead = await buried(memory_bus)
        await handler.has_done(1)

    assert dead.headers["reason"] == "message.received v9 is not a version this service knows (v1)"


async def test_one_poison_message_does_not_stop_the_others(memory_bus: MemoryBus, part: Component) -> None:
    names = [f"m{n}" for n in range(50)]
    await publish(memory_bus, *names)
    handler = Handler(failing_at("m7", KeyError("m7")))
    async with working(memory_bus, handler, part):
        dead = await buried(memory_bus)
        await handler.has_done(49)

    assert sorted(handler.done) == sorted(set(names) - {"m7"})
    assert handler.calls.count(["m7"]) == QUICK.limit
    assert (dead.headers["reason"], dead.headers["attempts"]) == ("KeyError: 'm7'", str(QUICK.limit))
    assert part.health().counts["failed"] == QUICK.limit


async def test_a_message_that_no_retry_helps_is_buried_at_once(memory_bus: MemoryBus, part: Component) -> None:
    await publish(memory_bus, "a", "bad", "c")
    handler = Handler(failing_at("bad", MalformedInputError("no such ticket")))
    async with working(memory_bus, handler, part):
        dead = await buried(memory_bus)
        await handler.has_done(2)

    assert dead.headers["reason"] == "no such ticket"
    assert handler.calls == [["a", "bad", "c"], ["a"], ["bad"], ["c"]]


async def test_one_that_failed_before_runs_alone(memory_bus: MemoryBus, part: Component) -> None:
    await publish(memory_bus, "a", "b")
    async with memory_bus.subscribe(QUEUE) as subscription:
        await (await take_one(subscription)).retry("first try")
    await eventually(lambda: _two_ready(memory_bus))
    handler = Handler()
    async with working(memory_bus, handler, part):
        await handler.has_done(2)

    assert handler.calls == [["b"], ["a"]]


async def _two_ready(bus: MemoryBus) -> bool:
    async with bus.subscribe(QUEUE) as subscription:
        return len(await subscription.take(2, 0.01)) == 2


async def test_one_whose_worker_died_runs_alone(tmp_path: Path, part: Component) -> None:
    async with open_sqlite_bus(tmp_path / "bus.sqlite3") as bus:
        await bus.declare(ALWAYS)
        await publish(bus, "a")
        async with bus.subscribe(QUEUE) as subscription:
            await take_one(subscription)
            as_a_crash_would_leave_it(tmp_path, tmp_path / "crash")
    handler = Handler()
    async with open_sqlite_bus(tmp_path / "crash" / "bus.sqlite3") as bus:
        await publish(bus, "b", "c")
        async with working(bus, handler, part):
            await handler.has_done(3)

    assert sorted(handler.calls, key=len) == [["a"], ["b", "c"]]


async def test_a_lone_message_is_not_kept_waiting(memory_bus: MemoryBus, part: Component) -> None:
    done, took = asyncio.Event(), []

    async def handle(_: Sequence[Event]) -> None:
        done.set()

    async with working(memory_bus, handle, part):
        await eventually(lambda: holds(part.health().state == "idle"))
        for number in range(11):
            began = perf_counter()
            await publish(memory_bus, f"m{number}")
            await done.wait()
            done.clear()
            took.append(perf_counter() - began)

    assert median(took) < 0.25  # no poll interval in between


async def test_a_lone_message_does_not_wait_for_others(memory_bus: MemoryBus, part: Component) -> None:
    handler = Handler()
    async with working(memory_bus, handler, part, linger=3600):
        for number in range(3):
            await publish(memory_bus, f"m{number}")
            await handler.has_done(number + 1)


async def test_lag_is_the_age_of_the_oldest_event_taken(memory_bus: MemoryBus, part: Component) -> None:
    old, new = (datetime.now(UTC) - timedelta(seconds=age) for age in (30, 1))
    for name, time in (("new", new), ("old", old)):
        await memory_bus.publish(an_event(encode(replace(an_envelope(name), time=time))))
    handler = Handler()
    async with working(memory_bus, handler, part):
        await handler.has_done(2)

    lag = part.health().lag_seconds
    assert lag is not None
    assert 30 <= lag < 60
