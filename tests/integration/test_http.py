"""One HTTP listener for all services of a process, over real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Final

import aiohttp
import pytest
from aiohttp import web

from support.bus import eventually
from support.logs import Logs
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.health import component, forget
from threadline_shared.http import authorised, client_ip, serving

FREE: Final = {"THREADLINE_HTTP_PORT": "0"}


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def our_bug(_: web.Request) -> web.Response:
    raise KeyError("S3CRET")


async def no_database(_: web.Request) -> web.Response:
    raise TemporaryError("no route to db.internal")


def shared(number: int, **settings: str) -> Mapping[str, str]:
    return {**FREE, "THREADLINE_HTTP_SHARED_BY": str(number), **settings}


async def test_a_service_answers_its_routes(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, [web.get("/hello", hello)], name="a") as url, client.get(f"{url}/hello") as response:
        assert (response.status, await response.text()) == (200, "hello")


async def test_answers_have_safe_headers_and_do_not_name_the_server(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, [web.get("/hello", hello)], name="a") as url, client.get(f"{url}/hello") as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
        assert "Server" not in response.headers


async def test_a_handlers_own_policy_stands(client: aiohttp.ClientSession) -> None:
    async def embeddable(_: web.Request) -> web.Response:
        return web.Response(headers={"Content-Security-Policy": "frame-ancestors https://shop.example"})

    async with serving(FREE, [web.get("/x", embeddable)], name="a") as url, client.get(f"{url}/x") as response:
        assert response.headers.getall("Content-Security-Policy") == ["frame-ancestors https://shop.example"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("POST", "/api/v1/hello", 405, "method_not_allowed"),
        ("GET", "/api/v1/bug", 500, "internal_server_error"),
        ("GET", "/api/v1/away", 503, "service_unavailable"),
        ("GET", "/api/v1/full", 429, "too_many_requests"),
    ],
)
async def test_api_errors_are_json(
    client: aiohttp.ClientSession, method: str, path: str, status: int, code: str
) -> None:
    async def full(_: web.Request) -> web.Response:
        raise web.HTTPTooManyRequests(text="Slow down.", headers={"Retry-After": "9"})

    handlers = {"hello": hello, "bug": our_bug, "away": no_database, "full": full}
    routes = [web.get(f"/api/v1/{name}", handler) for name, handler in handlers.items()]
    async with serving(FREE, routes, name="a") as url, client.request(method, url + path) as response:
        error = (await response.json())["error"]

    assert (response.status, error["code"]) == (status, code)
    assert error["message"]
    assert response.headers.get("Retry-After") == {429: "9", 503: "5"}.get(status)
    assert ("Allow" in response.headers) == (status == 405)


async def test_pages_get_plain_errors(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, [web.get("/away", no_database)], name="a") as url, client.get(f"{url}/away") as response:
        assert (response.status, response.content_type) == (503, "text/plain")
        assert response.headers["Retry-After"] == "5"
        assert "db.internal" not in await response.text()


async def test_our_bug_shows_a_reference_and_nothing_else(client: aiohttp.ClientSession, logs: Logs) -> None:
    async with serving(FREE, [web.get("/bug", our_bug)], name="a") as url, client.get(f"{url}/bug?t=T0KEN") as response:
        said = await response.text()

    reference = said.split("mention ")[1].split()[0]
    [line] = logs.lines()
    assert "KeyError" not in said
    assert "S3CRET" not in said
    assert (line["event"], line["reference"], line["route"]) == ("request.failed", reference, "/bug")
    assert "KeyError" in line["exception"]
    assert "T0KEN" not in logs.text


async def test_redirects_and_cookies_of_a_refusal_pass(client: aiohttp.ClientSession) -> None:
    async def away(_: web.Request) -> web.Response:
        see = web.HTTPSeeOther("/thanks")
        see.set_cookie("seen", "1")
        raise see

    async with serving(FREE, [web.post("/x", away)], name="a") as url:
        response = await client.post(f"{url}/x", allow_redirects=False)

    assert (response.status, response.headers["Location"], "seen" in response.cookies) == (303, "/thanks", True)


async def test_head_is_get_without_a_body(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, [web.get("/hello", hello)], name="a") as url, client.head(f"{url}/hello") as response:
        assert (response.status, response.headers["Content-Length"], await response.read()) == (200, "5", b"")


async def test_the_process_lives(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, (), name="a") as url, client.get(f"{url}/livez") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_readiness_says_what_is_in_trouble(client: aiohttp.ClientSession) -> None:
    part = component("test/readiness")
    async with serving(FREE, (), name="a") as url:
        async with client.get(f"{url}/readyz") as before:
            assert before.status == 200
        part.trouble("no database")
        async with client.get(f"{url}/readyz") as during:
            content = await during.json()
        forget("test/readiness")

    assert (during.status, content["status"]) == (503, "trouble")
    assert {"name": "test/readiness", "state": "trouble", "reason": "no database"} in content["components"]


async def test_metrics_are_prometheus_text(client: aiohttp.ClientSession) -> None:
    async with serving(FREE, [web.get("/hello/{name}", hello)], name="a") as url:
        await client.get(f"{url}/hello/ann")
        async with client.get(f"{url}/metrics") as response:
            text = await response.text()

    assert response.content_type == "text/plain"
    assert 'threadline_http_request_seconds_count{route="/hello/{name}",status="2xx"}' in text


async def test_a_metrics_token_guards_the_metrics_and_the_reasons(client: aiohttp.ClientSession) -> None:
    component("test/guarded").idle()
    env = {**FREE, "THREADLINE_METRICS_TOKEN": "m"}
    async with serving(env, (), name="a") as url:
        async with client.get(f"{url}/metrics") as stranger, client.get(f"{url}/readyz") as told_little:
            assert (stranger.status, (await told_little.json())["components"]) == (401, [])
        async with client.get(f"{url}/metrics", headers={"Authorization": "Bearer m"}) as friend:
            assert friend.status == 200


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


async def status_is(client: aiohttp.ClientSession, url: str, status: int) -> bool:
    async with client.get(url) as response:
        return response.status == status


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


async def ticking(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    while True:
        await response.write(b"data: tick\n\n")
        await asyncio.sleep(0.01)


async def test_a_stream_may_take_longer_than_an_answer(client: aiohttp.ClientSession) -> None:
    env = {**FREE, "THREADLINE_HTTP_ANSWER_SECONDS": "0.03"}
    async with serving(env, [web.get("/x", ticking)], name="a") as url, client.get(f"{url}/x") as response:
        assert len(await response.content.readexactly(12 * 10)) == 120


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


async def test_the_client_behind_a_trusted_proxy_is_known(client: aiohttp.ClientSession) -> None:
    async def who(request: web.Request) -> web.Response:
        return web.json_response([client_ip(request), authorised(request, "good"), authorised(request, "")])

    headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": "bearer good"}
    env = {**FREE, "THREADLINE_TRUSTED_PROXIES": "127.0.0.0/8"}
    async with serving(env, [web.get("/x", who)], name="a") as url, client.get(f"{url}/x", headers=headers) as response:
        assert json.loads(await response.text()) == ["203.0.113.9", True, False]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer bad", "Basic good", "good", "Bearer good extra", "Bearer gööd"]
)
async def test_a_wrong_token_authorises_nobody(client: aiohttp.ClientSession, header: str) -> None:
    async def who(request: web.Request) -> web.Response:
        return web.json_response(authorised(request, "good"))

    async with serving(FREE, [web.get("/x", who)], name="a") as url:
        response = await client.get(f"{url}/x", headers={"Authorization": header})
        assert await response.json() is False
