"""The reference consumer's copy is the database's tickets, whatever happens on the way: real broker, real database."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from support.bus import eventually
from support.commands import a_split, carry_out
from support.copies import ReferenceConsumer, becomes, originals, shown
from support.tasks import begin, finish
from support.threads import seeded
from support.threads_drafts import deliveries, drafts
from support.threads_house import KEYS, House, open_house
from threadline_contracts.commands import RepublishRequested
from threadline_contracts.topology import ALWAYS, Exchange
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_shared.health import component
from threadline_threads.relay import Relay
from threadline_threads.republishing.job import Republisher

pytestmark = [pytest.mark.rabbit, pytest.mark.postgres]


class Gateway:
    """The half of Threadline that a consumer hears of: a database of tickets, and the relay that tells of them."""

    def __init__(self, house: House, bus: Bus) -> None:
        self.house = house
        self.bus = bus
        self._relay = Relay(house.store, bus, component("relay", kind="relay"))
        self._dice = seeded(11)

    async def converse(self, desks: int, *, first: int = 0) -> Sequence[UUID]:
        """Place some hundred messages of a few desks, in any order, and tell of them; return their ids."""
        made = [draft for n in range(desks) for draft in drafts(seeded(first + n), 20, first=20 * (first + n))]
        for batch in deliveries(self._dice, made):
            await self.house.place(*batch)
        while await self._relay.announce():
            pass
        return [draft.message().id for draft in made]

    async def repeat(self, share: float) -> None:
        """Publish a part of everything told so far again, in any order."""
        events = [event for event in await self.house.history() if self._dice.random() < share]
        self._dice.shuffle(events)
        async with asyncio.TaskGroup() as group:
            for event in events:
                again = Outgoing(exchange=Exchange.TICKETS, key=event.type, body=event.body, event_id="again")
                group.create_task(self.bus.publish(again))


@pytest.fixture
async def gateway(amqp_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Gateway]:
    env = {
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_DATABASE_URL": database_url,
        "THREADLINE_DATA_DIR": str(tmp_path),
    }
    async with open_house(env) as house, open_rabbit_bus(amqp_url) as bus:
        await bus.declare(ALWAYS)
        yield Gateway(house, bus)


@pytest.fixture
def consumer(amqp_url: str, tmp_path: Path) -> Iterator[ReferenceConsumer]:
    one = ReferenceConsumer(amqp_url, tmp_path)
    yield one
    one.kill()


async def test_the_copy_is_right_under_duplicates_disorder_and_restarts(
    gateway: Gateway, consumer: ReferenceConsumer
) -> None:
    consumer.start()
    await eventually(lambda: listens(gateway.bus))
    messages = [*await gateway.converse(8)]
    await gateway.repeat(0.5)
    await eventually(lambda: knows(consumer, 20))
    consumer.kill()
    messages += await gateway.converse(8, first=8)
    await gateway.repeat(0.5)
    consumer.start()
    expected = await originals(gateway.house.reader, messages)
    assert any(header["root"] != header["id"] for header in expected["tickets"].values())
    await becomes(consumer, expected)


async def test_one_that_comes_late_reads_the_log_first(gateway: Gateway, consumer: ReferenceConsumer) -> None:
    messages = [*await gateway.converse(6)]
    consumer.start(replay=True)
    await eventually(lambda: knows(consumer, 10))
    consumer.kill()
    messages += await gateway.converse(4, first=6)
    consumer.start(replay=True)
    await becomes(consumer, await originals(gateway.house.reader, messages))


async def test_one_that_starts_from_nothing_hears_a_republication(
    gateway: Gateway, consumer: ReferenceConsumer
) -> None:
    messages = [*await gateway.converse(6)]
    await carry_out(gateway.house, a_split(drafts(seeded(0), 20)[3].message()))
    consumer.start()
    await eventually(lambda: listens(gateway.bus))
    await begin(gateway.house, RepublishRequested(by="operator"), "again")
    messages += await gateway.converse(2, first=6)
    await finish(gateway.house, RepublishRequested, Republisher(gateway.house.store, gateway.bus).step)
    await gateway.repeat(0.2)
    await becomes(consumer, await originals(gateway.house.reader, messages))


async def test_a_killed_one_has_a_whole_file(gateway: Gateway, consumer: ReferenceConsumer) -> None:
    await gateway.converse(10)
    for _ in range(3):
        consumer.start(replay=True)
        await eventually(lambda: knows(consumer, 1))
        consumer.kill()
        assert shown(consumer.copy())["tickets"]


async def listens(bus: Bus) -> bool:
    try:
        await bus.depth("helpdesk")
    except Exception:  # noqa: BLE001 - the broker says that there is no such queue
        return False
    return True


async def knows(consumer: ReferenceConsumer, messages: int) -> bool:
    return len(consumer.copy()["messages"]) >= messages
