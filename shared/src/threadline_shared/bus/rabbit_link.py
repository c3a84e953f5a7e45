"""A connection to RabbitMQ that is made again when it is lost, and its channels; the broker's errors stop here.

Not aio-pika's robust connection: that one restores consumers behind our back, and the loans of the old connection must
be void before the first one of the new is given. Channels are aiormq's, below aio-pika's: its message layer would cost
as much again for each message.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import aio_pika
from aio_pika.connection import make_url
from aiormq import exceptions
from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.bus.rabbit_publisher import BROKER_ERRORS, Publication, Publisher
from threadline_shared.log import logger

__all__ = ["BROKER_ERRORS", "Channel", "ChannelError", "DeliveredMessage", "Link", "NotFoundError", "broker_trouble"]

NotFoundError = exceptions.ChannelNotFoundEntity
ChannelError = exceptions.AMQPChannelError
HEARTBEAT: Final = 10  # seconds; aiormq notices a frozen broker after three and a bit
_CONNECT_TIMEOUT: Final = 10.0  # seconds
_CONNECT_PAUSE: Final = 0.2  # seconds after a failure in which nobody tries again: hundreds may be waiting to publish
_CLOSE_TIMEOUT: Final = 3.0  # seconds
_FURNISH_TIMEOUT: Final = 60.0  # seconds
_USE_TIMEOUT: Final = 10.0  # seconds, of a temporary channel
_NOWHERE: Final = "threadline.nowhere"  # a queue that nobody makes

_log = logger()


class Link:
    """One connection, made at its first use. `furnish` runs on each new one before anybody else."""

    def __init__(self, url: str, role: str, furnish: Callable[[Channel], Awaitable[None]] | None = None) -> None:
        self._url = url
        self._role = role
        self._furnish = furnish
        self._connection: aio_pika.Connection | None = None
        self._publisher: Publisher | None = None
        self._connecting: asyncio.Task[aio_pika.Connection] | None = None
        self._lock = asyncio.Lock()
        self._failed = ("", 0.0)  # why, and until when nobody tries again
        self._closed = False
        # It logs every attempt with its traceback; we say once that the bus is lost, and once that it is back.
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)

    async def channel(self) -> Channel:
        """Open a channel to consume or declare on. Raises TemporaryError."""
        with broker_trouble():
            return await _open_channel(await self._connected(), confirms=False)

    @asynccontextmanager
    async def temporary_channel(self) -> AsyncIterator[Channel]:
        """Open a channel for one purpose: an error closes it. The broker's errors come out as TemporaryError."""
        channel = await self.channel()
        try:
            with broker_trouble():
                async with asyncio.timeout(_USE_TIMEOUT):
                    yield channel
        finally:
            await close_quietly(channel)

    async def publish(self, batch: Sequence[Publication], *, within: float) -> Sequence[TemporaryError | None]:
        """Publish; return for each None (the broker confirms that every queue it routes to has it), or why not."""
        try:
            publisher = self._publisher
            if publisher is None or publisher.channel.is_closed:
                publisher = await self._publishing(within)
            results = await publisher.publish(batch, within=within)
        except TemporaryError as err:
            return [err] * len(batch)
        except asyncio.CancelledError as err:
            lost = _lost_unless_cancelled(err)
            if not isinstance(lost, TemporaryError):
                raise
            return [lost] * len(batch)
        return [None if error is None else _named(one, error) for one, error in zip(batch, results, strict=True)]

    async def ping(self, *, timeout: float) -> None:  # noqa: ASYNC109 - as above
        """Return when the broker takes publications, by one that it must return. Raises TemporaryError."""
        publisher = await self._publishing(timeout)
        with broker_trouble(), suppress(exceptions.PublishError):
            await publisher.channel.basic_publish(b"", routing_key=_NOWHERE, mandatory=True, timeout=timeout)

    async def reset(self) -> None:
        """Drop the connection: the next use makes and furnishes a new one."""
        connection, self._connection, self._publisher = self._connection, None, None
        await _close(connection)

    async def close(self) -> None:
        """Close the connection for good."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        await self.reset()

    async def _publishing(self, within: float) -> Publisher:
        with broker_trouble():
            async with asyncio.timeout(within), self._lock:
                if self._publisher is None or self._publisher.channel.is_closed:
                    self._publisher = Publisher(await _open_channel(await self._connected(), confirms=True))
                return self._publisher

    async def _connected(self) -> aio_pika.Connection:
        if self._closed:
            raise TemporaryError("the bus is closed")
        if self._connection is not None and _is_open(self._connection):
            return self._connection
        why, until = self._failed
        if asyncio.get_running_loop().time() < until:
            raise TemporaryError(why)
        if self._connecting is None or self._connecting.done():
            self._connecting = asyncio.create_task(self._connect(), name=f"connect {self._role}")
            self._connecting.add_done_callback(_hear)
        return await asyncio.shield(self._connecting)  # others wait for it too, and perhaps longer than we

    async def _connect(self) -> aio_pika.Connection:
        if self._connection is not None:
            _log.warning("bus.lost", connection=self._role)
            await self.reset()
        connection = self._new_connection()
        try:
            with broker_trouble():
                await self._begin(connection)
        except BaseException as err:
            await _close(connection)  # left open, it would start a task when it is collected
            self._failed = str(err), asyncio.get_running_loop().time() + _CONNECT_PAUSE
            raise
        _log.info("bus.connected", connection=self._role)
        self._connection = connection
        return connection

    async def _begin(self, connection: aio_pika.Connection) -> None:
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            await connection.connect()
        if self._furnish is not None:
            async with asyncio.timeout(_FURNISH_TIMEOUT):
                await self._furnish(await _open_channel(connection, confirms=False))

    def _new_connection(self) -> aio_pika.Connection:
        try:
            return aio_pika.Connection(make_url(self._url, **self._parameters()))
        except ValueError as err:
            raise SettingsError(f"THREADLINE_BUS_URL is not an AMQP URL: {err}") from err

    def _parameters(self) -> dict[str, Any]:
        ours = {"heartbeat": str(HEARTBEAT), "name": f"threadline {self._role}"}
        theirs = parse_qs(urlsplit(self._url).query)
        return {name: value for name, value in ours.items() if name not in theirs}


@contextmanager
def broker_trouble() -> Iterator[None]:
    """Turn what the broker or the connection raises into TemporaryError."""
    try:
        yield
    except asyncio.CancelledError as err:
        raise _lost_unless_cancelled(err) from err
    except BROKER_ERRORS as err:
        raise TemporaryError(f"RabbitMQ: {_words(err)}") from err


async def close_quietly(channel: Channel) -> None:
    """Close a channel, in whatever state it is."""
    with suppress(*BROKER_ERRORS, TemporaryError), broker_trouble():
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await channel.close()


async def _open_channel(connection: aio_pika.Connection, *, confirms: bool) -> Channel:
    opened = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    async with asyncio.timeout(_CONNECT_TIMEOUT):
        await opened.initialize()
    return cast("Channel", await opened.get_underlay_channel())


async def _close(connection: aio_pika.Connection | None) -> None:
    if connection is not None:
        with suppress(TemporaryError), broker_trouble():
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await connection.close()


def _is_open(connection: aio_pika.Connection) -> bool:
    transport = connection.transport
    return transport is not None and transport.connection.is_opened


def _lost_unless_cancelled(err: asyncio.CancelledError) -> BaseException:
    # When heartbeats stop, aiormq fails what is pending with CancelledError, though nobody cancelled the task.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        return err
    return TemporaryError("the connection to RabbitMQ was lost")


def _named(one: Publication, err: Exception) -> TemporaryError:
    named = TemporaryError(f"RabbitMQ, {one.exchange or 'queue'} {one.key}: {_words(err)}")
    named.__cause__ = err
    return named


def _words(err: BaseException) -> str:
    return "no answer in time" if isinstance(err, TimeoutError) else str(err) or type(err).__name__


def _hear(connecting: "asyncio.Task[aio_pika.Connection]") -> None:
    if not connecting.cancelled():
        connecting.exception()  # those who waited may all have lost patience
