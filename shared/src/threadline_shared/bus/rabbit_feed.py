"""One consumer on a channel of its own, as long as the connection lasts."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from threadline_shared.bus.rabbit_link import (
    BROKER_ERRORS,
    Channel,
    DeliveredMessage,
    Link,
    broker_trouble,
    close_quietly,
)
from threadline_shared.bus.rabbit_topology import Topology

_OPEN_TIMEOUT: Final = 10.0  # seconds
_STOP_TIMEOUT: Final = 3.0  # seconds


class Source:
    """Where feeds come from: a connection, and the queues to make should they be missing."""

    def __init__(self, link: Link, topology: Topology) -> None:
        self.link = link
        self.topology = topology


class Feed:
    """What one channel delivers: `arrived` gets every message, in order, until `ended` is called and `lost` is set."""

    def __init__(
        self,
        source: Source,
        queue: str,
        arrived: Callable[[DeliveredMessage], None],
        *,
        ended: Callable[[], None] | None = None,
    ) -> None:
        self.lost = asyncio.Event()
        self._ended = ended
        self._source = source
        self._queue = queue
        self._arrived = arrived
        self._channel: Channel | None = None
        self._consumer = ""

    async def open(self, *, prefetch: int, arguments: Mapping[str, Any] | None = None) -> None:
        """Begin to consume. Raises TemporaryError."""
        try:
            with broker_trouble():
                async with asyncio.timeout(_OPEN_TIMEOUT):
                    await self._consume(await self._source.link.channel(), prefetch, arguments or {})
        except BaseException:
            await self.close()
            raise

    async def _consume(self, channel: Channel, prefetch: int, arguments: Mapping[str, Any]) -> None:
        self._channel = channel
        self._channel = channel = await self._source.topology.make(channel, [self._queue])
        await channel.basic_qos(prefetch_count=prefetch)
        channel.closing.add_done_callback(self._lose)
        channel.on_consumer_cancel_callbacks.add(self._lose)  # the queue was deleted
        begun = await channel.basic_consume(self._queue, self._deliver, arguments=dict(arguments))
        self._consumer = begun.consumer_tag or ""

    async def _deliver(self, message: DeliveredMessage) -> None:
        if not self.lost.is_set():
            self._arrived(message)

    def _lose(self, _: object) -> None:
        self.lost.set()
        if self._ended is not None:
            self._ended()

    async def ack(self, tag: int, *, multiple: bool = False) -> None:
        """Acknowledge; on a channel that is lost there is nothing to do."""
        with suppress(*BROKER_ERRORS):
            if self._channel is not None:
                await self._channel.basic_ack(tag, multiple=multiple, wait=False)

    async def requeue(self, tag: int, *, multiple: bool = False) -> None:
        """Hand back; on a channel that is lost the broker did it."""
        with suppress(*BROKER_ERRORS):
            if self._channel is not None:
                await self._channel.basic_nack(tag, multiple=multiple, requeue=True, wait=False)

    async def stop(self) -> None:
        """Have nothing more delivered; loans stay."""
        if self._channel is not None and self._consumer:
            with suppress(*BROKER_ERRORS):
                async with asyncio.timeout(_STOP_TIMEOUT):
                    await self._channel.basic_cancel(self._consumer)

    async def close(self) -> None:
        """Close the channel: what is still on loan returns to the queue."""
        self.lost.set()
        if self._channel is not None:
            await close_quietly(self._channel)
