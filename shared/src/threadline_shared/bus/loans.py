"""A message on loan, the verdicts on it, and when a failed one comes back; each loan is settled once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol, cast

import msgspec
from msgspec import Struct

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

    def outgoing(self) -> Outgoing:
        """Return the message as it was published."""
        exchange = cast("Exchange", self.exchange)  # a stranger may have published to one of his own
        return Outgoing(exchange=exchange, key=self.key, body=self.body, event_id=self.event_id, headers=self.headers)


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
    return msgspec.structs.replace(loan.outgoing(), headers=headers)
