"""The bus inside one process, for tests: the whole promise but durability."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import DEAD_LETTERS, Exchange, Queue, QueueKind
from threadline_shared.bus import DEFAULT_PREFETCH, Delivery, LogEntry, Outgoing
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
from threadline_shared.bus.topics import Routes


class _Item(Struct, kw_only=True):
    outgoing: Outgoing
    attempts: int = 0


class _Line:
    """A queue: what is ready, what waits for its backoff, and who consumes."""

    def __init__(self) -> None:
        self.ready: deque[_Item] = deque()
        self.consumers: deque[_Subscription] = deque()
        self.backing_off: set[asyncio.TimerHandle] = set()

    def add(self, items: Sequence[_Item], *, first: bool = False) -> None:
        if first:
            self.ready.extendleft(reversed(items))
        else:
            self.ready.extend(items)
        self.hand_out()

    def add_later(self, item: _Item, delay: float) -> None:
        def due() -> None:
            self.backing_off.discard(timer)
            self.add([item])

        timer = asyncio.get_running_loop().call_later(delay, due)
        self.backing_off.add(timer)

    def hand_out(self) -> None:
        idle = 0
        while self.ready and idle < len(self.consumers):
            consumer = self.consumers[0]
            self.consumers.rotate(-1)
            if consumer.basket.room > 0:
                consumer.lend(self.ready.popleft())
                idle = 0
            else:
                idle += 1


class _Subscription:
    def __init__(self, bus: "MemoryBus", queue: str, line: _Line, prefetch: int) -> None:
        self.queue = queue
        self.retries = bus.retries
        self.basket = Basket(prefetch)
        self._bus = bus
        self._line = line
        self._items: dict[int, _Item] = {}
        self._tags = count(1)

    def lend(self, item: _Item) -> None:
        tag = next(self._tags)
        self._items[tag] = item
        out = item.outgoing
        loan = Loan(
            self,
            tag,
            body=out.body,
            exchange=out.exchange,
            key=out.key,
            event_id=out.event_id,
            headers=out.headers,
            attempts=item.attempts,
            redelivered=False,
        )
        self.basket.put([loan])

    async def take(self, limit: int, linger: float = 0.0) -> Sequence[Delivery]:
        return await self.basket.take(limit, linger)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        await settle(as_loans(deliveries), Done())

    async def settle(self, loans: Sequence[Loan], verdict: Verdict) -> None:
        if isinstance(verdict, Dead):  # this may fail, so it comes first
            for loan in loans:
                self._bus.bury(loan, verdict.reason)
        self.basket.drop(loans)
        items = [self._items.pop(loan.tag) for loan in loans]
        if isinstance(verdict, Back):
            self._line.add(items, first=True)
        elif isinstance(verdict, Again):
            for item in items:
                item.attempts += 1
                self._line.add_later(item, verdict.delay)
        self._line.hand_out()

    def leave(self) -> None:
        self._line.consumers.remove(self)
        self.basket.close()
        self._line.add([self._items[loan.tag] for loan in self.basket.clear()], first=True)


class MemoryBus:
    """A Bus. `retries` says when failed messages come back."""

    def __init__(self, *, retries: Retries | None = None) -> None:
        self.retries = retries or Retries()
        self._routes = Routes()
        self._lines: dict[str, _Line] = {}
        self._logs: dict[str, list[Outgoing]] = {}
        self._logged = asyncio.Event()
        self._closed = False

    async def declare(self, queues: Sequence[Queue]) -> None:
        """Make the queues exist, and the dead letters with them."""
        self._usable()
        self._routes.add([DEAD_LETTERS, *queues])
        for queue in (DEAD_LETTERS, *queues):
            if queue.kind is QueueKind.LOG:
                self._logs.setdefault(queue.name, [])
            else:
                self._lines.setdefault(queue.name, _Line())

    async def publish(self, outgoing: Outgoing) -> None:
        """Put the event into every queue it routes to."""
        await asyncio.sleep(0)  # a real bus lets others run here: so do we, that their races show in unit tests
        self._usable()
        self._spread(outgoing.exchange, outgoing)

    async def publish_all(self, batch: Sequence[Outgoing]) -> Sequence[TemporaryError | None]:
        """Publish one after the other."""
        return [await self._error_of(outgoing) for outgoing in batch]

    @asynccontextmanager
    async def subscribe(self, queue: str, *, prefetch: int = DEFAULT_PREFETCH) -> AsyncIterator[_Subscription]:
        """Consume a queue."""
        self._usable()
        line = self._line(queue)
        subscription = _Subscription(self, queue, line, prefetch)
        line.consumers.append(subscription)
        line.hand_out()
        try:
            yield subscription
        finally:
            subscription.leave()

    async def read_log(self, queue: str, *, after: int = -1) -> AsyncIterator[LogEntry]:
        """Read a log, and follow it."""
        if queue not in self._logs:
            raise TemporaryError(f"there is no log {queue}")
        position = after + 1
        while True:
            self._usable()
            for outgoing in self._logs[queue][position:]:
                yield LogEntry(position=position, outgoing=outgoing)
                position += 1
            if position >= len(self._logs[queue]):
                await self._logged.wait()

    async def depth(self, queue: str) -> int:
        """Return how many messages wait, those in backoff too."""
        self._usable()
        line = self._line(queue)
        return len(line.ready) + len(line.backing_off)

    async def probe(self) -> None:
        """Return unless closed."""
        self._usable()

    async def close(self) -> None:
        """Stop every consumer; forget everything."""
        self._closed = True
        self._announce()
        for line in self._lines.values():
            for timer in line.backing_off:
                timer.cancel()
            for consumer in line.consumers:
                consumer.basket.close()

    def bury(self, loan: Loan, reason: str) -> None:
        """Copy a loan to the dead letters, as from the exchange it came from."""
        self._spread(Exchange.DEAD, dead_letter(loan, reason))

    async def _error_of(self, outgoing: Outgoing) -> TemporaryError | None:
        try:
            await self.publish(outgoing)
        except TemporaryError as err:
            return err
        return None

    def _spread(self, exchange: Exchange, outgoing: Outgoing) -> None:
        queues = self._routes.to(exchange, outgoing.key)
        if not queues:
            raise TemporaryError(f"{exchange} {outgoing.key} routes to no queue")
        for queue in queues:
            if queue.kind is QueueKind.LOG:
                self._logs[queue.name].append(outgoing)
                self._announce()
            else:
                self._lines[queue.name].add([_Item(outgoing=outgoing)])

    def _announce(self) -> None:
        self._logged.set()
        self._logged = asyncio.Event()  # every reader of now wakes; the next ones wait for the next event

    def _line(self, queue: str) -> _Line:
        if queue not in self._lines:
            raise TemporaryError(f"there is no queue {queue}")
        return self._lines[queue]

    def _usable(self) -> None:
        if self._closed:
            raise TemporaryError("the bus is closed")
