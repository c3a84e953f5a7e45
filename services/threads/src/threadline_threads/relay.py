"""Carries committed ticket events to the bus; an event is "sent" only after the bus confirmed it.

At least once: a crash between the confirm and the note "sent" repeats an event under the same id. Any number of relays.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange
from threadline_shared import metrics
from threadline_shared.backoff import delays
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.health import Component
from threadline_threads.store.protocol import Claim, Outbox, Unsent

BATCH: Final = 500
POLL_SECONDS: Final = 1.0  # what another process committed, or left behind
# While events come in numbers: so long for a claim to grow, since a claim of two costs as much as one of fifty.
LINGER_SECONDS: Final = 0.008
_CONFIRM_SECONDS: Final = 30.0


class Relay:
    """Announces what the store's outbox holds; `wake` it after a commit."""

    def __init__(self, outbox: Outbox, bus: Bus, component: Component, *, poll: float = POLL_SECONDS) -> None:
        self._outbox = outbox
        self._bus = bus
        self._component = component
        self._poll = poll
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something new."""
        self._woken.set()

    async def run(self) -> None:
        """Announce for ever; while the bus or the database is away, try again later and later."""
        waits = delays()
        while True:
            try:
                announced = await self.announce()
                waits = delays()
                if announced < BATCH:
                    await self._rest()
                if announced > 1:
                    await asyncio.sleep(LINGER_SECONDS)
            except TemporaryError as err:
                self._component.trouble(str(err))
                await asyncio.sleep(next(waits))

    async def announce(self) -> int:
        """Announce what waits, up to BATCH events; return how many. Raises TemporaryError when not all of them went."""
        self._woken.clear()
        async with self._outbox.claim(BATCH) as claim:
            failed = await self._publish(claim) if claim.events else []
        if failed:  # raised only now: inside, it would undo the note of what went
            raise failed[0]
        return len(claim.events)

    async def measure(self) -> None:
        """Say how much waits, and for how long."""
        backlog = await self._outbox.backlog()
        metrics.OUTBOX_DEPTH.set(backlog.events)
        self._component.lag((datetime.now(UTC) - backlog.since).total_seconds() if backlog.since else 0.0)

    async def _publish(self, claim: Claim) -> Sequence[TemporaryError]:
        results = await self._confirmed(claim.events)
        sent = [event for event, error in zip(claim.events, results, strict=True) if error is None]
        if sent:
            await claim.sent(sent)
            self._component.count("accepted", len(sent))
            self._component.ok()
        return [error for error in results if error]

    async def _confirmed(self, events: Sequence[Unsent]) -> Sequence[TemporaryError | None]:
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONFIRM_SECONDS):
                return await self._bus.publish_all([_outgoing(event) for event in events])
        return [TemporaryError("the bus does not confirm")] * len(events)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await self._woken.wait()
        except TimeoutError:
            self._component.idle()


def _outgoing(event: Unsent) -> Outgoing:
    return Outgoing(exchange=Exchange.TICKETS, key=event.type, body=event.body, event_id=event.event_id)
