"""How our queues are declared on RabbitMQ, 3.10 to 4.x."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from threadline_contracts.topology import DEAD_LETTERS, Exchange, Queue, QueueKind
from threadline_shared.bus.rabbit_link import Channel, UnlikeError
from threadline_shared.log import logger

DELIVERY_LIMIT: Final = 20  # returns without a verdict (crashes) until the broker buries a message by itself
_NEVER: Final = 1_000_000_000  # RabbitMQ 4 has a limit by default, and 3.10 knows no word for none
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
        try:
            await channel.queue_declare(queue.name, durable=True, arguments=dict(arguments))
        except UnlikeError as err:  # it was made with other settings, and holds messages: use it as it is
            _log.warning("queue.differs", queue=queue.name, reason=str(err))
            channel = cast("Channel", await channel.connection.channel(publisher_confirms=False))
        for binding in queue.bindings:
            await channel.queue_bind(queue.name, binding.exchange, binding.pattern)
        return channel

    def _log(self) -> Mapping[str, Any]:
        return {"x-queue-type": "stream", "x-max-age": f"{max(1, round(self._log_max_age))}s"}


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
    return {**_quorum(), "x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": str(Exchange.DEAD)}


def _quorum() -> Mapping[str, Any]:
    # At-least-once needs reject-publish: without it the broker falls back to at-most-once, and says nothing.
    return {"x-queue-type": "quorum", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
