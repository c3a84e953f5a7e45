"""The two ends of a measurement: what publishes messages, and the helpdesk that hears their ticket events."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from msgspec import Struct

from benchmarks.conversations import outgoing
from threadline_contracts.message import InboundMessage
from threadline_contracts.topology import Binding, Exchange, Queue
from threadline_shared.bus import Bus, Outgoing

# One event a message, whatever else threads tells.
HELPDESK: Final = Queue(
    name="bench.helpdesk",
    bindings=(Binding(Exchange.TICKETS, "ticket.opened.*"), Binding(Exchange.TICKETS, "ticket.message_added.*")),
)
_TOGETHER: Final = 200  # messages
_TICK: Final = 0.002  # seconds
_LONGEST: Final = 600  # seconds that anything may take

Letter = tuple[str, Outgoing]  # a message's external id, and the message as it is published


class _Message(Struct):
    external_id: str


class _Data(Struct):
    message: _Message


class _Event(Struct):
    data: _Data


_decoder: Final = msgspec.json.Decoder(_Event)  # as little as will do: it shares the processor with what it measures


class Desk:
    """A helpdesk that notes when each message's ticket event came (seconds of the performance counter)."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.heard: dict[str, float] = {}
        self._more = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Desk"]:
        """Listen until the block ends."""
        task = asyncio.create_task(self._listen())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _listen(self) -> None:
        async with self._bus.subscribe(HELPDESK.name, prefetch=2 * _TOGETHER) as subscription:
            while True:
                batch = await subscription.take(_TOGETHER)
                now = time.perf_counter()
                for delivery in batch:
                    self.heard.setdefault(_decoder.decode(delivery.body).data.message.external_id, now)
                await subscription.ack(batch)
                self._more.set()

    async def until(self, count: int) -> None:
        """Wait until `count` messages were heard of."""
        async with asyncio.timeout(_LONGEST):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()

    async def swallow(self, count: int) -> None:
        """Forget that many events that wait; nobody may be listening."""
        async with asyncio.timeout(_LONGEST), self._bus.subscribe(HELPDESK.name, prefetch=1000) as subscription:
            while count > 0:
                batch = await subscription.take(1000)
                await subscription.ack(batch)
                count -= len(batch)


def letters(messages: Iterable[InboundMessage]) -> list[Letter]:
    """Return messages ready to be published, so that publishing costs as little as may be."""
    return [(message.external_id, outgoing(message)) for message in messages]


async def publish(bus: Bus, some: Sequence[Letter]) -> dict[str, float]:
    """Publish as fast as it goes; return when each was handed over, by external id."""
    sent: dict[str, float] = {}
    for start in range(0, len(some), _TOGETHER):
        await _publish_together(bus, some[start : start + _TOGETHER], sent)
    return sent


async def publish_paced(bus: Bus, some: Sequence[Letter], rate: float) -> dict[str, float]:
    """Publish `rate` messages a second; return when each was handed over, by external id."""
    sent: dict[str, float] = {}
    began, done = time.perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        while done < len(some):
            due = min(len(some), int((time.perf_counter() - began) * rate) + 1)
            if due > done:
                group.create_task(_publish_together(bus, some[done:due], sent))
                done = due
            await asyncio.sleep(_TICK)
    return sent


async def latencies(bus: Bus, desk: Desk, some: Sequence[Letter], rate: float) -> list[float]:
    """Return the seconds from publishing to the event of each message, at a pace; `rate` 0: one after the other."""
    before = len(desk.heard)
    if rate:
        sent = await publish_paced(bus, some, rate)
    else:
        sent = {}
        for number, letter in enumerate(some, 1):
            await _publish_together(bus, [letter], sent)
            await desk.until(before + number)
    await desk.until(before + len(some))
    return [desk.heard[name] - at for name, at in sent.items()]


async def waiting(bus: Bus, count: int) -> None:
    """Return when so many events wait for the helpdesk."""
    async with asyncio.timeout(_LONGEST):
        while await bus.depth(HELPDESK.name) < count:  # noqa: ASYNC110 - it is the broker that counts
            await asyncio.sleep(0.02)


async def _publish_together(bus: Bus, some: Sequence[Letter], sent: dict[str, float]) -> None:
    now = time.perf_counter()
    sent.update((name, now) for name, _ in some)
    failed = [error for error in await bus.publish_all([event for _, event in some]) if error is not None]
    if failed:
        raise failed[0]
