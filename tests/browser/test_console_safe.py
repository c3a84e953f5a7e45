from hashlib import sha256

import pytest
from playwright.async_api import Page, expect

from support.chromium import OpenPage, axe_violations
from support.console import Console, OpenConsole
from support.console_tickets import a_conversation, fill, mail
from support.messages import a_message, a_person, an_attachment

pytestmark = pytest.mark.browser

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>"


async def test_hostile_content_is_only_content(console: Console, page: Page) -> None:
    file = an_attachment(b"x", filename=f"{HOSTILE}.svg", media_type="image/svg+xml")
    await console.blobs.put("main", b"x", sha256=sha256(b"x").hexdigest())
    html = f"<p>Dear all{HOSTILE}</p><img src='https://evil.example/pixel.png'><style>@import 'https://evil.example'</style>"
    message = mail(
        "m1",
        subject=HOSTILE,
        sender=a_person(f"{HOSTILE}@example.org", name=HOSTILE, by=HOSTILE),
        text=HOSTILE,
        full_text=f"{HOSTILE}\n> more {HOSTILE}",
        html=html,
        external_id=HOSTILE,
        account=HOSTILE,
        attachments=(file,),
    )
    console.tickets.put(a_conversation(message))
    await console.bury_inputs(reason=HOSTILE, raw=b"Subject: <script>alert(1)</script>\r\n\r\n\xff")

    for path in ("/tickets", f"/tickets/{message.id}", f"/tickets/{message.id}/messages/{message.id}", "/dead-letters"):
        await page.goto(console.url + path)
        await expect(page.get_by_text("<script>").first).to_be_attached()
    await page.goto(f"{console.url}/tickets/{message.id}")
    for summary in await page.locator("summary").all():
        await summary.click()
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_text("Dear all")).to_be_visible()
    assert await frame.locator("script, img[src]").count() == 0
    await page.goto(f"{console.url}/dead-letters")
    await page.locator(".letter").click()
    await expect(page.locator("pre").first).to_contain_text("Subject: <script>alert(1)</script>")


async def test_the_frame_of_a_mail_can_do_nothing(console: Console, page: Page) -> None:
    console.tickets.put(a_conversation(mail("m1", html="<p>Hello</p>")))
    await page.goto(f"{console.url}/tickets/{a_message('m1').id}")
    await page.get_by_text("As sent (HTML)").click()

    await expect(page.frame_locator("iframe").get_by_text("Hello")).to_be_visible()
    sandbox = await page.locator("iframe").get_attribute("sandbox") or ""
    assert "allow-scripts" not in sandbox
    assert "allow-same-origin" not in sandbox
    answer = await console.get(f"/tickets/{a_message('m1').id}/messages/{a_message('m1').id}/html")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_signing_in_and_out(open_console: OpenConsole, page: Page) -> None:
    async with open_console(api_token="secret") as console:
        console.tickets.put(a_conversation(mail("m1", subject="Behind the door")))
        await page.goto(f"{console.url}/tickets")
        await page.get_by_label("Access token").fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text("This is not the token")).to_be_visible()
        await page.get_by_label("Access token").fill("secret")
        await page.get_by_role("button", name="Sign in").click()

        await expect(page.locator(".row")).to_contain_text("Behind the door")
        await expect(page.locator("html[data-live=on]")).to_be_attached()
        assert "secret" not in page.url

        await page.get_by_role("button", name="Sign out").click()
        await page.goto(f"{console.url}/tickets")
        await expect(page.get_by_role("heading")).to_have_text("Sign in to Threadline")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_is_accessible(console: Console, open_page: OpenPage, *, dark: bool) -> None:
    page = await open_page(dark=dark)
    file = an_attachment(b"x", filename="x.pdf", media_type="application/pdf")
    messages = [mail("m1", 5, attachments=(file,), html="<p>Hi</p>"), mail("m2", text="Yes.", full_text="Yes.\n> no")]
    console.tickets.put(a_conversation(*messages))
    await console.bury_inputs(2)
    letter = (await console.get("/api/v1/dead-letters")).json["items"][0]["id"]

    found: dict[str, list[str]] = {}
    paths = ["/tickets", f"/tickets/{messages[0].id}", "/tickets?q=nothing", "/dead-letters", f"/dead-letters/{letter}"]
    for path in [*paths, f"{paths[1]}/messages/{messages[0].id}", "/health", "/api", "/tickets/unknown"]:
        await page.goto(console.url + path)
        for details in await page.locator("details.why summary").all():
            await details.click()
        found[path] = await axe_violations(page)

    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_everything_works_without_a_script(console: Console, open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=False)
    fill(console.tickets, 60)
    await console.bury_inputs(2)
    await page.goto(f"{console.url}/tickets")
    await page.get_by_role("link", name="Older tickets").click()
    await expect(page.locator(".row")).to_have_count(10)
    await page.get_by_role("searchbox").fill("Ticket 59")
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_role("link", name="Ticket 59").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ticket 59")
    await page.get_by_text("why here").click()
    await expect(page.get_by_text("Decided by")).to_be_visible()

    await page.get_by_role("link", name="Dead letters").click()
    await page.get_by_role("button", name="Replay all 2").click()
    await expect(page.get_by_text("2 letters were replayed")).to_be_visible()
