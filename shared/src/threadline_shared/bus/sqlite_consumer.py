"""A consumer of the SQLite bus, and the ledger it shares with the others: the file, the routes, who waits for what."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange, Queue
from threadline_shared.bus import Delivery
from threadline_shared.bus import sqlite_tables as tables
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
from threadline_shared.sqlite import Connection, SqliteWriter

_RETRY_LENDING: Final = 1.0  # seconds, while the disk is in trouble


class Ledger:
    """What all consumers of a file share.

    Whoever waits is stirred just before the writing that concerns him is handed in, with no waiting between: his look
    is then handed in behind it, so it sees it, and often shares its commit.
    """

    def __init__(self, writer: SqliteWriter, retries: Retries) -> None:
        self.writer = writer
        self.retries = retries
        self.routes = Routes()
        self.loan_numbers = count(1)
        self._waiting: dict[str, list[asyncio.Event]] = {}

    def watch(self, queue: str, stirred: asyncio.Event) -> None:
        """Have an event set whenever the queue may have something new."""
        self._waiting.setdefault(queue, []).append(stirred)

    def unwatch(self, queue: str, stirred: asyncio.Event) -> None:
        """Have it set no more."""
        self._waiting[queue].remove(stirred)

    def stir(self, queues: Iterable[str]) -> None:
        """Make everybody look who waits for one of these."""
        for queue in queues:
            for stirred in self._waiting.get(queue, ()):
                stirred.set()

    def stir_all(self) -> None:
        """Make everybody look: the file is about to be closed."""
        self.stir(list(self._waiting))

    def route(self, exchange: str, key: str) -> Sequence[Queue]:
        """Return the queues of an event. Raises TemporaryError when there is none."""
        queues = self.routes.to(exchange, key)
        if not queues:
            raise TemporaryError(f"{exchange} {key} routes to no queue")
        return queues

    def known(self, queue: str) -> None:
        """Raise TemporaryError unless the queue exists."""
        if queue not in self.routes:
            raise TemporaryError(f"there is no queue {queue}")


class Consumer:
    """A Subscription; its pump keeps the basket filled."""

    def __init__(self, ledger: Ledger, queue: str, prefetch: int) -> None:
        self.queue = queue
        self.retries = ledger.retries
        self._ledger = ledger
        self._loan = next(ledger.loan_numbers)
        self._prefetch = prefetch
        self._basket = Basket(prefetch)
        self._stirred = asyncio.Event()
        ledger.watch(queue, self._stirred)

    async def take(self, limit: int, linger: float = 0.0) -> Sequence[Delivery]:
        """Wait for deliveries, as Subscription says."""
        taken = await self._basket.take(limit, linger)
        if not self._basket.waiting:
            self._stirred.set()
        return taken

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge a batch in one transaction."""
        await settle(as_loans(deliveries), Done())

    async def settle(self, loans: Sequence[Loan], verdict: Verdict) -> None:
        """Carry out a verdict in one transaction."""
        lent = [(loan.tag, self._loan) for loan in loans]
        if not isinstance(verdict, Done):
            self._ledger.stir([self.queue])
        await self._ledger.writer.do(self._carry_out(loans, lent, verdict))
        self._basket.drop(loans)
        self._stirred.set()

    def _carry_out(
        self, loans: Sequence[Loan], lent: Sequence[tables.Lent], verdict: Verdict
    ) -> Callable[[Connection], None]:
        match verdict:
            case Done():
                return partial(tables.delete, lent=lent)
            case Back():
                return partial(tables.take_back, lent=lent)
            case Again(delay):
                return partial(tables.delay, lent=lent, seconds=delay)
            case Dead(reason):
                return self._burial(loans, lent, reason)

    def _burial(self, loans: Sequence[Loan], lent: Sequence[tables.Lent], reason: str) -> Callable[[Connection], None]:
        dead = [(self._ledger.route(Exchange.DEAD, loan.key), dead_letter(loan, reason)) for loan in loans]
        self._ledger.stir({queue.name for queues, _ in dead for queue in queues})

        def bury(connection: Connection) -> None:
            for queues, outgoing in dead:
                tables.insert(connection, queues, outgoing)
            tables.delete(connection, lent)

        return bury

    async def pump(self) -> None:
        """Fill the basket, for ever."""
        while True:
            self._stirred.clear()
            seconds = await self._fill()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stirred.wait()

    async def _fill(self) -> float | None:
        room = self._basket.room
        if room == 0 or (self._basket.waiting and room < self._prefetch // 2):
            return None  # a few large loans are cheaper than many small ones
        try:
            rows, seconds = await self._ledger.writer.do(partial(self._lend, limit=room))
        except TemporaryError:
            return _RETRY_LENDING
        self._basket.put([self._loan_of(row) for row in rows])
        return seconds

    def _lend(self, connection: Connection, limit: int) -> tuple[Sequence[tables.Row], float | None]:
        rows = tables.lend(connection, self.queue, self._loan, limit)
        return rows, tables.seconds_to_next(connection, self.queue) if len(rows) < limit else None

    def _loan_of(self, row: tables.Row) -> Loan:
        return Loan(
            self,
            row.id,
            body=row.body,
            exchange=row.exchange,
            key=row.key,
            event_id=row.event_id,
            headers=row.headers,
            attempts=row.attempts,
            redelivered=row.redelivered,
        )

    async def leave(self) -> None:
        """Return every loan, also one that is just being made: the writer works in order."""
        self._ledger.unwatch(self.queue, self._stirred)
        self._basket.close()
        self._basket.clear()
        self._ledger.stir([self.queue])
        with suppress(TemporaryError):  # if it fails, the next process to open the file does it
            await self._ledger.writer.do(partial(tables.take_all_back, loan=self._loan))

    def close(self) -> None:
        """Let whoever takes know that nothing comes any more."""
        self._basket.close()
