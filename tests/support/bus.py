"""Buses for the tests: builders of events, a bus that can be away, and waiting with a limit."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Final

import pytest
from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import ALWAYS, Binding, Exchange, Queue, QueueKind
from threadline_shared.bus import DEFAULT_PREFETCH, Bus, Delivery, LogEntry, Outgoing, Subscription
from threadline_shared.bus.loans import Retries
from threadline_shared.bus.memory import MemoryBus

QUICK: Final = Retries(backoff=(0.02, 0.05), limit=3)  # seconds; as in production, only faster
_numbers: Final = count(1)


def an_event(
    body: bytes | str = b"{}", *, key: str = "message.received.v1.email", exchange: Exchange = Exchange.MESSAGES
) -> Outgoing:
    """Return an event with an id of its own."""
    raw = body.encode() if isinstance(body, str) else body
    return Outgoing(exchange=exchange, key=key, body=raw, event_id=f"event-{next(_numbers)}")


def a_queue(name: str, *patterns: str, exchange: Exchange = Exchange.MESSAGES) -> Queue:
    """Return a work queue bound by patterns (default: everything)."""
    return Queue(name=name, bindings=tuple(Binding(exchange, pattern) for pattern in patterns or ("#",)))


async def take_one(subscription: Subscription, *, within: float = 10.0) -> Delivery:
    """Return the next delivery; fails when none comes in time."""
    async with asyncio.timeout(within):
        (delivery,) = await subscription.take(1)
    return delivery


async def take_all(subscription: Subscription, number: int, *, within: float = 10.0) -> Sequence[Delivery]:
    """Return that many deliveries; fails when they do not come in time."""
    taken: list[Delivery] = []
    async with asyncio.timeout(within):
        while len(taken) < number:
            taken += await subscription.take(number - len(taken))
    return taken


async def nothing_comes(subscription: Subscription, *, for_seconds: float = 0.15) -> bool:
    """Whether the subscription stays silent for a while."""
    try:
        async with asyncio.timeout(for_seconds):
            await subscription.take(1)
    except TimeoutError:
        return True
    return False


async def publish_until_confirmed(bus: Bus, outgoing: Outgoing, *, within: float = 30.0) -> None:
    """Publish as a door does: the bus may be away for a while."""
    async with asyncio.timeout(within):
        while True:
            try:
                await bus.publish(outgoing)
            except TemporaryError:
                await asyncio.sleep(0.05)
            else:
                return


async def eventually(condition: Callable[[], Awaitable[bool]], *, within: float = 10.0) -> None:
    """Wait until a condition holds; fails when it does not in time."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110 - the condition may be in another process
            await asyncio.sleep(0.01)


class Lane(Struct, frozen=True):
    """Names that no other test uses, on whatever bus."""

    name: str

    @property
    def queue(self) -> Queue:
        return self.queue_of("work", "#")

    @property
    def dead(self) -> Queue:
        return Queue(name=f"{self.name}.dead", bindings=(Binding(Exchange.DEAD, f"{self.name}.#"),))

    @property
    def log(self) -> Queue:
        bindings = (Binding(Exchange.TICKETS, f"{self.name}.#"),)
        return Queue(name=f"{self.name}.log", bindings=bindings, kind=QueueKind.LOG)

    def queue_of(self, name: str, *patterns: str) -> Queue:
        return a_queue(f"{self.name}.{name}", *(f"{self.name}.{pattern}" for pattern in patterns))

    def event(self, body: str = "{}", *, key: str = "a", exchange: Exchange = Exchange.MESSAGES) -> Outgoing:
        return an_event(body, key=f"{self.name}.{key}", exchange=exchange)


@pytest.fixture
def lane() -> Lane:
    """Return names of this test alone."""
    return Lane(f"t{secrets.token_hex(4)}")


class InterruptedBus:
    """A bus whose publications and probes fail with TemporaryError while `away` is set."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.away = False

    async def declare(self, queues: Sequence[Queue]) -> None:
        await self._bus.declare(queues)

    async def publish(self, outgoing: Outgoing) -> None:
        await self.probe()
        await self._bus.publish(outgoing)

    async def publish_all(self, batch: Sequence[Outgoing]) -> Sequence[TemporaryError | None]:
        try:
            await self.probe()
        except TemporaryError as err:
            return [err] * len(batch)
        return await self._bus.publish_all(batch)

    def subscribe(self, queue: str, *, prefetch: int = DEFAULT_PREFETCH) -> AbstractAsyncContextManager[Subscription]:
        return self._bus.subscribe(queue, prefetch=prefetch)

    def read_log(self, queue: str, *, after: int = -1) -> AsyncIterator[LogEntry]:
        return self._bus.read_log(queue, after=after)

    async def depth(self, queue: str) -> int:
        return await self._bus.depth(queue)

    async def probe(self) -> None:
        if self.away:
            raise TemporaryError("the bus is away")
        await self._bus.probe()

    async def close(self) -> None:
        await self._bus.close()


@pytest.fixture
async def memory_bus() -> AsyncIterator[MemoryBus]:
    """Return a bus inside this process, with everything that always exists declared, and quick retries."""
    bus = MemoryBus(retries=QUICK)
    await bus.declare(ALWAYS)
    yield bus
    await bus.close()
