"""The contact form on a customer's own site, in a real browser."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from support.chromium import Watch
from support.forms import UNHURRIED, ServeForms, Site

pytestmark = pytest.mark.browser


@pytest.fixture
async def other_site() -> AsyncIterator["OtherSite"]:
    """A customer's own website, on an origin of its own."""
    other = OtherSite()
    app = web.Application()
    app.router.add_get("/", other.show)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other.url = f"http://localhost:{runner.addresses[0][1]}"
    yield other
    await runner.cleanup()


class OtherSite:
    url = ""
    html = ""

    async def show(self, _: web.Request) -> web.Response:
        return web.Response(text=f"<!doctype html><link rel=icon href=data:,>{self.html}", content_type="text/html")


def allowing(origin: str) -> str:
    return f'{UNHURRIED}allowed_origins = ["{origin}"]\n'


async def test_a_site_that_is_allowed_shows_the_form_inside_its_page(
    serve_forms: ServeForms, other_site: OtherSite, page: Page
) -> None:
    async with serve_forms(allowing(other_site.url)) as site:
        other_site.html = f"<h1>Vet</h1><script src={site.page}/embed.js data-lang=hr async></script>"
        await page.goto(other_site.url)
        frame = page.frame_locator("iframe")
        await frame.locator("#name").fill("Ana")
        await frame.locator("#message").fill("Gori.")
        await frame.get_by_role("button", name="Pošalji poruku").click()
        await expect(frame.locator("#reference")).to_be_visible()
        assert (await site.message()).text == "Gori."


async def test_the_frame_grows_with_the_form(serve_forms: ServeForms, other_site: OtherSite, page: Page) -> None:
    async with serve_forms(allowing(other_site.url)) as site:
        other_site.html = f"<p>Hello</p><script src={site.page}/embed.js async></script>"
        await page.goto(other_site.url)
        frame = page.frame_locator("iframe")
        before = await _height(page, until_not=720)
        await frame.get_by_role("button", name="Send message").click()
        await expect(frame.get_by_role("alert")).to_be_visible()
        assert await _height(page, until_not=before) > before


async def test_a_site_that_is_not_allowed_shows_nothing(
    site: Site, other_site: OtherSite, page: Page, watch: Watch
) -> None:
    other_site.html = f"<iframe src={site.page}></iframe>"
    await page.goto(other_site.url)
    await page.wait_for_load_state("networkidle")
    assert await page.frame_locator("iframe").locator("form").count() == 0
    assert any("frame-ancestors" in fault for fault in watch.faults)
    watch.clear()


async def test_a_script_of_an_allowed_site_posts_by_itself(
    serve_forms: ServeForms, other_site: OtherSite, page: Page
) -> None:
    script = """([url, text]) => fetch(url, {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify({name: "Ana", message: text})}).then(answer => answer.json(), () => "refused")"""
    async with serve_forms(allowing(other_site.url)) as site:
        await page.goto(other_site.url)
        told = await page.evaluate(script, [site.page, "It burns."])
        assert told["reference"] == (await site.message()).reference


async def _height(page: Page, *, until_not: float) -> float:
    async with asyncio.timeout(10):
        while True:
            box = await page.locator("iframe").bounding_box()
            if box and box["height"] != until_not:
                return box["height"]
            await asyncio.sleep(0.02)
