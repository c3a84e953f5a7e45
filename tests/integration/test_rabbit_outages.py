"""The broker dies, freezes, refuses and comes back: nothing confirmed is lost, and nobody hangs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from support.bus import QUICK, Lane, eventually, nothing_comes, publish_until_confirmed, take_all, take_one
from support.rabbit import RabbitNode
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange
from threadline_shared.bus import Bus
from threadline_shared.bus.rabbit import open_rabbit_bus

pytestmark = pytest.mark.rabbit


@pytest.fixture
def url(rabbit_node: RabbitNode) -> str:
    return rabbit_node.fresh_url()


@pytest.fixture
async def bus(url: str, lane: Lane) -> AsyncIterator[Bus]:
    async with open_rabbit_bus(url, retries=QUICK) as bus:
        await bus.declare([lane.queue, lane.dead])
        yield bus


@asynccontextmanager
async def away(node: RabbitNode) -> AsyncIterator[None]:
    await asyncio.to_thread(node.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(node.start)


async def publish_many(bus: Bus, lane: Lane, name: str, confirmed: set[bytes], stop: asyncio.Event) -> None:
    number = 0
    while not stop.is_set():
        body = f"{name}-{number}"
        await publish_until_confirmed(bus, lane.event(body))
        confirmed.add(body.encode())
        number += 1


async def consume_many(bus: Bus, lane: Lane, got: set[bytes]) -> None:
    async with bus.subscribe(lane.queue.name) as subscription:
        while True:
            batch = await subscription.take(50, linger=0.003)
            got.update(delivery.body for delivery in batch)
            await subscription.ack(batch)


async def test_a_broker_killed_in_the_middle_of_everything_loses_nothing(
    bus: Bus, lane: Lane, rabbit_node: RabbitNode
) -> None:
    confirmed: set[bytes] = set()
    got: set[bytes] = set()
    stop = asyncio.Event()

    async def enough() -> bool:
        return len(got) > 200

    async def all_came() -> bool:
        return confirmed <= got

    consuming = asyncio.create_task(consume_many(bus, lane, got))
    publishing = [asyncio.create_task(publish_many(bus, lane, str(n), confirmed, stop)) for n in range(10)]
    await eventually(enough)
    async with away(rabbit_node):
        pass
    before = len(got)

    async def goes_on() -> bool:
        return len(got) > before + 200

    await eventually(goes_on, within=30)
    stop.set()
    await asyncio.wait(publishing)
    await eventually(all_came, within=30)
    consuming.cancel()
    await asyncio.wait([consuming])


async def test_of_batches_published_while_the_broker_dies_nothing_confirmed_is_lost(
    bus: Bus, lane: Lane, rabbit_node: RabbitNode
) -> None:
    confirmed: set[bytes] = set()
    stop = asyncio.Event()

    async def publish_batches() -> None:
        while not stop.is_set():
            batch = [lane.event(f"{len(confirmed)} {n}") for n in range(100)]
            errors = await bus.publish_all(batch)
            confirmed.update(one.body for one, error in zip(batch, errors, strict=True) if error is None)
            await asyncio.sleep(0.05 if any(errors) else 0)

    async def goes_on() -> bool:
        return len(confirmed) > enough

    publishing = asyncio.create_task(publish_batches())
    enough = 1000
    await eventually(goes_on)
    async with away(rabbit_node):
        pass
    enough = len(confirmed)
    await eventually(goes_on, within=30)
    stop.set()
    await publishing
    async with bus.subscribe(lane.queue.name, prefetch=1000) as subscription:
        while confirmed:
            taken = await take_all(subscription, 1)
            confirmed.difference_update(delivery.body for delivery in taken)
            await subscription.ack(taken)


async def test_loans_from_before_a_restart_are_void_and_come_again(
    bus: Bus, lane: Lane, rabbit_node: RabbitNode
) -> None:
    for n in range(5):
        await bus.publish(lane.event(str(n)))
    async with bus.subscribe(lane.queue.name) as subscription:
        old = await take_all(subscription, 5)
        async with away(rabbit_node):
            pass
        again = await take_all(subscription, 5, within=30)
        for delivery in old:  # their tags are those of the new loans
            await delivery.ack()
        assert sorted(delivery.body for delivery in again) == [b"0", b"1", b"2", b"3", b"4"]
        assert all(delivery.redelivered for delivery in again)
    async with bus.subscribe(lane.queue.name) as subscription:
        await take_all(subscription, 5)


async def test_while_the_broker_is_away_publishing_fails_at_once_and_works_again(
    bus: Bus, lane: Lane, rabbit_node: RabbitNode
) -> None:
    async with away(rabbit_node), asyncio.timeout(5):
        for _ in range(20):
            with pytest.raises(TemporaryError):
                await bus.publish(lane.event())
        with pytest.raises(TemporaryError):
            await bus.probe()
        with pytest.raises(TemporaryError):
            async with bus.subscribe(lane.queue.name):
                pass
    await publish_until_confirmed(bus, lane.event("back"))
    await bus.probe()


async def test_a_bus_opened_while_the_broker_is_away_declares_when_it_is_back(
    url: str, lane: Lane, rabbit_node: RabbitNode
) -> None:
    async with open_rabbit_bus(url) as bus:
        async with away(rabbit_node):
            await bus.declare([lane.queue])
        async with asyncio.timeout(20):
            await publish_until_confirmed(bus, lane.event("x"))
        assert await bus.depth(lane.queue.name) == 1


async def test_a_frozen_broker_is_temporary_trouble_within_the_timeout(
    url: str, lane: Lane, rabbit_node: RabbitNode
) -> None:
    async with open_rabbit_bus(url, publish_timeout=0.5) as bus:
        await bus.declare([lane.queue])
        rabbit_node.pause()
        try:
            async with asyncio.timeout(5):
                errors = await bus.publish_all(
                    [lane.event("frozen"), lane.event("unheard", exchange=Exchange.COMMANDS)]
                )
        finally:
            rabbit_node.resume()
        assert [type(error) for error in errors] == [TemporaryError, TemporaryError]
        # Confirms and returns of what was given up come now, and are nobody's trouble.
        for n in range(100):
            await bus.publish(lane.event(f"thawed {n}"))


async def test_a_connection_given_up_for_its_missing_heartbeat_cancels_nobody(
    url: str, lane: Lane, rabbit_node: RabbitNode
) -> None:
    async with open_rabbit_bus(f"{url}?heartbeat=1", publish_timeout=60) as bus:
        await bus.declare([lane.queue])
        async with bus.subscribe(lane.queue.name) as subscription:
            rabbit_node.pause()
            try:
                async with asyncio.timeout(20):
                    with pytest.raises(TemporaryError):
                        await bus.publish(lane.event("frozen"))
            finally:
                rabbit_node.resume()
            await publish_until_confirmed(bus, lane.event("thawed"))
            bodies = set()
            while b"thawed" not in bodies:
                delivery = await take_one(subscription, within=20)
                bodies.add(delivery.body)
                await delivery.ack()


async def test_a_broker_short_of_memory_blocks_publishers_only(
    bus: Bus, url: str, lane: Lane, rabbit_node: RabbitNode
) -> None:
    await bus.publish(lane.event("before"))
    async with (
        open_rabbit_bus(url, publish_timeout=0.5) as publisher,
        bus.subscribe(lane.queue.name) as subscription,
    ):
        await publisher.probe()
        delivery = await take_one(subscription)
        await asyncio.to_thread(rabbit_node.ctl, "set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            for refused in (publisher.publish(lane.event()), publisher.probe()):
                with pytest.raises(TemporaryError):
                    await refused
            await delivery.ack()
            assert await bus.depth(lane.queue.name) == 0
        finally:
            await asyncio.to_thread(rabbit_node.ctl, "set_vm_memory_high_watermark", "absolute", "512MB")
        await publish_until_confirmed(publisher, lane.event("after"))
        assert await nothing_comes(subscription) is False


async def test_connections_closed_by_an_operator_are_mended(bus: Bus, lane: Lane, rabbit_node: RabbitNode) -> None:
    async with bus.subscribe(lane.queue.name) as subscription:
        await asyncio.to_thread(rabbit_node.ctl, "close_all_connections", "maintenance")
        await publish_until_confirmed(bus, lane.event("after"))
        assert (await take_one(subscription)).body == b"after"


async def test_a_log_is_followed_across_a_restart(bus: Bus, lane: Lane, rabbit_node: RabbitNode) -> None:
    await bus.declare([lane.log])
    await bus.publish(lane.event("one", exchange=Exchange.TICKETS))
    entries = bus.read_log(lane.log.name)
    assert (await anext(entries)).outgoing.body == b"one"
    await asyncio.to_thread(rabbit_node.write_down)
    async with away(rabbit_node):
        pass
    await publish_until_confirmed(bus, lane.event("two", exchange=Exchange.TICKETS))
    async with asyncio.timeout(20):
        assert (await anext(entries)).outgoing.body == b"two"
