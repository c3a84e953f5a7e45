"""Takes events off a queue in batches and settles each once. Refuses to let one bad message stop the others.

Trouble of a dependency spends no attempt: the loans go back, and nothing is taken until the dependency answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

from threadline_contracts.codec import Event, decode
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_shared import metrics
from threadline_shared.backoff import delays
from threadline_shared.bus import Bus, Delivery, Subscription
from threadline_shared.health import Component
from threadline_shared.log import logger
from threadline_shared.text import cut

DRAIN_SECONDS: Final = 5.0
# Batches of one or two cost three times as much a message as batches of twenty.
LINGER_SECONDS: Final = 0.01
_REASON: Final = 500  # characters: a header on the bus and a line for the operator
_log: Final = logger()

Handle = Callable[[Sequence[Event]], Awaitable[None]]
_Pair = tuple[Delivery, Event]


async def work(
    bus: Bus,
    queue: str,
    handle: Handle,
    *,
    probe: Callable[[], Awaitable[None]],
    component: Component,
    batch: int = 200,
    linger: float = LINGER_SECONDS,
    drain: float = DRAIN_SECONDS,
) -> None:
    """Hand the queue's events to `handle`, at most `batch` together, for ever.

    While they come in numbers, it waits up to `linger` seconds for a batch to grow; a lone one is handed over at once.
    When `handle` returns, all its events are done. It raises TemporaryError when a dependency is away: all loans go
    back uncounted, and nothing is taken until `probe` returns. Any other exception: each event alone, and one that
    fails alone is buried (MalformedInputError) or retried later. Cancelled, it finishes the batch in hand first, or
    gives it back after `drain` seconds.
    """
    worker, waits = _Worker(queue, handle, component), delays()
    while True:
        try:
            async with bus.subscribe(queue, prefetch=2 * batch) as subscription:
                component.idle()
                several = False
                while True:
                    taken = await subscription.take(batch, linger if several else 0.0)
                    several = len(taken) > 1
                    await _finished(worker.settle(subscription, taken), drain)
                    waits = delays()
        except TemporaryError as err:
            component.trouble(str(err))
        # Even where the probe succeeds at once: a dependency may answer it and nothing else.
        await asyncio.sleep(next(waits))
        await _usable_again([bus.probe, probe], component)


class _Worker:
    """How one queue's deliveries are settled."""

    def __init__(self, queue: str, handle: Handle, component: Component) -> None:
        self._queue = queue
        self._handle = handle
        self._component = component

    async def settle(self, subscription: Subscription, taken: Sequence[Delivery]) -> None:
        """Settle each, or raise TemporaryError: what is unsettled then goes back when the subscription is left."""
        began, open_loans = perf_counter(), {id(delivery) for delivery in taken}
        metrics.batch_messages(self._queue).observe(len(taken))
        try:
            readable = [pair for delivery in taken if (pair := await self._read(delivery, open_loans))]
            together = [pair for pair in readable if not _suspect(pair[0])]
            self._measure_lag(together)
            for group in (together, *([pair] for pair in readable if _suspect(pair[0]))):
                await self._run(subscription, group, open_loans)
        except TemporaryError:
            self._count("released", len(open_loans))
            raise
        metrics.batch_seconds(self._queue).observe(perf_counter() - began)

    async def _read(self, delivery: Delivery, open_loans: set[int]) -> _Pair | None:
        try:
            return delivery, decode(delivery.body)
        except MalformedInputError as err:
            await self._bury(delivery, str(err))
            open_loans.discard(id(delivery))
            return None

    async def _run(self, subscription: Subscription, pairs: Sequence[_Pair], open_loans: set[int]) -> None:
        """Have events handled together; if that fails, each alone."""
        if not pairs:
            return
        try:
            await self._handle([event for _, event in pairs])
        except TemporaryError:
            raise
        except Exception as err:  # noqa: BLE001 - whatever a message does to a handler stays between these two
            if len(pairs) > 1:
                _log.info("batch.split", queue=self._queue, messages=len(pairs), error=type(err).__name__)
                for pair in pairs:
                    await self._run(subscription, [pair], open_loans)
                return
            await self._failed_alone(pairs[0][0], err)
        else:
            await subscription.ack([delivery for delivery, _ in pairs])
            self._count("done", len(pairs))
            self._component.count("accepted", len(pairs))
            self._component.ok()
        open_loans.difference_update(id(delivery) for delivery, _ in pairs)

    async def _failed_alone(self, delivery: Delivery, err: Exception) -> None:
        if isinstance(err, MalformedInputError):
            await self._bury(delivery, str(err))
            return
        bug = err if delivery.attempts == 0 else None  # one traceback is enough
        known = {"queue": self._queue, "id": delivery.event_id, "attempts": delivery.attempts + 1}
        _log.warning("message.failed", **known, error=type(err).__name__, exc_info=bug)
        await delivery.retry(cut(f"{type(err).__name__}: {err}", _REASON))
        self._count("retried", 1)
        self._component.count("failed")

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        _log.warning("message.buried", queue=self._queue, id=delivery.event_id, reason=cut(reason, _REASON))
        await delivery.bury(cut(reason, _REASON))
        self._count("buried", 1)
        self._component.count("buried")

    def _count(self, outcome: str, number: int) -> None:
        metrics.worked(self._queue, outcome).inc(number)

    def _measure_lag(self, pairs: Sequence[_Pair]) -> None:
        if pairs:
            oldest = min(event.time for _, event in pairs)
            self._component.lag(max(0.0, (datetime.now(UTC) - oldest).total_seconds()))


def _suspect(delivery: Delivery) -> bool:
    # It failed before, or whoever had it died: it must not take a batch of others with it.
    return delivery.redelivered or delivery.attempts > 0


async def _finished(batch: Coroutine[None, None, None], drain: float) -> None:
    """Run a batch to its end even when cancelled meanwhile, but for at most `drain` seconds more."""
    task = asyncio.create_task(batch)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([task], timeout=drain)
        finally:
            task.cancel()
        with suppress(TemporaryError):  # its loans go back, as they would have anyway
            await task
        raise


async def _usable_again(probes: Sequence[Callable[[], Awaitable[None]]], component: Component) -> None:
    waits = delays()
    while True:
        try:
            for probe in probes:
                await probe()
        except TemporaryError as err:
            component.trouble(str(err))
            await asyncio.sleep(next(waits))
        else:
            return
