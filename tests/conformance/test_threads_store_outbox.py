"""What every outbox promises: each event is told, in commit order, and again after a crash under the same id."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
from typing_extensions import override

from support.bus import eventually, take_all
from support.threads_house import House, Said, open_house, said
from support.threads_shelf import a_mail
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import TICKET_LOG, Binding, Exchange, Queue
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.health import ComponentState, component
from threadline_threads.relay import Relay
from threadline_threads.store import open_store

HELPDESK = Queue(name="helpdesk", bindings=(Binding(Exchange.TICKETS, "ticket.#"),))


class CrashError(BaseException):
    """The process dies here."""


class BusThatDiesAfter(MemoryBus):
    """Takes so many events; then the process that publishes dies, or (`away`) the bus does."""

    def __init__(self, number: int, *, away: bool = False) -> None:
        super().__init__()
        self._left = number
        self._away = away

    @override
    async def publish(self, outgoing: Outgoing) -> None:
        self._left -= 1
        if self._left < 0:
            raise TemporaryError("the bus is away") if self._away else CrashError
        await super().publish(outgoing)


async def published(bus: Bus, number: int) -> list[str]:
    async with bus.subscribe(HELPDESK.name, prefetch=10_000) as subscription:
        taken = await take_all(subscription, number)
        await subscription.ack(taken)
        return [delivery.event_id for delivery in taken]


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    yield
    task.cancel()
    await asyncio.wait([task])


def a_relay(house: House, bus: Bus) -> Relay:
    return Relay(house.store, bus, component("test/relay"), poll=0.02)


async def test_every_event_is_announced_once_with_its_key_and_id(house: House) -> None:
    bus = MemoryBus()
    await bus.declare([HELPDESK])
    await house.place(*(a_mail(f"m{n}") for n in range(50)))
    assert await a_relay(house, bus).announce() == 50
    assert await a_relay(house, bus).announce() == 0
    async with bus.subscribe(HELPDESK.name) as subscription:
        deliveries = await take_all(subscription, 50)
    assert {delivery.key for delivery in deliveries} == {"ticket.opened.v1"}
    assert len({delivery.event_id for delivery in deliveries}) == 50


async def test_a_crash_between_confirm_and_note_tells_again_under_the_same_ids(house: House) -> None:
    bus = BusThatDiesAfter(10)
    await bus.declare([HELPDESK])
    await house.place(*(a_mail(f"m{n}") for n in range(10)))
    assert await a_relay(house, bus).announce() == 10
    await house.place(*(a_mail(f"m{n}") for n in range(10, 20)))
    with pytest.raises(CrashError):
        await a_relay(house, bus).announce()  # nothing of it was noted as sent
    survivor = MemoryBus()
    await survivor.declare([HELPDESK])
    async with house.store.claim(100) as claim:
        waiting = [event.event_id for event in claim.events]
    assert await a_relay(house, survivor).announce() == 10
    assert sorted(await published(survivor, 10)) == sorted(waiting)


async def test_while_the_bus_is_away_what_it_took_is_noted_and_the_rest_waits(house: House) -> None:
    bus = BusThatDiesAfter(4, away=True)
    await bus.declare([HELPDESK])
    await house.place(*(a_mail(f"m{n}") for n in range(10)))
    with pytest.raises(TemporaryError):
        await a_relay(house, bus).announce()
    assert (await house.store.backlog()).events == 6
    assert len(set(await published(bus, 4))) == 4


async def test_a_relay_goes_on_when_the_bus_comes_back(house: House) -> None:
    class Flaky(MemoryBus):
        away = True

        @override
        async def publish(self, outgoing: Outgoing) -> None:
            if self.away:
                raise TemporaryError("away")
            await super().publish(outgoing)

    bus = Flaky()
    await bus.declare([HELPDESK, TICKET_LOG])
    relay = a_relay(house, bus)
    async with running(relay):
        await house.place(a_mail("m1"))
        relay.wake()
        await eventually(in_trouble)
        bus.away = False
        assert len(await published(bus, 1)) == 1


async def test_an_idle_relay_notices_what_somebody_else_committed(house: House) -> None:
    bus = MemoryBus()
    await bus.declare([HELPDESK])
    async with running(a_relay(house, bus)):
        await house.place(a_mail("m1"))
        assert len(await published(bus, 1)) == 1


async def test_several_relays_share_the_work_without_telling_twice(threads_env: Mapping[str, str]) -> None:
    async with open_house(threads_env) as house, AsyncExitStack() as stack:
        bus = MemoryBus()
        await bus.declare([HELPDESK])
        for _ in range(4):
            replica = "THREADLINE_DATABASE_URL" in threads_env
            store = await stack.enter_async_context(open_store(threads_env)) if replica else house.store
            await stack.enter_async_context(running(Relay(store, bus, component("test/relay"), poll=0.02)))
        for start in range(0, 400, 40):
            await house.place(*(a_mail(f"m{n}") for n in range(start, start + 40)))
        ids = await published(bus, 400)
        await eventually(lambda: nothing_waits(house))
        assert len(set(ids)) == 400
        assert await bus.depth(HELPDESK.name) == 0


async def in_trouble() -> bool:
    return component("test/relay").state is ComponentState.TROUBLE


async def nothing_waits(house: House) -> bool:
    return (await house.store.backlog()).events == 0


async def test_the_backlog_says_since_when(house: House) -> None:
    assert await house.store.backlog() == await house.store.backlog()
    assert (await house.store.backlog()).since is None
    await house.place(a_mail("m1"))
    (trace,) = await house.reader.trace("m1@example.org")
    assert (await house.store.backlog()).since == trace.committed_at
    relay = a_relay(house, MemoryBus())
    await relay.measure()


async def test_a_trace_tells_when_the_bus_confirmed(house: House) -> None:
    await house.place(a_mail("m1"))
    (trace,) = await house.reader.trace("m1@example.org")
    assert [hop.announced_at for hop in trace.events] == [None]
    (event,) = await house.announce()
    (trace,) = await house.reader.trace("m1@example.org")
    (hop,) = trace.events
    assert (hop.id, hop.type) == (event.id, event.type)
    assert hop.announced_at is not None
    assert hop.announced_at >= hop.committed_at == trace.committed_at


async def test_readers_see_every_event_in_the_order_of_the_commits(house: House) -> None:
    for name in ("m1", "m2", "m3"):
        await house.place(a_mail(name))
    history = await house.history()
    last = await house.reader.last_sequence()
    assert [event.sequence for event in history] == [1, 2, 3]
    assert last == 3
    assert list(await house.reader.events(1, 1)) == history[1:2]
    assert list(await house.reader.events(last)) == []


@pytest.mark.postgres
async def test_what_commits_late_is_never_passed_by(database_url: str) -> None:
    async with open_house({"THREADLINE_DATABASE_URL": database_url}) as house:
        slow = await asyncpg.connect(database_url)
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(
            "INSERT INTO threads.outbox (event_id, type, committed_at, body) VALUES ('slow', 'x', now(), '')"
        )
        await house.place(a_mail("m1"))
        (seen,) = await house.history()
        await transaction.commit()
        await house.store.claim(10).__aenter__()
        (late,) = await house.reader.events(seen.sequence)
        assert (late.type, late.sequence > seen.sequence) == ("x", True)
        await slow.close()


async def test_events_are_those_of_the_contract(house: House) -> None:
    for mail in (a_mail("m1"), a_mail("m2"), a_mail("m3", cites=["m1", "m2"])):
        await house.place(mail)
    events = await house.announce()
    assert [event.type for event in events] == [
        "ticket.opened.v1",
        "ticket.opened.v1",
        "ticket.message_added.v1",
        "ticket.updated.v1",
        "ticket.merged.v1",
    ]
    told = [one for one in map(said, events) if isinstance(one, Said)]
    assert [str(one.ticket.id) for one in told] == [event.subject for event in events]
