"""What a consumer holds: deliveries that wait to be taken, and loans that wait to be settled, each once."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Protocol

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import DEAD_LETTERS, Exchange
from threadline_shared.bus import Delivery, Outgoing

_REASON_MAX: Final = 1000  # characters; a reason is a line for the operator, not a dump


class Retries(Struct, frozen=True, kw_only=True):
    """How a message that fails by itself is tried again: `backoff[n]` seconds after failure n, the last one for ever.

    At failure number `limit` it is buried.
    """

    backoff: tuple[float, ...] = (1.0, 10.0, 60.0, 600.0)
    limit: int = 8

    def delay(self, attempts: int) -> float:
        """Return the seconds to wait after a failure that `attempts` failures preceded."""
        return self.backoff[min(attempts, len(self.backoff) - 1)]


class Done(Struct, frozen=True):
    """Never deliver it again."""


class Back(Struct, frozen=True):
    """Deliver it again at once, as if nobody had had it."""


class Again(Struct, frozen=True):
    """Count a failure and deliver it again after `delay` seconds."""

    delay: float


class Dead(Struct, frozen=True):
    """Move it to the dead letters."""

    reason: str


Verdict = Done | Back | Again | Dead


class Holder(Protocol):
    """The bus's side of a loan."""

    @property
    def queue(self) -> str:
        """The queue it lends from."""

    @property
    def retries(self) -> Retries:
        """When a failed one comes back, and when no more."""

    async def settle(self, loans: Sequence["Loan"], verdict: Verdict) -> None:
        """Carry out a verdict durably. Raises TemporaryError when that is not possible now: the loans stay open."""


class Loan:
    """A Delivery. Settling it a second time, or after it became void, does nothing."""

    __slots__ = (
        "_holder",
        "attempts",
        "body",
        "event_id",
        "exchange",
        "headers",
        "key",
        "redelivered",
        "settled",
        "tag",
    )

    def __init__(  # noqa: PLR0913 - a message has this many properties, and a struct between would cost as much again
        self,
        holder: Holder,
        tag: int,
        *,
        body: bytes,
        exchange: str,
        key: str,
        event_id: str,
        headers: Mapping[str, str],
        attempts: int,
        redelivered: bool,
    ) -> None:
        self._holder = holder
        self.tag = tag
        self.body = body
        self.exchange = exchange
        self.key = key
        self.event_id = event_id
        self.headers = headers
        self.attempts = attempts
        self.redelivered = redelivered
        self.settled = False

    async def ack(self) -> None:
        """It is done."""
        await settle([self], Done())

    async def release(self) -> None:
        """We could not even try."""
        await settle([self], Back())

    async def retry(self, reason: str) -> None:
        """It failed by itself."""
        retries = self._holder.retries
        if self.attempts + 1 >= retries.limit:
            await self.bury(reason)
        else:
            await settle([self], Again(retries.delay(self.attempts)))

    async def bury(self, reason: str) -> None:
        """No retry will help."""
        await settle([self], Dead(reason))

    @property
    def holder(self) -> Holder:
        """Who carries out its verdict."""
        return self._holder


async def settle(loans: Sequence[Loan], verdict: Verdict) -> None:
    """Carry out one verdict on those loans of one holder that are still open."""
    still_open = [loan for loan in loans if not loan.settled]
    if not still_open:
        return
    holder = still_open[0].holder
    if isinstance(verdict, Dead) and holder.queue == DEAD_LETTERS.name:
        verdict = Again(holder.retries.backoff[-1])  # the end of the line: what cannot be handled here waits here
    for loan in still_open:
        loan.settled = True
    try:
        await holder.settle(still_open, verdict)
    except BaseException:
        for loan in still_open:
            loan.settled = False
        raise


def as_loans(deliveries: Sequence[Delivery]) -> Sequence[Loan]:
    """Return deliveries of one of our buses as what they are."""
    return [delivery for delivery in deliveries if isinstance(delivery, Loan)]


def dead_letter(loan: Loan, reason: str) -> Outgoing:
    """Return a buried message: as published, with what the operator wants to know in its headers."""
    headers = {
        **loan.headers,
        "reason": reason.encode("utf-8", "replace").decode()[:_REASON_MAX],
        "queue": loan.holder.queue,
        "attempts": str(loan.attempts + 1),  # this time included
        "buried_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Outgoing(
        exchange=Exchange(loan.exchange), key=loan.key, body=loan.body, event_id=loan.event_id, headers=headers
    )


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
