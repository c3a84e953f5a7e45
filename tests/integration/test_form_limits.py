"""How often, from where, and what when our own side is away."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.bus import eventually
from support.forms import UNHURRIED, ServeForms, Site
from threadline_shared.health import forget, snapshot

ANA = {"name": "Ana K.", "message": "It burns."}
FEW = """
[[form.forms]]
allowed_origins = ["https://www.example.com"]
[form.forms.rates]
address_per_hour = 3
form_per_day = 5
"""
PROXY = {"THREADLINE_TRUSTED_PROXIES": "127.0.0.0/8"}


async def status_of(http: aiohttp.ClientSession, site: Site, **headers: str) -> int:
    async with http.post(site.page, json=ANA, headers=headers) as answer:
        return answer.status


async def test_the_fourth_post_of_an_address_has_to_wait(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    async with serve_forms(FEW) as site:
        assert [await status_of(http, site) for _ in range(3)] == [202] * 3
        async with http.post(site.page, json=ANA) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (429, "too_often")
            assert 0 < int(answer.headers["Retry-After"]) <= 2 * 3600


async def test_the_page_of_who_has_to_wait_keeps_what_was_typed(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW) as site:
        for _ in range(3):
            await status_of(http, site)
        async with http.post(site.page, data=ANA) as answer:
            html = await answer.text()
    assert (answer.status, "It burns." in html, "Many messages came from your connection" in html) == (429, True, True)


async def test_addresses_are_told_apart_behind_a_trusted_proxy_only(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW) as site:
        direct = [await status_of(http, site, **{"X-Forwarded-For": f"192.0.2.{last}"}) for last in range(4)]
    async with serve_forms(FEW, **PROXY) as site:
        proxied = [await status_of(http, site, **{"X-Forwarded-For": f"192.0.2.{last}"}) for last in range(4)]
    assert (direct, proxied) == ([202, 202, 202, 429], [202] * 4)


async def test_a_form_has_a_limit_for_everybody_together(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    async with serve_forms(FEW, **PROXY) as site:
        answers = [await status_of(http, site, **{"X-Forwarded-For": f"192.0.2.{last}"}) for last in range(6)]
    assert answers == [202] * 5 + [429]


async def test_a_post_that_was_refused_costs_the_form_nothing(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW, **PROXY) as site:
        for last in range(10):
            async with http.post(site.page, json={}, headers={"X-Forwarded-For": f"192.0.2.{last}"}) as answer:
                assert answer.status == 422
        assert await status_of(http, site) == 202


async def test_without_a_spool_a_missing_bus_is_a_temporary_no(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW, THREADLINE_SPOOL_DIR="off") as site:
        site.bus.away = True
        for _ in range(4):  # our failure is not held against the visitor
            async with http.post(site.page, json=ANA) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "31")
        async with http.post(site.page, data=ANA) as answer:
            html = await answer.text()
            assert (answer.status, "It burns." in html, "Everything you wrote is still here" in html) == (
                503,
                True,
                True,
            )
        site.bus.away = False
        assert await status_of(http, site) == 202


async def test_with_a_spool_it_is_taken_and_delivered_later(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(UNHURRIED) as site:
        site.bus.away = True
        data = aiohttp.FormData(default_to_multipart=True)
        for name, value in ANA.items():
            data.add_field(name, value)
        data.add_field("files", b"it burns", filename="log.txt")
        async with http.post(site.page, data=data, headers={"Accept": "application/json"}) as answer:
            told = await answer.json()
        assert (answer.status, await site.waiting()) == (202, 0)
        site.bus.away = False
        message = await site.message()
        assert (str(message.id), await site.blob(message.attachments[0].blob)) == (told["id"], b"it burns")


async def test_more_uploads_than_may_be_read_at_once_are_asked_to_come_again(
    serve_forms: ServeForms, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with serve_forms("", THREADLINE_FORM_MAX_UPLOADS="1") as site:
        hurry = asyncio.Event()

        async def slowly() -> Any:
            yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx'
            await hurry.wait()
            yield b"\r\n--b--\r\n"

        kind = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
        first = asyncio.create_task(_status(http, site, data=slowly(), headers=kind))
        body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n'

        async def is_reading() -> bool:
            return any((tmp_path / "var" / "uploads").iterdir())

        await eventually(is_reading)
        assert await _status(http, site, data=body, headers=kind) == 503
        hurry.set()
        assert await first == 422
        assert await _status(http, site, data=body, headers=kind) == 422


async def test_a_post_that_does_not_come_to_an_end_is_not_waited_for(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms("", THREADLINE_FORM_READ_SECONDS="0.05") as site:

        async def never() -> Any:
            yield b"--b\r\n"
            await asyncio.sleep(30)

        kind = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
        assert await _status(http, site, data=never(), headers=kind) == 400


async def test_the_form_counts_how_its_posts_ended(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    forget("form/contact")
    async with serve_forms(UNHURRIED, THREADLINE_SPOOL_DIR="off") as site:
        await status_of(http, site)
        await _status(http, site, json={})
        site.bus.away = True
        await status_of(http, site)
        (health,) = (found for found in snapshot() if found.name == "form/contact")
    assert {name: health.counts.get(name) for name in ("accepted", "refused", "failed")} == {
        "accepted": 1,
        "refused": 1,
        "failed": 1,
    }
    assert (health.state, health.reason) == ("trouble", "the bus is away")


async def _status(http: aiohttp.ClientSession, site: Site, **request: Any) -> int:
    async with http.post(site.page, **request) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://www.example.com"}, 202),
        ({"Origin": "https://evil.example.net"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Cookie": "session=1"}, 202),
    ],
    ids=repr,
)
async def test_only_known_origins_may_post(
    headers: dict[str, str], status: int, serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW) as site:
        assert await _status(http, site, json=ANA, headers=headers) == status


async def test_our_own_page_may_post(site: Site, http: aiohttp.ClientSession) -> None:
    assert await _status(http, site, data=ANA, headers={"Origin": site.url}, allow_redirects=False) == 303


async def test_scripts_of_an_allowed_site_may_read_the_answer(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW) as site:
        script = {"Origin": "https://www.example.com", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}
        assert await _status(http, site, data=ANA, headers=script) == 202
        for origin, allowed in (
            ("https://www.example.com", "https://www.example.com"),
            ("https://evil.example.net", None),
        ):
            async with http.post(site.page, json=ANA, headers={"Origin": origin}) as answer:
                assert answer.headers.get("Access-Control-Allow-Origin") == allowed
                assert answer.headers["Vary"] == "Origin"


async def test_a_browser_that_asks_first_is_told(serve_forms: ServeForms, http: aiohttp.ClientSession) -> None:
    async with serve_forms(FEW) as site:
        asking = {"Origin": "https://www.example.com", "Access-Control-Request-Method": "POST"}
        async with http.options(site.page, headers=asking) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Headers"] == "Accept, Content-Type, Idempotency-Key"
        async with http.options(site.page, headers={"Origin": "https://evil.example.net"}) as answer:
            assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (403, False)


async def test_pages_load_from_here_alone_and_set_no_cookie(
    serve_forms: ServeForms, http: aiohttp.ClientSession
) -> None:
    async with serve_forms(FEW) as site, http.get(site.page) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert policy.endswith("frame-ancestors 'self' https://www.example.com")
        assert (answer.headers["Cache-Control"], "Set-Cookie" in answer.headers) == ("no-store", False)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_each_rendering_has_a_key_of_its_own(site: Site, http: aiohttp.ClientSession) -> None:
    pages = []
    for _ in range(2):
        async with http.get(site.page) as answer:
            pages.append((await answer.text()).partition('name="idempotency_key" value="')[2].partition('"')[0])
    assert len(set(pages)) == 2


async def test_static_files_are_kept_for_ever_under_their_version(site: Site, http: aiohttp.ClientSession) -> None:
    async with http.get(site.page) as answer:
        address = (await answer.text()).partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    async with http.get(f"{site.url}{address}") as answer:
        assert (answer.status, answer.content_type) == (200, "text/css")
        assert "immutable" in answer.headers["Cache-Control"]
        tag = answer.headers["ETag"]
    async with http.get(f"{site.url}/form/static/form.css", headers={"If-None-Match": tag}) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (304, "no-cache")


async def test_the_address_of_all_forms_leads_to_the_first(site: Site, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{site.url}/form", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/form/contact")
