"""The contact form in a real browser: with scripts and without, in trouble and in good order."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import FilePayload, Page, expect

from support.chromium import OpenPage, Watch, axe_violations
from support.forms import UNHURRIED, ServeForms, Site
from support.gateway import free_port
from threadline_contracts.ids import show_reference

pytestmark = pytest.mark.browser

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
PHOTO: FilePayload = {
    "name": "printer.png",
    "mimeType": "image/png",
    "buffer": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
}
LOG: FilePayload = {"name": "log.txt", "mimeType": "text/plain", "buffer": b"it burns"}
FOREIGN = "Γειά σου,\n\nмир!"  # noqa: RUF001 - Greek and Russian, on purpose
SMALL_FILES = f"{UNHURRIED}limits = {{ max_file_bytes = 5000 }}\n"


async def fill(page: Page, **fields: str) -> None:
    for name, value in ({"name": "Ana Kovačević", "email": "ana@example.org", "message": "It burns."} | fields).items():
        await page.fill(f"#{name}", value)


async def send(page: Page) -> None:
    await page.click("button[type=submit]")


@SCRIPTS
async def test_a_visitor_writes_and_gets_a_reference(*, scripts: bool, site: Site, open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=scripts)
    await page.goto(site.page)
    await fill(page, phone="+385 1 234", subject="Pisač")
    await page.set_input_files("#files", [PHOTO])
    await send(page)
    await page.wait_for_url("**/thanks/**")
    message = await site.message()
    assert await page.text_content("#reference") == show_reference(message.reference)
    assert (message.sender.name, message.subject, message.text) == ("Ana Kovačević", "Pisač", "It burns.")
    assert await site.blob(message.attachments[0].blob) == PHOTO["buffer"]
    assert message.problems == ()


@SCRIPTS
async def test_an_error_is_at_its_field_in_focus_and_nothing_typed_is_lost(
    *, scripts: bool, site: Site, open_page: OpenPage
) -> None:
    page = await open_page(java_script_enabled=scripts)
    await page.goto(site.page)
    await fill(page, email="ana@example", message=FOREIGN)
    await send(page)
    await expect(page.locator("#email-error")).to_have_text("Enter an e-mail address like name@example.com.")
    await expect(page.locator("#email")).to_be_focused()
    await expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_role("alert").get_by_role("link")).to_have_text(
        "E-mail: Enter an e-mail address like name@example.com."
    )
    assert await page.input_value("#message") == FOREIGN
    await page.fill("#email", "ana@example.org")
    await send(page)
    await page.wait_for_url("**/thanks/**")
    assert (await site.message()).text == FOREIGN


async def test_a_link_in_the_summary_leads_to_its_field(site: Site, page: Page) -> None:
    await page.goto(site.page)
    await fill(page, name="", message="")
    await send(page)
    await page.get_by_role("link", name="Message: Write a message.").click()
    await expect(page.locator("#message")).to_be_focused()


async def test_an_error_goes_away_when_its_field_is_mended(site: Site, page: Page) -> None:
    await page.goto(site.page)
    await fill(page, message="")
    await send(page)
    await expect(page.locator("#message-error")).to_be_visible()
    await page.fill("#message", "It burns.")
    await expect(page.locator("#message-error")).to_be_hidden()


async def test_a_double_click_is_one_message(site: Site, page: Page) -> None:
    await page.goto(site.page)
    await fill(page)
    await page.dblclick("button[type=submit]")
    await page.wait_for_url("**/thanks/**")
    assert await site.waiting() == 1


async def test_a_double_click_without_scripts_is_one_message_too(site: Site, open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=False)
    await page.goto(site.page)
    await fill(page)
    await send(page)
    await page.wait_for_url("**/thanks/**")
    first = await page.text_content("#reference")
    async with page.expect_response(site.page):
        await page.go_back()
    assert await site.waiting() == 1
    assert first == show_reference((await site.message()).reference)


@SCRIPTS
async def test_when_we_are_away_it_says_so_and_the_same_message_goes_out_later(
    *, scripts: bool, serve_forms: ServeForms, open_page: OpenPage
) -> None:
    page = await open_page(java_script_enabled=scripts)
    async with serve_forms(UNHURRIED, THREADLINE_SPOOL_DIR="off") as site:
        await page.goto(site.page)
        await fill(page)
        key = await page.input_value("[name=idempotency_key]")
        site.bus.away = True
        await send(page)
        await expect(page.get_by_role("alert")).to_contain_text("Everything you wrote is still here")
        await expect(page.locator("button[type=submit]")).to_have_text("Try again")
        assert await page.input_value("#message") == "It burns."
        site.bus.away = False
        await send(page)
        await page.wait_for_url("**/thanks/**")
        assert (await site.message()).external_id == key


async def test_when_the_server_is_gone_the_text_stays_even_over_a_reload(serve_forms: ServeForms, page: Page) -> None:
    port = str(free_port())
    async with serve_forms(UNHURRIED, THREADLINE_HTTP_PORT=port) as site:
        await page.goto(site.page)
        await fill(page)
    await send(page)
    await expect(page.get_by_role("alert")).to_contain_text("We cannot reach our server")
    assert await page.input_value("#message") == "It burns."
    async with serve_forms(UNHURRIED, THREADLINE_HTTP_PORT=port) as site:
        await page.goto(site.page)
        assert (await page.input_value("#name"), await page.input_value("#message")) == ("Ana Kovačević", "It burns.")
        await send(page)
        await page.wait_for_url("**/thanks/**")
        await page.get_by_role("link", name="Send another message").click()
        await expect(page.locator("#message")).to_have_value("")


async def test_files_are_listed_added_and_removed_before_they_go(site: Site, page: Page) -> None:
    await page.goto(site.page)
    await fill(page)
    await page.set_input_files("#files", [PHOTO])
    await page.set_input_files("#files", [LOG])
    await expect(page.locator(".files li")).to_have_count(2)
    await page.get_by_role("button", name="Remove printer.png").click()
    await send(page)
    await page.wait_for_url("**/thanks/**")
    assert [file.filename for file in (await site.message()).attachments] == ["log.txt"]


async def test_a_file_that_is_too_large_is_named_before_it_is_sent(serve_forms: ServeForms, page: Page) -> None:
    async with serve_forms(SMALL_FILES) as site:
        await page.goto(site.page)
        await fill(page)
        await page.set_input_files("#files", [PHOTO])
        await send(page)
        await expect(page.locator("#files-error")).to_have_text("“printer.png” is larger than 4.9 KB.")


async def test_without_scripts_too_large_a_file_keeps_what_was_typed(
    serve_forms: ServeForms, open_page: OpenPage
) -> None:
    page = await open_page(java_script_enabled=False)
    async with serve_forms(SMALL_FILES) as site:
        await page.goto(site.page)
        await fill(page)
        await page.set_input_files("#files", [PHOTO])
        await send(page)
        await expect(page.locator("#files-error")).to_have_text("“printer.png” is larger than 4.9 KB.")
        await expect(page.get_by_role("alert")).to_contain_text("Please attach your files again.")
        assert await page.input_value("#message") == "It burns."


async def test_the_hidden_field_is_not_in_a_persons_way(site: Site, page: Page) -> None:
    await page.goto(site.page)
    assert await page.get_by_role("textbox").count() == 5
    reached = set()
    for _ in range(12):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.id"))
    assert {"name", "message", "files"} <= reached
    assert "your_website" not in reached


async def test_a_long_message_is_counted_down(site: Site, page: Page) -> None:
    await page.goto(site.page)
    await expect(page.locator(".counter")).to_be_hidden()
    await page.fill("#message", "x" * 19_000)
    await expect(page.locator(".counter")).to_have_text("19000 of 20000 characters")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_the_form_its_errors_and_the_thanks_are_accessible(
    *, width: int, dark: bool, site: Site, open_page: OpenPage
) -> None:
    page = await open_page(width=width, height=844, dark=dark)
    await page.goto(site.page)
    found = await axe_violations(page)
    await fill(page, email="ana@", message="")
    await page.set_input_files("#files", [PHOTO])
    await send(page)
    await expect(page.get_by_role("alert")).to_be_visible()
    found += await axe_violations(page)
    await fill(page)
    await send(page)
    await page.wait_for_url("**/thanks/**")
    assert found + await axe_violations(page) == []


@pytest.mark.parametrize("language", ["ar", "el", "ru"])
async def test_every_script_and_direction_is_accessible_and_fits_a_phone(
    language: str, site: Site, open_page: OpenPage
) -> None:
    page = await open_page(width=390, height=844)
    await page.goto(f"{site.page}?lang={language}")
    await fill(page, email="ana@")
    await send(page)
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await axe_violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_every_control_is_large_enough_for_a_thumb(site: Site, open_page: OpenPage) -> None:
    page = await open_page(width=390, height=844)
    await page.goto(site.page)
    await page.set_input_files("#files", [PHOTO])
    for control in await page.locator("input:visible:not([tabindex]), textarea, button").all():
        box = await control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, await control.evaluate("node => node.outerHTML")


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
