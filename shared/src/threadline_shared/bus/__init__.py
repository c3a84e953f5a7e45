"""The bus as every service sees it: durable publishing, competing consumers, loans settled exactly once.

Three implementations pass one conformance suite (`tests/conformance/test_bus.py`): `rabbit`, `sqlite`, `memory`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from msgspec import Struct, field

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange, Queue

DEFAULT_PREFETCH: Final = 200


class Outgoing(Struct, frozen=True, kw_only=True):
    """One event on its way out: an encoded CloudEvent, its id, and where it goes."""

    exchange: Exchange
    key: str
    body: bytes
    event_id: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Delivery(Protocol):
    """One message, on loan until exactly one of ack, retry, bury or release is called."""

    @property
    def body(self) -> bytes:
        """The event, as published."""

    @property
    def exchange(self) -> str:
        """The exchange it was first published to."""

    @property
    def key(self) -> str:
        """The routing key it was first published with."""

    @property
    def event_id(self) -> str:
        """The event's id, or an empty string when the publisher gave none."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The publisher's headers; a buried one's say `reason`, `queue`, `attempts` and `buried_at`."""

    @property
    def attempts(self) -> int:
        """How often it failed by itself before (0 the first time); an outage of a dependency does not count."""

    @property
    def redelivered(self) -> bool:
        """Whether somebody may have had it before: such a one runs alone, in case it is what killed them."""

    async def ack(self) -> None:
        """It is done: never deliver it again."""

    async def retry(self, reason: str) -> None:
        """It failed by itself: count that, and deliver it again after a backoff; at the limit, bury it."""

    async def bury(self, reason: str) -> None:
        """No retry will help: keep it in the dead letters, with its original key and the reason."""

    async def release(self) -> None:
        """We could not even try (a dependency is away): hand it back, uncounted."""


class Subscription(Protocol):
    """A consumer of one queue, competing with all others of that queue."""

    async def take(self, limit: int, linger: float = 0.0) -> Sequence[Delivery]:
        """Wait for at least one delivery; return up to `limit` that come within `linger` seconds of the first."""

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge a batch at the price of one."""


class LogEntry(Struct, frozen=True, kw_only=True):
    """One event of a LOG queue, and its position."""

    position: int
    outgoing: Outgoing


class Bus(Protocol):
    """What a service may ask of a bus. Every method raises TemporaryError when the bus cannot be used now."""

    async def declare(self, queues: Sequence[Queue]) -> None:
        """Make the queues exist (idempotent); the exchanges always do. A broker that is away: as soon as it is back."""

    async def publish(self, outgoing: Outgoing) -> None:
        """Return when the event is durable in every queue it routes to. Raises TemporaryError when that is unknown.

        An event that routes to no queue is a failure too (TemporaryError): nobody would ever hear it.
        Call it concurrently: publications share confirms and commits.
        """

    async def publish_all(self, batch: Sequence[Outgoing]) -> Sequence[TemporaryError | None]:
        """Publish many at the price of few; return for each, in order, None or what `publish` would have raised."""

    def subscribe(self, queue: str, *, prefetch: int = DEFAULT_PREFETCH) -> AbstractAsyncContextManager[Subscription]:
        """Consume a queue; on leaving, unsettled loans return to it, uncounted.

        A lost connection is mended inside: `take` goes on when the bus is back; loans from before are void, and
        settling one of those does nothing.
        """

    def read_log(self, queue: str, *, after: int = -1) -> AsyncIterator[LogEntry]:
        """Read a LOG queue from behind position `after`, then follow it. Positions grow, and may have gaps."""

    async def depth(self, queue: str) -> int:
        """Return how many messages wait in a WORK queue, for a backoff too (not the ones on loan)."""

    async def probe(self) -> None:
        """Return when the bus can be used now. Raises TemporaryError otherwise."""

    async def close(self) -> None:
        """Let go of connections and files; what is durable stays."""
