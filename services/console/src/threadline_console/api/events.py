"""Server-sent events: every ticket event in commit order; `Last-Event-ID` goes on where a connection broke."""

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import web
from msgspec import UNSET

from threadline_console.api.ask import EventQuestion, read_query
from threadline_console.feed import Feed
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_threads.reading import StoredEvent

_BEGIN: Final = b"retry: 2000\nid: %d\n\n"  # where it begins: who is cut off before the first event goes on there
_HEARTBEAT: Final = b": still here\n\n"
_WRITE_SECONDS: Final = 20.0  # who does not read for so long is gone, or too slow; it may come back
_DIGITS: Final = 19


class EventsApi:
    """One stream a client, all from one feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/events."""
        after = _after(request)
        answer = web.StreamResponse(
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
        )
        answer.content_type = "text/event-stream"
        await answer.prepare(request)
        # A client that left ends the stream; one that reconnects goes on behind the last event it saw.
        with suppress(ConnectionError):
            try:
                await self._tell(answer, after)
            except TimeoutError:
                if request.transport is not None:
                    request.transport.abort()
        return answer

    async def _tell(self, answer: web.StreamResponse, after: int | None) -> None:
        with suppress(TemporaryError):
            position = await self._feed.head() if after is None else after
            await _send(answer, _BEGIN % position)
            async for events in self._feed.follow(position):
                await _send(answer, b"".join(map(_frame, events)) or _HEARTBEAT)
        async with asyncio.timeout(_WRITE_SECONDS):
            await answer.write_eof()


async def _send(answer: web.StreamResponse, chunk: bytes) -> None:
    async with asyncio.timeout(_WRITE_SECONDS):
        await answer.write(chunk)


def _after(request: web.Request) -> int | None:
    last = request.headers.get("Last-Event-ID", "")
    if last:
        if not (last.isascii() and last.isdigit() and len(last) < _DIGITS):
            raise MalformedInputError("Last-Event-ID is not a number of ours")
        return int(last)
    after = read_query(request, EventQuestion).after
    return None if after is UNSET else after


def _frame(event: StoredEvent) -> bytes:
    # JSON holds no raw line end within a string, but one between tokens would end the frame.
    lines = event.body.replace(b"\r", b" ").split(b"\n")
    data = b"".join(b"data: %s\n" % line for line in lines)
    return b"id: %d\nevent: %s\n%s\n" % (event.sequence, event.type.encode(), data)
