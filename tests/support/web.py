"""A client, and handlers for the HTTP tests."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import pytest
from aiohttp import web

FREE: Final = {"THREADLINE_HTTP_PORT": "0"}


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def ticking(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    while True:
        await response.write(b"data: tick\n\n")
        await asyncio.sleep(0.01)


async def status_is(client: aiohttp.ClientSession, url: str, status: int) -> bool:
    async with client.get(url) as response:
        return response.status == status
