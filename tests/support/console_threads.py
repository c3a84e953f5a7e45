"""A threads service in miniature, for tests of who asks it: it answers each command as it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw

from support.console_tickets import MemoryReader
from threadline_contracts.codec import Event, decode
from threadline_contracts.commands import Answer
from threadline_contracts.topology import THREADS_COMMANDS
from threadline_shared.bus import Bus
from threadline_threads.reading import CommandRecord


class Answering:
    """What was asked, in order; the next commands end as `answer` says."""

    def __init__(self, tickets: MemoryReader) -> None:
        self.asked: list[Event] = []
        self.answer, self.because = Answer.DONE, "It is done."
        self._tickets = tickets

    def take(self, event: Event) -> None:
        self.asked.append(event)
        said: Any = msgspec.json.decode(event.data)
        self._tickets.commands.setdefault(
            event.id,
            CommandRecord(
                id=event.id,
                type=event.type,
                by=said["by"],
                asked=Raw(event.data),
                answer=self.answer,
                because=self.because,
                tickets=(),
                at=datetime.now(UTC),
            ),
        )


@asynccontextmanager
async def answering(bus: Bus, tickets: MemoryReader) -> AsyncIterator[Answering]:
    """Answer commands that come by this bus."""
    found = Answering(tickets)

    async def work() -> None:
        async with bus.subscribe(THREADS_COMMANDS.name) as subscription:
            while True:
                taken = await subscription.take(10)
                for delivery in taken:
                    found.take(decode(delivery.body))
                await subscription.ack(taken)

    task = asyncio.ensure_future(work())
    try:
        yield found
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
