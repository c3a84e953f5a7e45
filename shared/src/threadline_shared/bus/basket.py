"""What one consumer holds: deliveries that wait to be taken, and loans that wait to be settled."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import takewhile

from threadline_contracts.errors import TemporaryError
from threadline_shared.bus.loans import Loan


class Basket:
    """Loans of one consumer, at most `prefetch`: some wait to be taken, the others to be settled."""

    def __init__(self, prefetch: int) -> None:
        self._prefetch = prefetch
        self._waiting: deque[Loan] = deque()
        self._held: dict[int, Loan] = {}
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def room(self) -> int:
        """How many more it may hold."""
        return 0 if self._closed else self._prefetch - len(self._held)

    @property
    def waiting(self) -> int:
        """How many wait to be taken."""
        return len(self._waiting)

    def put(self, loans: Iterable[Loan]) -> None:
        """Hand loans to whoever takes next."""
        for loan in loans:
            self._held[loan.tag] = loan
            self._waiting.append(loan)
        self._arrived.set()

    async def take(self, limit: int, linger: float) -> Sequence[Loan]:
        """Wait for one, then at most `linger` seconds for `limit`. A cancelled call loses nothing."""
        while True:
            await self._until(1)
            if linger > 0 and len(self._waiting) < limit:
                with suppress(TimeoutError):
                    async with asyncio.timeout(linger):
                        await self._until(limit)
            if self._waiting:  # another taker may have been faster meanwhile
                return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def drop(self, loans: Iterable[Loan]) -> None:
        """Make room: these are settled."""
        for loan in loans:
            if self._held.get(loan.tag) is loan:
                del self._held[loan.tag]

    def drop_in_runs(self, loans: Sequence[Loan]) -> Sequence[tuple[int, bool]]:
        """Make room for those of the loans that are still held; return their tags, in order.

        True with a tag: it stands also for all before it, since none of those is held by others.
        """
        tags = {loan.tag for loan in loans if self._held.get(loan.tag) is loan}
        first = list(takewhile(tags.__contains__, self._held))  # held in the order of their tags
        for tag in tags:
            del self._held[tag]
        runs = [(first[-1], len(first) > 1)] if first else []
        return runs + [(tag, False) for tag in sorted(tags.difference(first))]

    def clear(self) -> Sequence[Loan]:
        """Void every loan, and return those that nobody had settled."""
        void = [loan for loan in self._held.values() if not loan.settled]
        for loan in void:
            loan.settled = True
        self._held.clear()
        self._waiting.clear()
        return void

    def close(self) -> None:
        """Hold nothing more; whoever waits gets TemporaryError."""
        self._closed = True
        self._arrived.set()

    async def _until(self, count: int) -> None:
        while len(self._waiting) < count:
            if self._closed:
                raise TemporaryError("the bus is closed")
            self._arrived.clear()
            await self._arrived.wait()
