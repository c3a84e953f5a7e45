"""The contact form in a real browser: with scripts and without, in trouble and in good order."""

import pytest
from playwright.async_api import FilePayload, Page, expect

from support.chromium import OpenPage
from support.forms import PHOTO, UNHURRIED, ServeForms, Site, fill, send
from support.gateway import free_port
from threadline_contracts.ids import show_reference

pytestmark = pytest.mark.browser

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
LOG: FilePayload = {"name": "log.txt", "mimeType": "text/plain", "buffer": b"it burns"}
FOREIGN = "Γειά σου,\n\nмир!"  # noqa: RUF001 - Greek and Russian, on purpose
SMALL_FILES = f"{UNHURRIED}limits = {{ max_file_bytes = 5000 }}\n"


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
    await page.dblclick("button[type=submit]")
    await page.wait_for_url("**/thanks/**")
    reference = await page.text_content("#reference")
    ids = {(await site.message()).reference for _ in range(await site.waiting())}
    assert [show_reference(known) for known in ids] == [reference]


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
