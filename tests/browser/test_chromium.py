"""The watch over browser tests catches what it promises to catch."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page

from support.chromium import OpenPage, Watch, axe_violations, is_local

pytestmark = pytest.mark.browser


@pytest.fixture
async def site() -> AsyncIterator[str]:
    pages = {
        "clean": "<html lang=en><link rel=icon href=data:,><title>Clean</title><main><h1>Hello</h1></main>",
        "noisy": "<link rel=icon href=data:,><title>x</title><script>console.error('a bug')</script>",
        "broken": "<link rel=icon href=data:,><title>x</title><script>throw new Error('a bug')</script>",
        "foreign": "<link rel=icon href=data:,><title>x</title><img alt='' src='http://example.com/pixel.gif'>",
        "missing": "<link rel=icon href=data:,><title>x</title><link rel=stylesheet href=/nowhere.css>",
    }

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html>" + pages[request.match_info["page"]], content_type="text/html")

    app = web.Application()
    app.router.add_get("/page/{page}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_clean_page_passes_the_watch(page: Page, site: str, watch: Watch) -> None:
    await page.goto(f"{site}/page/clean", wait_until="networkidle")
    assert (watch.faults, await axe_violations(page)) == ([], [])


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("noisy", "console error: a bug"),
        ("broken", "uncaught in the page: a bug"),
        ("foreign", "request leaves loopback: http://example.com/pixel.gif"),
        ("missing", "404 for "),
    ],
)
async def test_the_watch_names_each_fault(name: str, fault: str, page: Page, site: str, watch: Watch) -> None:
    await page.goto(f"{site}/page/{name}", wait_until="networkidle")
    assert [seen for seen in watch.faults if seen.startswith(fault)]
    watch.clear()


async def test_a_page_can_be_opened_without_scripts_in_the_dark(open_page: OpenPage, site: str) -> None:
    page = await open_page(java_script_enabled=False, dark=True)
    await page.goto(f"{site}/page/clean")
    assert page.viewport_size == {"width": 1440, "height": 900}


async def test_the_browser_reaches_no_foreign_host(browser: Browser, site: str) -> None:
    page = await browser.new_page()
    await page.goto(f"{site}/page/clean")
    assert await page.evaluate("fetch('http://example.com').then(() => 'reached', () => 'refused')") == "refused"
    await page.close()


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://[::1]/", True),
        ("http://localhost:1/", True),
        ("data:text/plain,x", True),
        ("http://example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("https://10.0.0.1/", False),
    ],
)
def test_only_loopback_is_local(url: str, local: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_local(url) is local
