"""Ticket events for whoever listens: one poller reads the store for all, and a listener that is too slow is cut."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_shared.backoff import delays
from threadline_shared.health import Component
from threadline_threads.reading import Reader, StoredEvent

_EVERY_SECONDS: Final = 0.2
_PAGE: Final = 200
_HEARTBEAT_SECONDS: Final = 15.0  # proxies cut a connection that is quiet for half a minute
_QUEUE_EVENTS: Final = 1000  # behind this a listener is cut; it comes back with the last id it saw


class Listener:
    """One listener's queue: bounded, and closed for good when it overflows or the console stops."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._events: list[StoredEvent] = []
        self._changed = asyncio.Event()
        self.closed = False

    def put(self, events: Sequence[StoredEvent]) -> None:
        """Add events, or close when there is no room for them."""
        if len(self._events) + len(events) > self._room:
            self.close()
        else:
            self._events.extend(events)
            self._changed.set()

    def close(self) -> None:
        """Let the listener go: what it did not take yet, it asks for again."""
        self.closed = True
        self._events.clear()
        self._changed.set()

    async def take(self, patience: float) -> Sequence[StoredEvent] | None:
        """Wait for events, at most `patience` seconds, and return them all; None means that it is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._changed.wait()
        if self.closed:
            return None
        self._changed.clear()
        events, self._events = self._events, []
        return events


class Feed:
    """The events of the store, in commit order, to any number of listeners."""

    def __init__(
        self,
        reader: Reader,
        *,
        room: int = _QUEUE_EVENTS,
        every: float = _EVERY_SECONDS,
        heartbeat: float = _HEARTBEAT_SECONDS,
    ) -> None:
        self._reader = reader
        self._room = room
        self._every = every
        self._heartbeat = heartbeat
        self._listeners: set[Listener] = set()
        self._position = 0
        self._wanted = asyncio.Event()
        self._stopped = False

    async def run(self, component: Component) -> None:
        """Poll for ever while anybody listens. Trouble of the database pauses everybody; nobody loses an event."""
        pauses = delays()
        try:
            while True:
                await self._wanted.wait()
                try:
                    await self._poll()
                    component.ok()
                    pauses = delays()
                except TemporaryError as err:
                    component.trouble(str(err))
                    await asyncio.sleep(next(pauses))
                await asyncio.sleep(self._every)
        finally:
            self._stopped = True
            for listener in self._listeners:
                listener.close()

    async def head(self) -> int:
        """Return the sequence number of the newest event. Raises TemporaryError."""
        return await self._reader.last_sequence()

    async def follow(self, after: int | None) -> AsyncIterator[Sequence[StoredEvent]]:
        """Yield every event behind a sequence number (None: only new ones) in order, then each new one as it comes.

        An empty batch is a heartbeat. Ends when the listener is too slow or the console stops. Raises TemporaryError
        while it reads what is old.
        """
        head = await self._reader.last_sequence()
        position = head if after is None else min(after, head)  # a greater one is from before a restore
        async for events in self._behind(position):
            position = events[-1].sequence
            yield events
        with self._listening(position) as listener:
            async for events in self._behind(position):  # what came between the last look and the joining
                position = events[-1].sequence
                yield events
            while (live := await listener.take(self._heartbeat)) is not None:
                new = [event for event in live if event.sequence > position]
                position = new[-1].sequence if new else position
                yield new

    async def _behind(self, position: int) -> AsyncIterator[Sequence[StoredEvent]]:
        while events := await self._reader.events(position, _PAGE):
            position = events[-1].sequence
            yield events

    async def _poll(self) -> None:
        async for events in self._behind(self._position):
            self._position = events[-1].sequence
            for listener in self._listeners:
                listener.put(events)

    @contextmanager
    def _listening(self, position: int) -> Iterator[Listener]:
        if not self._listeners:  # the poller slept: it goes on from here
            self._position = max(self._position, position)
        listener = Listener(self._room)
        self._listeners.add(listener)
        self._wanted.set()
        if self._stopped:
            listener.close()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._wanted.clear()
