"""Requests that are too large, too slow, broken off, or no HTTP at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest
from aiohttp import web

from support.logs import Logs
from support.web import FREE, status_is, ticking
from threadline_shared.http import serving


async def test_a_body_over_the_limit_is_refused(client: aiohttp.ClientSession) -> None:
    async def read(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    env = {**FREE, "THREADLINE_HTTP_MAX_BODY_BYTES": "2048"}
    async with serving(env, [web.post("/api/x", read)], name="a") as url:
        response = await client.post(f"{url}/api/x", data=b"x" * 3000)
        error = (await response.json())["error"]

    assert (response.status, error["code"]) == (413, "request_entity_too_large")


async def test_a_request_that_does_not_arrive_is_given_up(client: aiohttp.ClientSession) -> None:
    async def read(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    env = {**FREE, "THREADLINE_HTTP_ANSWER_SECONDS": "0.05"}
    async with serving(env, [web.post("/x", read)], name="a") as url:
        response = await client.post(f"{url}/x", data=endless())

    assert response.status == 408


async def test_a_handler_that_hangs_is_a_temporary_no(client: aiohttp.ClientSession) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    env = {**FREE, "THREADLINE_HTTP_ANSWER_SECONDS": "0.05"}
    async with serving(env, [web.get("/x", hang)], name="a") as url:
        assert await status_is(client, f"{url}/x", 503)


async def test_a_stream_may_take_longer_than_an_answer(client: aiohttp.ClientSession) -> None:
    env = {**FREE, "THREADLINE_HTTP_ANSWER_SECONDS": "0.03"}
    async with serving(env, [web.get("/x", ticking)], name="a") as url, client.get(f"{url}/x") as response:
        assert len(await response.content.readexactly(12 * 10)) == 120


async def test_half_a_download_does_not_look_whole(client: aiohttp.ClientSession) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        raise OSError("disk gone")

    async with serving(FREE, [web.get("/x", half)], name="a") as url, client.get(f"{url}/x") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_a_client_that_goes_away_is_no_error_of_ours(logs: Logs) -> None:
    ended = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        try:
            return await ticking(request)
        finally:
            ended.set()

    async with serving(FREE, [web.get("/x", stream)], name="a") as url:
        async with aiohttp.ClientSession() as session:
            response = await session.get(f"{url}/x")
            await response.content.readexactly(12)
            response.close()
        await asyncio.wait_for(ended.wait(), 10)

    assert not logs.lines()


async def test_what_is_no_http_is_answered_quietly(logs: Logs) -> None:
    async with serving(FREE, (), name="a") as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"\x16\x03\x01 TLS here\r\n\r\n")
        answer = await reader.read(200)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    assert b" 400 " in answer.split(b"\r\n")[0]
    assert not logs.lines()


async def test_a_header_over_the_limit_is_refused_quietly(client: aiohttp.ClientSession, logs: Logs) -> None:
    env = {**FREE, "THREADLINE_HTTP_MAX_HEADER_BYTES": "1024"}
    async with (
        serving(env, (), name="a") as url,
        client.get(f"{url}/livez", headers={"X-Long": "x" * 2000}) as response,
    ):
        assert response.status == 400

    assert not logs.lines()


async def test_a_connection_that_asks_nothing_is_closed() -> None:
    async with serving({**FREE, "THREADLINE_HTTP_KEEPALIVE_SECONDS": "0.05"}, (), name="a") as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET /livez HTTP/1.1\r\nHost: ")  # and no more
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
