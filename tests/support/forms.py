"""The real form service on a free port, over a bus in memory that can be away, with real blobs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import aiohttp
import pytest
from playwright.async_api import FilePayload, Page

from support.bus import InterruptedBus, take_one
from support.gateway import free_port
from threadline_contracts.codec import decode, decode_data
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.topology import THREADS_MESSAGES
from threadline_form.app import run
from threadline_shared.blobs import open_blobs
from threadline_shared.bus.memory import MemoryBus

# A test fills a form in faster than any person.
UNHURRIED = "[[form.forms]]\nmin_seconds = 0\n"


PHOTO: FilePayload = {
    "name": "printer.png",
    "mimeType": "image/png",
    "buffer": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
}


class Site:
    """A running form service: where it is, and what it put on the bus."""

    def __init__(self, url: str, bus: InterruptedBus, env: Mapping[str, str]) -> None:
        self.url = url
        self.page = f"{url}/form/contact"
        self.bus = bus
        self.env = env

    async def message(self) -> InboundMessage:
        """Return the next message on the bus; fails when none comes."""
        async with self.bus.subscribe(THREADS_MESSAGES.name) as subscription:
            delivery = await take_one(subscription)
            message = decode_data(decode(delivery.body), MessageReceived).message
            await delivery.ack()
            return message

    async def waiting(self) -> int:
        """Return how many messages wait on the bus."""
        return await self.bus.depth(THREADS_MESSAGES.name)

    async def blob(self, blob: str) -> bytes:
        """Return what is kept under an id."""
        async with open_blobs(self.env) as blobs:
            return await blobs.read(blob)


class ServeForms(Protocol):
    """Starts a form service: `async with serve_forms(toml, THREADLINE_SPOOL_DIR="off") as site`."""

    def __call__(self, toml: str = "", **env: str) -> AbstractAsyncContextManager[Site]: ...


@pytest.fixture
def serve_forms(tmp_path: Path, memory_bus: MemoryBus) -> ServeForms:
    """Return the starter of form services."""

    @asynccontextmanager
    async def serve(toml: str = UNHURRIED, **more: str) -> AsyncIterator[Site]:
        config = tmp_path / "threadline.toml"
        config.write_text(toml)
        env = {
            "THREADLINE_CONFIG": str(config),
            "THREADLINE_DATA_DIR": str(tmp_path / "var"),
            "THREADLINE_HTTP_PORT": str(free_port()),
            **more,
        }
        site = Site(f"http://127.0.0.1:{env['THREADLINE_HTTP_PORT']}", InterruptedBus(memory_bus), env)
        service = asyncio.create_task(_serve(site))
        try:
            await _listening(site.url, service)
            yield site
        finally:
            service.cancel()
            with suppress(asyncio.CancelledError):
                await service

    return serve


@pytest.fixture
async def site(serve_forms: ServeForms) -> AsyncIterator[Site]:
    """Return a running form service with the default form."""
    async with serve_forms() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Return an HTTP client that follows no redirect by itself and keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


async def fill(page: Page, **fields: str) -> None:
    """Fill in the form on a page: name, e-mail and message, unless told otherwise."""
    for name, value in ({"name": "Ana Kovačević", "email": "ana@example.org", "message": "It burns."} | fields).items():
        await page.fill(f"#{name}", value)


async def send(page: Page) -> None:
    """Press the button."""
    await page.click("button[type=submit]")


async def _serve(site: Site) -> None:
    await run(site.env, site.bus)


async def _listening(url: str, service: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as client:
        while True:
            if service.done():
                service.result()
            with suppress(aiohttp.ClientConnectionError):
                async with client.get(f"{url}/livez"):
                    return
            await asyncio.sleep(0.01)
