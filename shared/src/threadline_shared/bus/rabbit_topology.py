"""How our queues are declared on RabbitMQ, 3.10 to 4.x."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

from threadline_contracts.topology import DEAD_LETTERS, Exchange, Queue, QueueKind
from threadline_shared.bus.rabbit_link import Channel, ChannelError
from threadline_shared.log import logger

DELIVERY_LIMIT: Final = 20  # returns without a verdict (crashes) until the broker buries a message by itself
_NEVER: Final = 1_000_000_000  # RabbitMQ 4 has a limit by default, and 3.10 knows no word for none
_SEGMENT: Final = 50_000_000  # bytes; a stream forgets whole segments, and by default one has half a gigabyte
_DEFAULT_EXCHANGE: Final = ""

_log = logger()


class Topology:
    """The queues a process declared: made at once, and again on each new connection, should the broker be a new one."""

    def __init__(self, *, log_max_age: float) -> None:
        self._log_max_age = log_max_age
        self._queues = {DEAD_LETTERS.name: DEAD_LETTERS}

    def add(self, queues: Sequence[Queue]) -> None:
        """Remember queues; they are yet to be made."""
        self._queues |= {queue.name: queue for queue in queues}

    async def furnish(self, channel: Channel) -> None:
        """Make the exchanges and every queue. Raises the broker's errors."""
        for exchange in Exchange:
            await channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        for queue in self._queues.values():
            channel = await self._make(channel, queue)
        await channel.close()

    async def make(self, channel: Channel, names: Sequence[str]) -> Channel:
        """Make those of the queues again that are ours; return a usable channel. Raises the broker's errors."""
        queues = [self._queues[name] for name in names if name in self._queues]
        for exchange in {binding.exchange for queue in queues for binding in queue.bindings}:
            await channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        for queue in queues:
            channel = await self._make(channel, queue)
        return channel

    async def _make(self, channel: Channel, queue: Queue) -> Channel:
        arguments = self._log() if queue.kind is QueueKind.LOG else _work(queue)

        async def declare(channel: Channel) -> None:
            await channel.queue_declare(queue.name, durable=True, arguments=dict(arguments))

        async def bind(channel: Channel) -> None:
            for binding in queue.bindings:
                await channel.queue_bind(queue.name, binding.exchange, binding.pattern)

        return await _attempt(await _attempt(channel, queue, declare), queue, bind)

    def _log(self) -> Mapping[str, Any]:
        age = f"{max(1, round(self._log_max_age))}s"
        return {"x-queue-type": "stream", "x-max-age": age, "x-stream-max-segment-size-bytes": _SEGMENT}


async def _attempt(channel: Channel, queue: Queue, action: Callable[[Channel], Awaitable[None]]) -> Channel:
    try:
        await action(channel)
    except ChannelError as err:
        # It has other settings since it was made, or its node is down: the other queues shall work all the same.
        _log.warning("queue.refused", queue=queue.name, reason=str(err))
        return cast("Channel", await channel.connection.channel(publisher_confirms=False))
    return channel


def rung(queue: str, delay: float) -> str:
    """Return the name of the queue in which messages of `queue` wait for `delay` seconds."""
    return f"{queue}.retry.{round(delay * 1000)}"


async def make_rung(channel: Channel, queue: str, delay: float) -> None:
    """Make a retry queue: what expires there returns to `queue`. Raises the broker's errors."""
    arguments = {
        **_quorum(),
        "x-message-ttl": round(delay * 1000),
        "x-dead-letter-exchange": _DEFAULT_EXCHANGE,
        "x-dead-letter-routing-key": queue,
    }
    await channel.queue_declare(rung(queue, delay), durable=True, arguments=arguments)


def _work(queue: Queue) -> Mapping[str, Any]:
    if queue.name == DEAD_LETTERS.name:  # the end of the line: the broker would drop what it gave up here
        return {"x-queue-type": "quorum", "x-delivery-limit": _NEVER}
    expires = {"x-expires": queue.expires * 1000} if queue.expires else {}
    return {**_quorum(), **expires, "x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": str(Exchange.DEAD)}


def _quorum() -> Mapping[str, Any]:
    # At-least-once needs reject-publish: without it the broker falls back to at-most-once, and says nothing.
    return {"x-queue-type": "quorum", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
