import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from typing_extensions import override

from support.console_tickets import MemoryReader, a_conversation
from support.messages import a_message
from threadline_console.feed import Feed, Listener
from threadline_contracts.errors import TemporaryError
from threadline_shared.health import component
from threadline_threads.reading import StoredEvent


class FlakyReader(MemoryReader):
    """A store that is away until it is told to come back."""

    away = False

    @override
    async def events(self, after: int, limit: int = 200) -> Sequence[StoredEvent]:
        if self.away:
            raise TemporaryError("the database is away")
        return await super().events(after, limit)


@pytest.fixture
async def reader() -> FlakyReader:
    return FlakyReader()


@pytest.fixture
async def feed(reader: FlakyReader) -> AsyncIterator[Feed]:
    feed = Feed(reader, every=0.005, heartbeat=0.05)
    task = asyncio.ensure_future(feed.run(component("test/feed")))
    yield feed
    task.cancel()


def add(reader: MemoryReader, number: int) -> None:
    for _ in range(number):
        reader.put(a_conversation(a_message(f"m{len(reader.stored)}")))


async def first(feed: Feed, number: int, after: int | None) -> list[int]:
    """Return the first sequence numbers that a listener hears."""
    heard: list[int] = []
    async with asyncio.timeout(5):
        async for events in feed.follow(after):
            heard += [event.sequence for event in events]
            if len(heard) >= number:
                break
    return heard[:number]


async def test_a_listener_hears_what_is_old_and_then_what_is_new(reader: FlakyReader, feed: Feed) -> None:
    add(reader, 3)
    heard = asyncio.ensure_future(first(feed, 5, after=1))
    await asyncio.sleep(0.02)
    add(reader, 3)

    assert await heard == [2, 3, 4, 5, 6]


async def test_without_a_number_only_what_is_new_is_heard(reader: FlakyReader, feed: Feed) -> None:
    add(reader, 3)
    heard = asyncio.ensure_future(first(feed, 1, after=None))
    await asyncio.sleep(0.02)
    add(reader, 1)

    assert await heard == [4]


async def test_a_number_from_before_a_restore_does_not_deafen(reader: FlakyReader, feed: Feed) -> None:
    heard = asyncio.ensure_future(first(feed, 1, after=999))
    await asyncio.sleep(0.02)
    add(reader, 1)

    assert await heard == [1]


async def test_many_listeners_hear_the_same_in_order(reader: FlakyReader, feed: Feed) -> None:
    listeners = [asyncio.ensure_future(first(feed, 300, after=0)) for _ in range(5)]
    for _ in range(60):
        add(reader, 5)
        await asyncio.sleep(0.001)

    assert await asyncio.gather(*listeners) == [list(range(1, 301))] * 5


async def test_an_outage_of_the_store_costs_nobody_an_event(reader: FlakyReader, feed: Feed) -> None:
    heard = asyncio.ensure_future(first(feed, 2, after=0))
    add(reader, 1)
    await asyncio.sleep(0.02)
    reader.away = True
    await asyncio.sleep(0.02)
    add(reader, 1)
    reader.away = False

    assert await heard == [1, 2]


async def test_a_quiet_feed_beats_its_heart(feed: Feed) -> None:
    async with asyncio.timeout(5):
        async for events in feed.follow(None):
            assert events == []
            break


async def test_the_end_of_the_console_ends_every_listener(reader: FlakyReader) -> None:
    feed = Feed(reader)
    task = asyncio.ensure_future(feed.run(component("test/feed")))
    heard = asyncio.ensure_future(first(feed, 1, after=None))
    await asyncio.sleep(0.02)
    task.cancel()

    assert await heard == []


async def test_a_listener_that_is_too_slow_is_let_go() -> None:
    listener = Listener(room=2)
    event = StoredEvent(sequence=1, type="t", body=b"{}")

    listener.put([event, event])
    listener.put([event])

    assert await listener.take(1.0) is None


async def test_who_does_not_take_events_is_cut_and_may_come_back(reader: FlakyReader) -> None:
    feed = Feed(reader, room=5, every=0.005, heartbeat=0.05)
    task = asyncio.ensure_future(feed.run(component("test/feed")))
    slow = feed.follow(None)
    assert await anext(slow) == []
    add(reader, 20)
    await asyncio.sleep(0.05)

    assert [events async for events in slow] == []
    assert await first(feed, 20, after=0) == list(range(1, 21))
    task.cancel()
