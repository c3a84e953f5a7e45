"""What every bus promises of a message on loan: settled once, retried, buried, released, shared out."""

import asyncio
import random
from collections import Counter
from contextlib import suppress

from support.bus import QUICK, Lane, eventually, nothing_comes, take_all, take_one
from threadline_shared.bus import Bus, Delivery


async def test_an_acknowledged_one_never_comes_again(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).ack()
    async with bus.subscribe(lane.queue.name) as subscription:
        assert await nothing_comes(subscription)


async def test_a_batch_is_acknowledged_at_once(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await asyncio.gather(*(bus.publish(lane.event(str(n))) for n in range(50)))
    async with bus.subscribe(lane.queue.name) as subscription:
        await subscription.ack(await take_all(subscription, 50))
    assert await bus.depth(lane.queue.name) == 0


async def test_a_failed_one_comes_back_counted(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    event = lane.event("again")
    await bus.publish(event)
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).retry("no luck")
        second = await take_one(subscription)
    assert (second.attempts, second.body) == (1, b"again")
    assert (second.exchange, second.key, second.event_id) == (event.exchange, event.key, event.event_id)


async def test_a_failed_one_comes_back_after_its_backoff_and_keeps_nobody_waiting(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    for body in ("fails", "works"):
        await bus.publish(lane.event(body))
    loop = asyncio.get_running_loop()
    async with bus.subscribe(lane.queue.name, prefetch=1) as subscription:
        began = loop.time()
        await (await take_one(subscription)).retry("no luck")
        other = await take_one(subscription)
        assert other.body == b"works"
        await other.ack()
        assert (await take_one(subscription)).body == b"fails"
        assert loop.time() - began >= QUICK.delay(0)


async def test_one_that_keeps_failing_is_buried_with_its_reason(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue, lane.dead])
    event = lane.event("poison")
    await bus.publish(event)
    async with bus.subscribe(lane.queue.name) as subscription:
        for _ in range(3):
            await (await take_one(subscription)).retry("boom")
        assert await nothing_comes(subscription)
    async with bus.subscribe(lane.dead.name) as dead_letters:
        dead = await take_one(dead_letters)
    assert (dead.body, dead.exchange, dead.key, dead.event_id) == (b"poison", event.exchange, event.key, event.event_id)
    assert (dead.headers["reason"], dead.headers["queue"], dead.headers["attempts"]) == ("boom", lane.queue.name, "3")
    assert dead.headers["buried_at"]
    assert dead.attempts == 0


async def test_one_beyond_help_is_buried_at_once(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue, lane.dead])
    await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).bury("not JSON \ud800")
    async with bus.subscribe(lane.dead.name) as dead_letters:
        dead = await take_one(dead_letters)
    assert (dead.headers["reason"], dead.headers["attempts"]) == ("not JSON ?", "1")


async def test_releasing_spends_no_delivery_however_often(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await bus.publish(lane.event())
    for _ in range(25):  # RabbitMQ gives up after 20 deliveries of its own counting
        async with bus.subscribe(lane.queue.name) as subscription:
            delivery = await take_one(subscription)
            await delivery.release()
    async with bus.subscribe(lane.queue.name) as subscription:
        assert (await take_one(subscription)).attempts == 0


async def test_leaving_returns_loans_uncounted(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    for n in range(10):
        await bus.publish(lane.event(str(n)))
    async with bus.subscribe(lane.queue.name) as subscription:
        await take_all(subscription, 5)
    async with bus.subscribe(lane.queue.name) as subscription:
        again = await take_all(subscription, 10)
    assert {delivery.body for delivery in again} == {b"%d" % n for n in range(10)}
    assert {delivery.attempts for delivery in again} == {0}


async def test_settling_a_void_loan_does_nothing(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        void = await take_one(subscription)
    await void.ack()
    await void.retry("late")
    async with bus.subscribe(lane.queue.name) as subscription:
        assert (await take_one(subscription)).attempts == 0


async def test_settling_twice_does_nothing_more(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        delivery = await take_one(subscription)
        await delivery.ack()
        await delivery.retry("too late")
        assert await nothing_comes(subscription)


async def consume_for_ever(bus: Bus, queue: str, got: list[bytes]) -> None:
    async with bus.subscribe(queue, prefetch=5) as subscription:
        while True:
            for delivery in await subscription.take(5):
                got.append(delivery.body)
                await delivery.ack()


async def test_competing_consumers_share_without_overlap(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    shares: list[list[bytes]] = [[], [], []]
    tasks = [asyncio.create_task(consume_for_ever(bus, lane.queue.name, share)) for share in shares]
    for n in range(150):
        await bus.publish(lane.event(str(n)))

    async def all_came() -> bool:
        return sum(map(len, shares)) >= 150

    await eventually(all_came)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert sorted(body for share in shares for body in share) == sorted(b"%d" % n for n in range(150))


async def test_a_busy_consumer_keeps_nobody_from_working(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    async with bus.subscribe(lane.queue.name, prefetch=1) as busy, bus.subscribe(lane.queue.name, prefetch=1) as idle:
        for n in range(3):
            await bus.publish(lane.event(str(n)))
        held = await take_one(busy)
        for _ in range(2):
            delivery = await take_one(idle)
            assert delivery.body != held.body
            await delivery.ack()


async def test_no_more_than_the_prefetch_is_ever_on_loan(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue])
    for n in range(5):
        await bus.publish(lane.event(str(n)))
    async with bus.subscribe(lane.queue.name, prefetch=3) as subscription:
        loans = await take_all(subscription, 3)
        assert await nothing_comes(subscription)
        await loans[0].ack()
        await take_one(subscription)


async def settle_at_random(bus: Bus, lane: Lane, done: Counter[bytes], seed: str) -> None:
    dice = random.Random(seed)  # noqa: S311 - to be repeatable is the point
    while True:
        async with bus.subscribe(lane.queue.name, prefetch=dice.randint(1, 8)) as subscription:
            with suppress(TimeoutError):  # those it forgot may have used up its prefetch
                for _ in range(dice.randint(1, 10)):
                    async with asyncio.timeout(0.05):
                        deliveries = await subscription.take(dice.randint(1, 4), linger=0.001)
                    for delivery in deliveries:
                        await settle_one(delivery, done, dice.choice(["ack", "ack", "retry", "bury", "release", ""]))


async def settle_one(delivery: Delivery, done: Counter[bytes], verdict: str) -> None:
    match verdict:
        case "ack":
            await delivery.ack()
            done[delivery.body] += 1
        case "retry":
            await delivery.retry("dice")
        case "bury":
            await delivery.bury("dice")
        case "release":
            await delivery.release()


async def test_whatever_consumers_do_every_message_ends_once(bus: Bus, lane: Lane) -> None:
    await bus.declare([lane.queue, lane.dead])
    bodies = [b"%d" % n for n in range(120)]
    done: Counter[bytes] = Counter()
    async with bus.subscribe(lane.dead.name) as dead_letters:

        async def count_dead() -> None:
            while True:
                for dead in await dead_letters.take(50):
                    done[dead.body] += 1
                    await dead.ack()

        async def all_ended() -> bool:
            return len(done) == len(bodies)

        tasks = [asyncio.create_task(settle_at_random(bus, lane, done, f"dice {n}")) for n in range(3)]
        tasks.append(asyncio.create_task(count_dead()))
        for body in bodies:
            await bus.publish(lane.event(body.decode()))
        await eventually(all_ended, within=30)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert set(done.values()) == {1}
    assert await bus.depth(lane.queue.name) == 0
