"""Consumers on RabbitMQ, of queues and of logs; they refuse to settle what belongs to a connection that is gone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_shared.backoff import delays
from threadline_shared.bus import Delivery, LogEntry
from threadline_shared.bus.basket import Basket
from threadline_shared.bus.loans import (
    Again,
    Back,
    Dead,
    Done,
    Loan,
    Retries,
    Verdict,
    as_loans,
    dead_letter,
    settle,
)
from threadline_shared.bus.rabbit_feed import Feed, Source
from threadline_shared.bus.rabbit_link import DeliveredMessage
from threadline_shared.bus.rabbit_post import Post
from threadline_shared.bus.rabbit_topology import DELIVERY_LIMIT
from threadline_shared.bus.rabbit_wire import delivery_tag, facts, log_entry

# The broker counts every return towards its limit, and we mean no failure by a return. So long before it would give a
# message up, we hand back a fresh copy instead, of which it counts anew.
_WEARY: Final = DELIVERY_LIMIT // 2
_MOST: Final = 2.0  # seconds between attempts to consume again
_LOG_PREFETCH: Final = 200
_LOG_ACK_EVERY: Final = 50


class Consumer:
    """A Subscription."""

    def __init__(self, source: Source, post: Post, queue: str, *, prefetch: int, retries: Retries) -> None:
        self.queue = queue
        self.retries = retries
        self._source = source
        self._post = post
        self._prefetch = prefetch
        self._basket = Basket(prefetch)
        self._weary: set[int] = set()  # tags of loans that the broker counted often
        self._feed = Feed(source, queue, self._arrived)

    async def begin(self) -> None:
        """Consume, on a channel of its own. Raises TemporaryError."""
        self._feed = Feed(self._source, self.queue, self._arrived)
        await self._feed.open(prefetch=self._prefetch)

    async def keep(self) -> None:
        """Consume again whenever the connection was lost, for ever."""
        while True:
            await self._feed.lost.wait()
            self._void()
            await self._feed.close()
            for delay in delays(most=_MOST):
                with suppress(TemporaryError):
                    await self.begin()
                    break
                self._void()
                await asyncio.sleep(delay)

    async def take(self, limit: int, linger: float = 0.0) -> Sequence[Delivery]:
        """Wait for deliveries, as Subscription says."""
        return await self._basket.take(limit, linger)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge a batch, in as few frames as may be."""
        await settle(as_loans(deliveries), Done())

    async def settle(self, loans: Sequence[Loan], verdict: Verdict) -> None:
        """Send copies where the verdict asks for them; then, and only then, have the broker forget its own."""
        returned = [loan for loan in loans if isinstance(verdict, Back) and loan.tag not in self._weary]
        forgotten = [loan for loan in loans if loan not in returned] if returned else loans
        for loan in forgotten:
            await self._copy(loan, verdict)
        feed = self._feed  # none of these is held any more, had that one changed meanwhile
        for tag, multiple in self._basket.drop_in_runs(forgotten):
            await feed.ack(tag, multiple=multiple)
        for tag, multiple in self._basket.drop_in_runs(returned):
            await feed.requeue(tag, multiple=multiple)

    async def _copy(self, loan: Loan, verdict: Verdict) -> None:
        match verdict:
            case Again(delay):
                await self._post.postpone(self.queue, loan.outgoing(), loan.attempts + 1, delay)
            case Dead(reason):
                await self._post.bury(dead_letter(loan, reason))
            case Back():
                await self._post.put_back(self.queue, loan.outgoing(), loan.attempts)
            case Done():
                pass

    async def leave(self) -> None:
        """Return every loan."""
        self._basket.close()
        feed, weary = self._feed, set(self._weary)
        try:
            await feed.stop()
            for loan in self._void():
                if loan.tag in weary:
                    await self._copy(loan, Back())
                    await feed.ack(loan.tag)
        except TemporaryError:
            pass  # the broker takes back all of them, and counts
        finally:
            await feed.close()

    def close(self) -> None:
        """Let whoever takes know that nothing comes any more."""
        self._basket.close()

    def _arrived(self, message: DeliveredMessage) -> None:
        read, tag = facts(message), delivery_tag(message)
        if read.delivery_count >= _WEARY:
            self._weary.add(tag)
        loan = Loan(
            self,
            tag,
            body=message.body,
            exchange=read.exchange,
            key=read.key,
            event_id=read.event_id,
            headers=read.headers,
            attempts=read.attempts,
            redelivered=bool(message.redelivered),
        )
        self._basket.put([loan])

    def _void(self) -> Sequence[Loan]:
        self._weary.clear()
        return self._basket.clear()


async def follow_log(source: Source, queue: str, after: int) -> AsyncIterator[LogEntry]:
    """Read a stream from behind a position, for ever. Raises TemporaryError when it cannot begin."""
    begun = False
    while True:
        messages: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        feed = Feed(source, queue, messages.put_nowait, ended=partial(messages.put_nowait, None))
        try:
            await feed.open(prefetch=_LOG_PREFETCH, arguments={"x-stream-offset": after + 1})
            begun = True
            while (message := await messages.get()) is not None:
                if (entry := log_entry(message)).position > after:
                    after = entry.position
                    yield entry
                if (tag := delivery_tag(message)) % _LOG_ACK_EVERY == 0:
                    await feed.ack(tag, multiple=True)
        except TemporaryError:
            if not begun:
                raise
            await asyncio.sleep(_MOST)
        finally:
            await feed.close()
