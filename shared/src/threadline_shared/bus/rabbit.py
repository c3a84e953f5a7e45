"""The bus on RabbitMQ, 3.10 to 4.x: quorum queues, a stream for the log, publisher confirms.

Two connections: a broker short of memory or disk stops reading from those that publish, and acknowledgements must not
wait behind.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Queue
from threadline_shared.bus import DEFAULT_PREFETCH, LogEntry, Outgoing
from threadline_shared.bus.loans import Retries
from threadline_shared.bus.rabbit_consumer import Consumer, follow_log
from threadline_shared.bus.rabbit_feed import Source
from threadline_shared.bus.rabbit_link import Link, NotFoundError
from threadline_shared.bus.rabbit_post import Post
from threadline_shared.bus.rabbit_topology import Topology, rung
from threadline_shared.log import logger

PUBLISH_TIMEOUT: Final = 10.0  # seconds
LOG_MAX_AGE: Final = 14 * 24 * 3600.0  # seconds

_log = logger()


class RabbitBus:
    """A Bus; made by `open_rabbit_bus`."""

    def __init__(self, url: str, *, retries: Retries, publish_timeout: float, log_max_age: float) -> None:
        self._retries = retries
        self._topology = Topology(log_max_age=log_max_age)
        self._out = Link(url, "publisher", self._topology.furnish)
        self._in = Link(url, "consumer")
        self._post = Post(self._out, publish_timeout)
        self._source = Source(self._in, self._topology)
        self._consumers: set[Consumer] = set()

    async def declare(self, queues: Sequence[Queue]) -> None:
        """Make the queues exist. When the broker is away, that is done before anything else as soon as it is back."""
        self._topology.add(queues)
        try:
            async with self._out.temporary_channel() as channel:
                await self._topology.make(channel, [queue.name for queue in queues])
        except TemporaryError as err:
            _log.warning("queue.postponed", queues=[queue.name for queue in queues], reason=str(err))
            await self._out.reset()

    async def publish(self, outgoing: Outgoing) -> None:
        """Return when the event is confirmed by every queue it routes to."""
        await self._post.publish(outgoing)

    async def publish_all(self, batch: Sequence[Outgoing]) -> Sequence[TemporaryError | None]:
        """Publish many at once."""
        return await self._post.publish_all(batch)

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int = DEFAULT_PREFETCH) -> AsyncIterator[Consumer]:
        """Consume a queue."""
        consumer = Consumer(self._source, self._post, queue, prefetch=prefetch, retries=self._retries)
        await consumer.begin()
        self._consumers.add(consumer)
        keeping = asyncio.create_task(consumer.keep(), name=f"consume {queue}")
        keeping.add_done_callback(lambda _: consumer.close())
        try:
            yield consumer
        finally:
            keeping.cancel()
            self._consumers.discard(consumer)
            with suppress(asyncio.CancelledError):
                await asyncio.wait([keeping])
                keeping.result()  # had it died by itself, this says of what
            await consumer.leave()

    def read_log(self, queue: str, *, after: int = -1) -> AsyncIterator[LogEntry]:
        """Read a log, and follow it."""
        return follow_log(self._source, queue, after)

    async def depth(self, queue: str) -> int:
        """Return how many messages wait, those in backoff too."""
        rungs = [rung(queue, delay) for delay in self._retries.backoff]
        return await self._count(queue) + sum([await self._count(name, missing=0) for name in rungs])

    async def probe(self) -> None:
        """Return when the broker takes publications."""
        await self._post.probe()

    async def close(self) -> None:
        """Stop every consumer, and close the connections."""
        for consumer in self._consumers:
            consumer.close()
        await self._in.close()
        await self._out.close()
        await self._post.close()

    async def _count(self, queue: str, *, missing: int | None = None) -> int:
        async with self._in.temporary_channel() as channel:
            try:
                found = await channel.queue_declare(queue, passive=True)
            except NotFoundError:
                if missing is None:
                    raise
                return missing
        return found.message_count or 0


@asynccontextmanager
async def open_rabbit_bus(
    url: str,
    *,
    retries: Retries | None = None,
    publish_timeout: float = PUBLISH_TIMEOUT,
    log_max_age: float = LOG_MAX_AGE,
) -> AsyncIterator[RabbitBus]:
    """Open a bus on the broker of an amqp(s) URL. It connects at the first use, and again whenever it must."""
    bus = RabbitBus(url, retries=retries or Retries(), publish_timeout=publish_timeout, log_max_age=log_max_age)
    try:
        yield bus
    finally:
        await bus.close()
