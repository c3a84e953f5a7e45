"""Events for a worker, handlers that fail as told, and a database that can be away."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from support.bus import an_event, eventually, take_one
from support.messages import NOON, a_message
from threadline_contracts.codec import Event, decode_data, encode, make_event
from threadline_contracts.errors import TemporaryError
from threadline_contracts.message import MessageReceived
from threadline_contracts.topology import DEAD_LETTERS, THREADS_MESSAGES, EventType
from threadline_shared.bus import Bus, Delivery, Outgoing
from threadline_shared.health import Component, component, forget
from threadline_shared.worker import Handle, work

QUEUE: Final = THREADS_MESSAGES.name


def an_envelope(name: str) -> Event:
    message = a_message(name)
    return make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=1,
        source="t",
        time=NOON,
    )


def a_message_event(name: str) -> Outgoing:
    return an_event(encode(an_envelope(name)))


async def publish(bus: Bus, *names: str) -> None:
    for name in names:
        await bus.publish(a_message_event(name))


class Handler:
    """Knows what it has done, and fails as it is told: `does(names)` may raise before anything is done."""

    def __init__(self, does: Callable[[list[str]], None] = lambda _: None) -> None:
        self.calls: list[list[str]] = []
        self.done: list[str] = []
        self._does = does

    async def __call__(self, events: Sequence[Event]) -> None:
        messages = [decode_data(event, MessageReceived).message for event in events]
        names = [message.external_id.partition("@")[0] for message in messages]
        self.calls.append(names)
        self._does(names)
        await asyncio.sleep(0)
        self.done += names

    async def has_done(self, number: int) -> None:
        await eventually(lambda: holds(len(self.done) >= number))


class Database:
    """Something that can be away."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    async def probe(self) -> None:
        self.asked += 1
        self.use([])

    def use(self, _: list[str]) -> None:
        if self.away:
            raise TemporaryError("no database")


async def holds(value: bool) -> bool:  # noqa: FBT001 - eventually takes a question
    return value


async def fine() -> None:
    """Nothing is away."""


@asynccontextmanager
async def working(
    bus: Bus, handler: Handle, part: Component, *, database: Database | None = None, linger: float = 0.003
) -> AsyncIterator[asyncio.Task[None]]:
    probe = database.probe if database else fine
    task = asyncio.create_task(work(bus, QUEUE, handler, probe=probe, component=part, linger=linger))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def failing_at(name: str, error: Exception) -> Callable[[list[str]], None]:
    def does(names: list[str]) -> None:
        if name in names:
            raise error

    return does


def as_a_crash_would_leave_it(folder: Path, copy: Path) -> None:
    copy.mkdir()
    for file in folder.glob("bus.sqlite3*"):
        shutil.copy(file, copy)


async def buried(bus: Bus) -> Delivery:
    async with bus.subscribe(DEAD_LETTERS.name) as subscription:
        delivery = await take_one(subscription)
        await delivery.ack()
        return delivery


@pytest.fixture
def part() -> Component:
    forget("worker/test")
    return component("worker/test", kind="worker")


async def left(bus: Bus) -> int:
    return await bus.depth(QUEUE)
