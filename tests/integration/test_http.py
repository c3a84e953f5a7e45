"""What every HTTP answer has in common, over real sockets."""

import json

import aiohttp
import pytest
from aiohttp import web

from support.logs import Logs
from support.web import FREE, hello
from threadline_contracts.errors import TemporaryError
from threadline_shared.health import component, forget
from threadline_shared.http import authorised, client_ip, serving


async def our_bug(_: web.Request) -> web.Response:
    raise KeyError("S3CRET")


async def no_database(_: web.Request) -> web.Response:
    raise TemporaryError("no route to db.internal")


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


async def test_trouble_of_a_server_of_others_is_told_and_we_are_ready(client: aiohttp.ClientSession) -> None:
    part = component("test/elsewhere")
    part.elsewhere = True
    part.trouble("wrong password")
    async with serving(FREE, (), name="a") as url, client.get(f"{url}/readyz") as answer:
        content = await answer.json()
    forget("test/elsewhere")
    assert (answer.status, content["status"]) == (200, "ready")
    assert {"name": "test/elsewhere", "state": "trouble", "reason": "wrong password"} in content["components"]


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


async def test_beyond_loopback_the_api_token_guards_the_metrics(client: aiohttp.ClientSession) -> None:
    env = {**FREE, "THREADLINE_HTTP_HOST": "0.0.0.0", "THREADLINE_API_TOKEN": "a"}
    async with serving(env, (), name="a") as url:
        own = url.replace("0.0.0.0", "127.0.0.1")
        async with client.get(f"{own}/metrics") as stranger, client.get(f"{own}/readyz") as told_little:
            assert (stranger.status, (await told_little.json())["components"]) == (401, [])
        async with client.get(f"{own}/metrics", headers={"Authorization": "Bearer a"}) as friend:
            assert friend.status == 200


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
