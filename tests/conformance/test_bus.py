"""What every bus promises: what is published reaches whom it should, or the publisher learns that it does not."""

import asyncio

import pytest

from support.bus import Lane, nothing_comes, take_all, take_one
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange
from threadline_shared.bus import Bus
from threadline_shared.bus.topics import matches


async def test_what_is_published_is_delivered_as_it_was(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    event = lane.event('{"x": "é"}', key="b.c")
    await bus.publish(event)
    async with bus.subscribe(lane.queue.name) as subscription:
        delivery = await take_one(subscription)
    assert delivery.body == event.body
    assert (delivery.exchange, delivery.key, delivery.event_id) == (event.exchange, event.key, event.event_id)
    assert (delivery.attempts, delivery.redelivered) == (0, False)


async def test_take_returns_what_comes_within_the_linger(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    async with bus.subscribe(lane.queue.name) as subscription:
        taking = asyncio.create_task(subscription.take(3, linger=5))
        for n in range(3):
            await bus.publish(lane.event(str(n)))
        async with asyncio.timeout(4):
            assert len(await taking) == 3


async def test_a_cancelled_take_loses_nothing(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    async with bus.subscribe(lane.queue.name) as subscription:
        taking = asyncio.create_task(subscription.take(2, linger=30))
        await bus.publish(lane.event())
        await asyncio.sleep(0.05)
        taking.cancel()
        await asyncio.wait([taking])
        await take_one(subscription)


async def test_an_event_that_nobody_would_hear_is_a_failure(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    with pytest.raises(TemporaryError):
        await bus.publish(lane.event(exchange=Exchange.COMMANDS))


async def test_a_queue_gets_what_any_of_its_bindings_matches_once(bus: Bus, lane: Lane) -> None:
    queue = lane.queue_of("several", "a.*", "a.b", "c.#")
    await bus.declare([queue])
    for key in ("a.b", "c", "c.d.e", "a.x"):
        await bus.publish(lane.event(key, key=key))
    async with bus.subscribe(queue.name) as subscription:
        got = [delivery.body.decode() for delivery in await take_all(subscription, 4)]
        assert await nothing_comes(subscription)
    assert sorted(got) == ["a.b", "a.x", "c", "c.d.e"]


async def test_topics_mean_the_same_on_every_bus(bus: Bus, lane: Lane) -> None:
    patterns = ("#", "*", "a.#", "#.b", "*.b", "a.*.b", "a.#.b", "a")
    keys = ("a", "b", "a.b", "a.c.b", "a.c.d.b", "a.", ".b", "a..b")
    queues = {pattern: lane.queue_of(f"q{n}", pattern) for n, pattern in enumerate(patterns)}
    await bus.declare(list(queues.values()))
    for key in keys:
        await bus.publish(lane.event(key=key))
    expected = {pattern: sum(matches(f"x.{pattern}", f"x.{key}") for key in keys) for pattern in patterns}
    assert {pattern: await bus.depth(queue.name) for pattern, queue in queues.items()} == expected


async def test_every_queue_that_matches_gets_its_own_copy(bus: Bus, lane: Lane) -> None:
    one, two = lane.queue_of("one", "#"), lane.queue_of("two", "a")
    await bus.declare([one, two])
    await bus.publish(lane.event("both"))
    for queue in (one, two):
        async with bus.subscribe(queue.name) as subscription:
            delivery = await take_one(subscription)
            assert delivery.body == b"both"
            await delivery.ack()


async def test_hundreds_published_at_once_all_arrive_once(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await asyncio.gather(*(bus.publish(lane.event(str(n))) for n in range(600)))
    async with bus.subscribe(lane.queue.name, prefetch=1000) as subscription:
        got = [delivery.body for delivery in await take_all(subscription, 600)]
        assert await nothing_comes(subscription)
    assert sorted(got) == sorted(b"%d" % n for n in range(600))


async def test_many_published_in_one_call_all_arrive_once_and_in_order(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    bodies = [str(n) + "x" * (200_000 if n == 7 else 0) for n in range(300)]  # one is larger than a frame
    assert await bus.publish_all([lane.event(body) for body in bodies]) == [None] * 300
    async with bus.subscribe(lane.queue.name, prefetch=1000) as subscription:
        got = [delivery.body.decode() for delivery in await take_all(subscription, 300)]
        assert await nothing_comes(subscription)
    assert got == bodies


async def test_of_many_published_in_one_call_each_has_its_own_outcome(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    unheard = lane.event("unheard", exchange=Exchange.COMMANDS)
    first, lost, last = await bus.publish_all([lane.event("first"), unheard, lane.event("last")])
    assert (first, last) == (None, None)
    assert isinstance(lost, TemporaryError)
    async with bus.subscribe(lane.queue.name) as subscription:
        assert [delivery.body for delivery in await take_all(subscription, 2)] == [b"first", b"last"]


async def test_nothing_published_in_one_call_is_no_trouble(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    assert await bus.publish_all([]) == []


async def test_depth_counts_what_waits(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    for n in range(5):
        await bus.publish(lane.event(str(n)))
    assert await bus.depth(lane.queue.name) == 5
    async with bus.subscribe(lane.queue.name, prefetch=2) as subscription:
        await take_all(subscription, 2)
        assert await bus.depth(lane.queue.name) == 3


async def test_publisher_headers_travel(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    event = lane.event()
    await bus.publish(
        type(event)(
            exchange=event.exchange, key=event.key, body=event.body, event_id="", headers={"reason": "parser", "x": "é"}
        )
    )
    async with bus.subscribe(lane.queue.name) as subscription:
        delivery = await take_one(subscription)
    assert (delivery.event_id, dict(delivery.headers)) == ("", {"reason": "parser", "x": "é"})


async def test_declaring_again_keeps_what_is_there(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await bus.publish(lane.event())
    await bus.declare([lane.queue])
    assert await bus.depth(lane.queue.name) == 1


async def test_an_unknown_queue_is_temporary_trouble(bus: Bus, lane: Lane) -> None:
    with pytest.raises(TemporaryError):
        await bus.depth(lane.queue.name)
    with pytest.raises(TemporaryError):
        async with bus.subscribe(lane.queue.name):
            pass
    with pytest.raises(TemporaryError):
        await anext(bus.read_log(lane.log.name))


async def test_a_closed_bus_says_so(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await bus.probe()
    await bus.close()
    with pytest.raises(TemporaryError):
        await bus.publish(lane.event())
    (error,) = await bus.publish_all([lane.event()])
    assert isinstance(error, TemporaryError)
    with pytest.raises(TemporaryError):
        await bus.probe()
