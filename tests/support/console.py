"""A console for the tests: the real one on a free port, over tickets in memory or in a real store."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import pytest
from msgspec import Struct
from yarl import URL

from support.bus import QUICK, eventually
from support.console_tickets import MemoryReader
from support.gateway import free_port
from support.messages import an_arrival
from threadline_console.app import serve
from threadline_contracts.arrival import InputBuried
from threadline_contracts.codec import encode, make_event
from threadline_contracts.topology import ALWAYS, EventType, Exchange
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.memory import MemoryBus
from threadline_threads.reading import Reader


@asynccontextmanager
async def a_console(folder: Path, bus: Bus, reader: Reader, **settings: str) -> AsyncIterator[str]:
    """Run the real console over these tickets; yields its base URL."""
    env = console_env(folder, **settings)
    url = f"http://127.0.0.1:{env['THREADLINE_HTTP_PORT']}"
    task = asyncio.create_task(serve(env, bus, reader))
    try:
        await answering(url, task)
        yield url
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def console_env(folder: Path, **settings: str) -> Mapping[str, str]:
    """Return the environment of a console that keeps its files in a folder."""
    named = {f"THREADLINE_{name.upper()}": value for name, value in settings.items()}
    return {"THREADLINE_DATA_DIR": str(folder), "THREADLINE_HTTP_PORT": str(free_port()), **named}


async def answering(url: str, task: "asyncio.Task[None]") -> None:
    """Wait until a console answers."""
    async with asyncio.timeout(10), aiohttp.ClientSession() as client:
        while not task.done():
            try:
                async with client.get(f"{url}/sign-in"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.01)


class Answer(Struct, frozen=True):
    """What a console answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Console:
    """A running console, and what it looks at."""

    url: str
    tickets: MemoryReader
    bus: MemoryBus
    blobs: Blobs

    async def bury_inputs(self, number: int = 1, reason: str = "IndexError", raw: bytes = b"Subject: x") -> None:
        """Have a normaliser fail at inputs; wait until the console has them."""
        blob = await self.blobs.keep_raw("main", raw)
        data = InputBuried(arrival=an_arrival(), raw=blob, reason=reason)
        kind, key = EventType.INPUT_BURIED, "input.buried.v1.email"
        for _ in range(number):
            event = make_event(kind, data, about=uuid4(), revision=1, source="/t", time=datetime.now(UTC))
            await self.bus.publish(
                Outgoing(
                    exchange=Exchange.DEAD, key=key, body=encode(event), event_id=event.id, headers={"reason": reason}
                )
            )
        await eventually(lambda: self.has_letters(number))

    async def has_letters(self, number: int) -> bool:
        return len((await self.get("/api/v1/dead-letters?limit=200")).json["items"]) >= number

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.ask("POST", path, **options)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        return await ask(self.url, method, path, **options)


async def ask(url: str, method: str, path: str, **options: Any) -> Answer:
    """Ask a console once, without cookies; a redirect is an answer."""
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
        client.request(method, URL(url + path, encoded=True), allow_redirects=False, **options) as answer,
    ):
        return Answer(answer.status, answer.headers, await answer.read())


OpenConsole = Callable[..., AbstractAsyncContextManager[Console]]


@pytest.fixture
def open_console(tmp_path: Path) -> OpenConsole:
    """Return the opener of consoles over tickets in memory: `async with open_console(api_token="secret")`."""

    @asynccontextmanager
    async def opener(**settings: str) -> AsyncIterator[Console]:
        tickets, bus = MemoryReader(), MemoryBus(retries=QUICK)
        await bus.declare(ALWAYS)
        async with (
            open_blobs(console_env(tmp_path)) as blobs,
            a_console(tmp_path, bus, tickets, **settings) as url,
        ):
            yield Console(url, tickets, bus, blobs)

    return opener


@pytest.fixture
async def console(open_console: OpenConsole) -> AsyncIterator[Console]:
    """Return a console without a token, over tickets in memory."""
    async with open_console() as opened:
        yield opened
