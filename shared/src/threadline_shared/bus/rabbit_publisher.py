"""Publications on one channel, many at once: one write to the socket, and no task, lock or timer for each of them.

aiormq's own `basic_publish` costs several times as much. What it keeps of a publication under way (`confirmations`,
`message_id_delivery_tag`), we keep in the same places and under its own lock: so its reader settles ours like its own.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from aiormq import exceptions
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from msgspec import Struct
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal
from pamqp.header import ContentHeader

from threadline_shared.bus.rabbit_wire import Properties

# Some of aiormq's states are plain RuntimeErrors: `ChannelInvalidStateError`, "... closed".
BROKER_ERRORS: Final = (TimeoutError, exceptions.AMQPError, OSError, RuntimeError)
_REMEMBERED: Final = 1000  # beginnings of publications: exchanges and keys are few
_LONGEST_KEY: Final = 255  # bytes: the protocol's


class Publication(Struct, frozen=True):
    """A message, and where it goes."""

    exchange: str
    key: str
    body: bytes
    properties: Properties


class Publisher:
    """The publishing half of a channel with confirms."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._beginnings: dict[tuple[str, str], bytes] = {}
        self._number = 0
        self._under_way: set[_UnderWay] = set()
        channel.closing.add_done_callback(self._lose)

    async def publish(self, batch: Sequence[Publication], *, within: float) -> Sequence[Exception | None]:
        """Publish; return for each None (every queue it routes to has it), or why that is not known."""
        sent = _UnderWay(self.channel, self._names(len(batch)))
        frames = [part for one, name in zip(batch, sent.names, strict=True) for part in self._frames(one, name)]
        self._under_way.add(sent)
        try:
            async with asyncio.timeout(within):
                await sent.send(b"".join(frames))
                await sent.settled()
        except BROKER_ERRORS as err:
            return sent.outcome(err)
        finally:
            self._under_way.discard(sent)
            sent.let_go()
        return sent.outcome()

    def _names(self, count: int) -> Sequence[str]:
        self._number += count
        return [str(number) for number in range(self._number - count, self._number)]

    def _frames(self, one: Publication, name: str) -> Sequence[bytes]:
        number, size = self.channel.number, self.channel.max_content_size
        one.properties.message_id = name  # by it aiormq finds what the broker returns
        header = marshal(ContentHeader(properties=one.properties, body_size=len(one.body)), number)
        bodies = (one.body[start : start + size] for start in range(0, len(one.body), size))
        return [
            self._beginning(one.exchange, one.key),
            header,
            *(marshal(ContentBody(body), number) for body in bodies),
        ]

    def _beginning(self, exchange: str, key: str) -> bytes:
        if (known := self._beginnings.get((exchange, key))) is None:
            if len(key.encode()) > _LONGEST_KEY:
                raise ValueError("Routing key too long (max 255 bytes)")
            known = marshal(Basic.Publish(exchange=exchange, routing_key=key, mandatory=True), self.channel.number)
            if len(self._beginnings) < _REMEMBERED:
                self._beginnings[exchange, key] = known
        return known

    def _lose(self, _: object) -> None:
        for sent in self._under_way:
            sent.lose()


class _UnderWay:
    """Publications between our writing and the broker's confirms, in order."""

    def __init__(self, channel: Channel, names: Sequence[str]) -> None:
        self.names = names
        self._channel = channel
        self._tags = range(0)
        self._confirmations: Sequence[asyncio.Future[object]] = ()

    async def send(self, payload: bytes) -> None:
        channel, count = self._channel, len(self.names)
        async with channel.lock:
            self._tags = range(channel.delivery_tag + 1, channel.delivery_tag + 1 + count)
            self._confirmations = [channel.loop.create_future() for _ in self._tags]
            channel.confirmations.update(zip(self._tags, self._confirmations, strict=True))
            channel.message_id_delivery_tag.update(zip(self.names, self._tags, strict=True))
            channel.delivery_tag += count
            try:
                await channel.write_queue.put(ChannelFrame(payload, should_close=False))
            except BaseException:  # the broker heard nothing: its next number is still the first of these
                channel.delivery_tag -= count
                for tag in self._tags:
                    channel.confirmations.pop(tag, None)
                self._tags, self._confirmations = range(0), ()
                raise

    async def settled(self) -> None:
        """Wait for each: the last one first, since it is mostly settled last."""
        for one in reversed(self._confirmations):
            with suppress(*BROKER_ERRORS):
                await one

    def lose(self) -> None:
        """The channel is gone: nobody confirms any more."""
        for one in self._confirmations:
            if not one.done():
                one.set_exception(exceptions.ChannelInvalidStateError("the channel was closed"))

    def outcome(self, otherwise: Exception | None = None) -> Sequence[Exception | None]:
        """Return what became of each; of one that is not settled, `otherwise`."""
        if not self._confirmations:
            return [otherwise] * len(self.names)
        return [_error(one) if _is_settled(one) else otherwise for one in self._confirmations]

    def let_go(self) -> None:
        """Wait no more. What the broker still says of them must find somebody to tell it to."""
        for name in self.names:
            self._channel.message_id_delivery_tag.pop(name, None)
        for tag, one in zip(self._tags, self._confirmations, strict=True):
            if _is_settled(one):
                _error(one)  # heard
            elif tag in self._channel.confirmations:
                self._channel.confirmations[tag] = nobody = self._channel.loop.create_future()
                nobody.add_done_callback(_error)


def _is_settled(one: "asyncio.Future[object]") -> bool:
    return one.done() and not one.cancelled()


def _error(one: "asyncio.Future[object]") -> Exception | None:
    error = None if one.cancelled() else one.exception()
    return error if error is None or isinstance(error, Exception) else RuntimeError(str(error))
