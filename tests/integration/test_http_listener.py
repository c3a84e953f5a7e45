"""One HTTP listener for all services of a process: they come, share it, and leave."""

import asyncio
import socket
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web

from support.bus import eventually
from support.web import FREE, hello, status_is, ticking
from threadline_contracts.errors import SettingsError
from threadline_shared.http import serving


def shared(number: int, **settings: str) -> Mapping[str, str]:
    return {**FREE, "THREADLINE_HTTP_SHARED_BY": str(number), **settings}


async def test_services_of_a_process_share_one_listener(client: aiohttp.ClientSession) -> None:
    env = shared(2)
    urls: list[str] = []

    async def serve(name: str) -> None:
        async with serving(env, [web.get(f"/{name}", hello)], name=name) as url:
            urls.append(url)
            await eventually(lambda: answers(client, url, "a", "b"))

    async with asyncio.TaskGroup() as group:
        for name in "ab":
            group.create_task(serve(name))

    assert urls[0] == urls[1]


async def answers(client: aiohttp.ClientSession, url: str, *names: str) -> bool:
    statuses = []
    for name in names:
        async with client.get(f"{url}/{name}") as response:
            statuses.append(response.status)
    return statuses == [200] * len(names)


async def test_the_listener_waits_for_the_last_service() -> None:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(stay(shared(2), "a"))
        await asyncio.sleep(0.02)
        assert not first.done()
        first.cancel()


async def stay(env: Mapping[str, str], name: str) -> None:
    async with serving(env, [web.get(f"/{name}", hello)], name=name):
        return


async def test_a_service_may_leave_and_come_back(client: aiohttp.ClientSession) -> None:
    env = shared(2)
    leave, back, end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def coming_and_going() -> None:
        async with serving(env, [web.get("/b", hello)], name="b"):
            await leave.wait()
        await back.wait()
        async with serving(env, [web.get("/b", hello)], name="b"):
            await end.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(coming_and_going())
        async with serving(env, [web.get("/a", hello)], name="a") as url:
            assert await answers(client, url, "a", "b")
            leave.set()
            await eventually(lambda: status_is(client, f"{url}/b", 503))
            assert await answers(client, url, "a")
            back.set()
            await eventually(lambda: answers(client, url, "a", "b"))
            end.set()


async def test_the_port_is_free_when_all_have_left(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, (), name="a") as url:
        pass
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.get(f"{url}/livez")
    port = url.rpartition(":")[2]
    async with serving({"THREADLINE_HTTP_PORT": port}, (), name="a") as again:
        assert again == url


async def test_a_port_in_use_is_named_in_one_line_to_every_service() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        env = shared(2, THREADLINE_HTTP_PORT=str(port))
        refusals = await asyncio.gather(stay(env, "a"), stay(env, "b"), return_exceptions=True)

    assert [type(refusal) for refusal in refusals] == [SettingsError, SettingsError]
    assert f"THREADLINE_HTTP_PORT: port {port} on 127.0.0.1 is in use" in str(refusals[0])


async def test_an_unknown_host_is_named() -> None:
    env = {**FREE, "THREADLINE_HTTP_HOST": "203.0.113.77", "THREADLINE_API_TOKEN": "t"}
    with pytest.raises(SettingsError, match=r"^THREADLINE_HTTP_HOST: cannot listen on 203.0.113.77"):
        await stay(env, "a")


async def test_beyond_loopback_needs_a_token() -> None:
    with pytest.raises(SettingsError, match=r"^THREADLINE_API_TOKEN is not set"):
        await stay({**FREE, "THREADLINE_HTTP_HOST": "0.0.0.0"}, "a")


async def test_what_listens_everywhere_is_found_on_loopback(client: aiohttp.ClientSession) -> None:
    env = {**FREE, "THREADLINE_HTTP_HOST": "0.0.0.0", "THREADLINE_API_TOKEN": "t"}
    async with serving(env, [web.get("/a", hello)], name="a") as url:
        assert url.startswith("http://127.0.0.1:")
        assert await answers(client, url, "a")


async def test_leaving_ends_endless_streams_at_once(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, [web.get("/x", ticking)], name="a") as url:
        response = await client.get(f"{url}/x")
        await response.content.readexactly(12)
        leaving = asyncio.get_running_loop().time()

    assert asyncio.get_running_loop().time() - leaving < 1
    await response.read()  # a proper end: a broken connection would raise


async def test_leaving_finishes_the_request_in_hand(client: aiohttp.ClientSession) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        begun.set()
        await go_on.wait()
        return web.Response(text="done")

    async def ask(url: str) -> str:
        async with client.get(f"{url}/x") as response:
            return await response.text()

    async with serving(FREE, [web.get("/x", slow)], name="a") as url:
        asking = asyncio.create_task(ask(url))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.03, go_on.set)

    assert await asking == "done"
