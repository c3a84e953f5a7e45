"""Tells the present state of every ticket again, a few at a time: from the database to the bus, past the outbox.

The outbox carries what happens, once, and keeps it as history; this is no news, and would only make it longer. Each
step is confirmed by the bus before it is noted, so a crash repeats a step, under the same ids.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from time import monotonic
from typing import Final, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.commands import Answer, RepublishRequested
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ticket import Placement
from threadline_contracts.topology import Exchange
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.log import logger
from threadline_threads.commands.command import CommandOutcome
from threadline_threads.reading import Republication
from threadline_threads.republishing.restating import Restated, restate_message, restate_ticket
from threadline_threads.tasks import Finished, Task
from threadline_threads.tickets import Ticket

TICKETS_A_STEP: Final = 100
IN_FLIGHT: Final = 200  # events that the bus has not confirmed, at most
_IDS: Final = 2**128
_log: Final = logger()


class Progress(Struct, frozen=True, kw_only=True):
    """How far a republication is: what was told, and the last ticket looked at; `part` of all, 1 at the end."""

    behind: UUID = UUID(int=0)
    tickets: int = 0
    messages: int = 0
    part: float = 0.0


class Kept(Struct, frozen=True):
    """A message as it is stored, and why it is in its ticket."""

    id: UUID
    content: bytes
    placement: Placement


class Shelf(Struct, frozen=True):
    """The next tickets in the order of their ids: those that changed, with their messages, and the last one of all."""

    tickets: Sequence[tuple[Ticket, Sequence[Kept]]]
    last: UUID | None


class Stock(Protocol):
    """What there is to tell."""

    async def shelf(self, behind: UUID, since: datetime | None, limit: int) -> Shelf:
        """Return the next `limit` tickets; those not changed since are left out. Raises TemporaryError."""


class Republisher:
    """Does `republish.requested.v1`."""

    def __init__(self, stock: Stock, bus: Bus, *, tickets_a_step: int = TICKETS_A_STEP) -> None:
        self._stock = stock
        self._bus = bus
        self._tickets_a_step = tickets_a_step

    async def step(self, task: Task) -> bytes | Finished:
        """Tell of the next tickets. Raises TemporaryError when not all of it was confirmed."""
        began = monotonic()
        asked = msgspec.json.decode(task.asked, type=RepublishRequested)
        done = msgspec.json.decode(task.state, type=Progress)
        shelf = await self._stock.shelf(done.behind, asked.since, self._tickets_a_step)
        events = _restated(shelf)
        while some := list(islice(events, IN_FLIGHT)):
            await self._publish(some)
        if shelf.last is None:
            return _end(replace(done, part=1.0))
        await asyncio.sleep(monotonic() - began)  # what is new goes first
        return msgspec.json.encode(
            Progress(
                behind=shelf.last,
                tickets=done.tickets + len(shelf.tickets),
                messages=done.messages + sum(len(messages) for _, messages in shelf.tickets),
                part=shelf.last.int / _IDS,
            )
        )

    async def _publish(self, events: Sequence[Outgoing]) -> None:
        failed = [error for error in await self._bus.publish_all(events) if error]
        if failed:
            raise failed[0]


def _restated(shelf: Shelf) -> Iterator[Outgoing]:
    for ticket, messages in shelf.tickets:
        if not messages:
            yield _outgoing(restate_ticket(ticket))
        for message in messages:
            try:
                yield _outgoing(restate_message(ticket, message.id, message.content, message.placement))
            except MalformedInputError as err:  # larger than an event may be, with its present header
                _log.warning("republish.skipped", id=str(message.id), reason=str(err))


def _outgoing(event: Restated) -> Outgoing:
    return Outgoing(exchange=Exchange.TICKETS, key=event.type, body=event.body, event_id=event.event_id)


def _end(done: Progress) -> Finished:
    because = f"Told {done.messages} messages of {done.tickets} tickets again."
    return Finished(CommandOutcome(answer=Answer.DONE, because=because), msgspec.json.encode(done))


def republication(command: str, state: bytes, *, done: bool) -> Republication:
    """Return a task's state as others read it."""
    now = msgspec.json.decode(state, type=Progress)
    return Republication(command_id=command, tickets=now.tickets, messages=now.messages, part=now.part, done=done)
