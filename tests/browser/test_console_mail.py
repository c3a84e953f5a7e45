"""Ugly mails of tests/corpus/email on the ticket page: the reply first, the rest behind buttons, nothing let loose."""

import base64
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from support.chromium import OpenPage, axe_violations
from support.console import Console
from support.console_tickets import a_conversation
from support.mail import a_mail, normalized
from threadline_contracts.message import InboundMessage

pytestmark = pytest.mark.browser

PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGO44GAAAAMkAUFPzMdxAAAAAElFTkSuQmCC"
)
FOLDER: Final = Path(__file__).parents[1] / "corpus" / "email"
UGLY: Final = (
    "html-newsletter-of-tables-and-pixels",
    "html-colours-for-white-paper-alone",
    "html-lays-itself-over-everything",
    "reply-between-the-questions",
    "reply-in-hebrew-from-right-to-left",
    "reply-in-croatian-with-a-header-block",
    "reply-that-says-nothing-new",
    "winmail-dat-with-files",
    "filename-with-direction-override",
    "smime-encrypted",
)


async def shown(console: Console, raw: bytes) -> InboundMessage:
    """Put what a mail becomes on the console, with its files."""
    found = normalized(raw)
    for content in found.files.values():
        await console.blobs.put("main", content, sha256=sha256(content).hexdigest())
    console.tickets.put(a_conversation(found.message))
    return found.message


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)], ids=["desk", "phone"])
async def test_the_ugliest_mails_are_shown_well(
    console: Console, open_page: OpenPage, width: int, height: int, *, dark: bool
) -> None:
    page = await open_page(width=width, height=height, dark=dark)
    found: dict[str, list[str]] = {}
    for name in UGLY:
        raw = (FOLDER / f"{name}.eml").read_bytes().replace(b"<ugly@example.org>", f"<{name}@x>".encode())
        message = await shown(console, raw)
        await page.goto(f"{console.url}/tickets/{message.id}")
        for summary in await page.locator("details.fold > summary").all():
            await summary.click()
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] = [*await axe_violations(page), *([f"{overflow} px too wide"] if overflow > 0 else [])]

    assert {name: faults for name, faults in found.items() if faults} == {}


async def test_what_was_quoted_unfolds_by_the_keyboard(console: Console, page: Page) -> None:
    message = await shown(console, (FOLDER / "reply-top-posted.eml").read_bytes())
    await page.goto(f"{console.url}/tickets/{message.id}")
    await expect(page.get_by_text("Does it work?")).not_to_be_visible()
    await expect(page.get_by_text("Show what was quoted")).to_be_visible()

    await page.locator("summary", has_text="what was quoted").focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("Does it work?")).to_be_visible()
    await expect(page.get_by_text("Hide what was quoted")).to_be_visible()
    await expect(page.get_by_text("Show what was quoted")).not_to_be_visible()


class Elsewhere:
    """A server that learns who reads its mails."""

    url = ""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Referer"))
        return web.Response(body=PNG, content_type="image/png")


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """A server on another origin, with an image."""
    server = Elsewhere()
    app = web.Application()
    app.router.add_get("/open.png", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


async def test_images_from_elsewhere_load_after_a_click_alone(
    console: Console, open_page: OpenPage, elsewhere: Elsewhere
) -> None:
    page = await open_page(java_script_enabled=False)
    html = f'<p>Hello</p><img src="{elsewhere.url}/open.png" alt="pixel">'
    message = await shown(console, a_mail(html, Content_Type="text/html"))
    await page.goto(f"{console.url}/tickets/{message.id}")
    await page.get_by_text("As sent (HTML)").click()
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_text("Hello")).to_be_visible()
    assert elsewhere.asked == []

    async with page.expect_response(f"{elsewhere.url}/open.png"):
        await page.get_by_role("link", name="Load them this time").click()

    await expect(frame.get_by_text("Hello")).to_be_visible()
    assert elsewhere.asked == [None]  # once, and it is not told from which page
