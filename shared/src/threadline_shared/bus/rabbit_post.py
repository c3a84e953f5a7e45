"""Everything we publish on RabbitMQ, and how copies of a delivered message travel."""

from collections.abc import Sequence

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange
from threadline_shared.bus import Outgoing
from threadline_shared.bus.rabbit_link import Link
from threadline_shared.bus.rabbit_publisher import Publication
from threadline_shared.bus.rabbit_together import Together
from threadline_shared.bus.rabbit_topology import make_rung, rung
from threadline_shared.bus.rabbit_wire import Properties, copied, properties

_DEFAULT_EXCHANGE = ""  # routes to the queue that the key names


class Post:
    """Publishes with confirms, `timeout` seconds at most. Every method but publish_all raises TemporaryError."""

    def __init__(self, link: Link, timeout: float) -> None:
        self._link = link
        self._timeout = timeout
        self._rungs: set[str] = set()  # made already
        self._together = Together(self._publish_all)

    async def publish(self, outgoing: Outgoing) -> None:
        """Publish for the first time."""
        one = Publication(outgoing.exchange, outgoing.key, outgoing.body, properties(outgoing))
        if (error := await self._together.add(one)) is not None:
            raise error

    async def close(self) -> None:
        """Wait for what is being published; the link is closed already, so that is soon."""
        await self._together.close()

    async def publish_all(self, batch: Sequence[Outgoing]) -> Sequence[TemporaryError | None]:
        """Publish many for the first time; return for each None, or why nobody knows whether it is durable."""
        return await self._publish_all([Publication(one.exchange, one.key, one.body, properties(one)) for one in batch])

    async def bury(self, outgoing: Outgoing) -> None:
        """Send a copy to the dead letters, under its own key."""
        await self._send(Exchange.DEAD, outgoing.key, outgoing, copied(outgoing, 0))

    async def put_back(self, queue: str, outgoing: Outgoing, attempts: int) -> None:
        """Send a copy to one queue."""
        await self._send(_DEFAULT_EXCHANGE, queue, outgoing, copied(outgoing, attempts))

    async def postpone(self, queue: str, outgoing: Outgoing, attempts: int, delay: float) -> None:
        """Send a copy to one queue, to arrive after `delay` seconds."""
        name = rung(queue, delay)
        if name not in self._rungs:  # most queues never need theirs
            async with self._link.temporary_channel() as channel:
                await make_rung(channel, queue, delay)
            self._rungs.add(name)
        try:
            await self._send(_DEFAULT_EXCHANGE, name, outgoing, copied(outgoing, attempts))
        except TemporaryError:
            self._rungs.discard(name)  # perhaps because it was deleted
            raise

    async def probe(self) -> None:
        """Return when the broker answers publications: it returns one for a queue that is not there."""
        await self._link.ping(timeout=self._timeout)

    async def _send(self, exchange: str, key: str, outgoing: Outgoing, how: Properties) -> None:
        (error,) = await self._publish_all([Publication(exchange, key, outgoing.body, how)])
        if error is not None:
            raise error

    async def _publish_all(self, publications: Sequence[Publication]) -> Sequence[TemporaryError | None]:
        return await self._link.publish(publications, within=self._timeout)
