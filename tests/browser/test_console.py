import base64
from hashlib import sha256

import pytest
from playwright.async_api import Page, expect

from support.chromium import OpenPage
from support.console import Console
from support.console_tickets import a_conversation, fill, mail
from support.messages import a_message, an_attachment
from threadline_contracts.ids import show_reference

pytestmark = pytest.mark.browser

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGO44GAAAAMkAUFPzMdxAAAAAElFTkSuQmCC")


async def test_a_ticket_opens_beside_the_list_and_back_works(console: Console, page: Page) -> None:
    fill(console.tickets, 3)
    await page.goto(f"{console.url}/")
    await page.get_by_role("link", name="Ticket 1").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Ticket 1")
    await expect(page.locator(".row[aria-current]")).to_contain_text("Ticket 1")
    assert show_reference(a_message("m1").reference) in page.url

    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing selected")


async def test_each_message_says_why_it_is_here(console: Console, page: Page) -> None:
    console.tickets.put(a_conversation(mail("m1")))
    await page.goto(f"{console.url}/tickets/{a_message('m1').id}")

    await page.get_by_text("why here: opened, nothing claimed it").click()

    await expect(page.locator(".why dl")).to_contain_text("Nothing we know claims this message")
    await expect(page.locator(".why dl")).to_contain_text("ada@example.org (asserted, from-header)")


async def test_the_keyboard_walks_through_everything(console: Console, page: Page) -> None:
    fill(console.tickets, 5)
    await page.goto(f"{console.url}/tickets")

    for key in "jjk":
        await page.keyboard.press(key)
    await expect(page.locator(".row:focus")).to_contain_text("Ticket 0")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ticket 1")
    await page.keyboard.press("w")
    await expect(page.locator(".why[open]")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nothing selected")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    await page.keyboard.press("/")
    await page.keyboard.type("Ticket 4")
    await page.keyboard.press("Enter")
    await expect(page.locator(".row")).to_have_count(1)


async def test_images_have_a_preview_and_every_file_a_size(console: Console, page: Page) -> None:
    await console.blobs.put("main", PNG, sha256=sha256(PNG).hexdigest())
    file = an_attachment(PNG, filename="fire.png", media_type="image/png")
    console.tickets.put(a_conversation(mail("m1", attachments=(file,))))
    await page.goto(f"{console.url}/tickets/{a_message('m1').id}")

    await expect(page.locator(".card")).to_contain_text(f"PNG image · {len(PNG)} B")
    loaded = "image => image.complete && image.naturalWidth === 1"
    await page.wait_for_function(f"() => ({loaded})(document.querySelector('.card img'))")


async def test_a_long_mail_unfolds_in_place(console: Console, page: Page) -> None:
    console.tickets.put(a_conversation(mail("m1", text="word " * 5000 + "the end")))
    await page.goto(f"{console.url}/tickets/{a_message('m1').id}")
    await expect(page.locator(".message")).not_to_contain_text("the end")

    await page.get_by_text("Read the whole message").click()

    await expect(page.locator(".message")).to_contain_text("the end")
    assert "/messages/" not in page.url


async def test_older_tickets_join_the_list(console: Console, page: Page) -> None:
    fill(console.tickets, 1000)
    await page.goto(f"{console.url}/tickets")
    await expect(page.locator(".row")).to_have_count(50)

    await page.get_by_role("link", name="Older tickets").click()

    await expect(page.locator(".row")).to_have_count(100)
    await expect(page.locator(".row").last).to_contain_text("Ticket 99")


async def test_a_page_is_light(console: Console, page: Page) -> None:
    fill(console.tickets, 1000)
    conversation = a_conversation(*(mail(f"t{n}", text="A line of text.\n" * 20) for n in range(60)))
    console.tickets.put(conversation)

    await page.goto(f"{console.url}/tickets/{conversation.ticket.id}")

    assert await page.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize") < 60 * 1024


async def test_a_thread_of_300_messages_unfolds_in_light_pages(console: Console, page: Page) -> None:
    text = "Καίγεται ξανά το μηχάνημα στον δεύτερο όροφο.\n" * 5
    console.tickets.put(a_conversation(*(mail(f"t{n}", 300 - n, text=text) for n in range(300))))
    fill(console.tickets, 60)
    await page.goto(f"{console.url}/tickets/{a_message('t0').id}")
    await expect(page.locator(".message")).to_have_count(12)

    await page.get_by_role("link", name="Show 288 more messages").click()

    await expect(page.locator(".message")).to_have_count(300, timeout=30_000)
    await expect(page.locator("#middle")).to_have_count(0)
    anchors = await page.locator(".message").evaluate_all("all => all.map(one => one.id)")
    assert anchors == [f"m-{a_message(f't{n}').reference}" for n in range(300)]
    fetched = "performance.getEntriesByType('resource').filter(one => one.initiatorType === 'fetch')"
    assert await page.evaluate(f"Math.max(...{fetched}.map(one => one.decodedBodySize))") < 60 * 1024


async def test_a_window_of_the_middle_leads_on_without_a_script(console: Console, open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=False)
    console.tickets.put(a_conversation(*(mail(f"t{n}", 40 - n) for n in range(40))))
    await page.goto(f"{console.url}/tickets/{a_message('t0').id}")

    await page.get_by_role("link", name="Show 28 more messages").click()
    await page.get_by_role("link", name="Later messages").click()

    shown = await page.locator(".message").evaluate_all("all => all.map(one => one.id)")
    assert shown == [f"m-{a_message(f't{n}').reference}" for n in range(12, 22)]
    await page.get_by_role("link", name="Beginning and end").first.click()
    await expect(page.locator(".message")).to_have_count(12)


async def test_dead_letters_are_replayed_with_progress(console: Console, page: Page) -> None:
    await console.bury_inputs(40)
    await page.goto(f"{console.url}/dead-letters")
    await expect(page.locator("#dead-count")).to_contain_text("40")

    await page.get_by_role("button", name="Replay all 40").click()

    await expect(page.locator(".status-waiting")).to_have_count(0)
    await expect(page.locator("#dead-count")).to_have_count(0)
    assert await console.bus.depth("email.replays") == 40


async def test_an_empty_console_teaches(console: Console, page: Page) -> None:
    await page.goto(f"{console.url}/tickets")
    await expect(page.get_by_text("swaks --to support@localhost --server 127.0.0.1:2525")).to_be_visible()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    await page.get_by_role("button", name="Copy the command").click()

    assert (await page.evaluate("navigator.clipboard.readText()")).startswith("swaks ")


async def test_on_a_phone_list_and_conversation_are_screens_of_their_own(console: Console, open_page: OpenPage) -> None:
    page = await open_page(width=390, height=844)
    fill(console.tickets, 3)
    await page.goto(f"{console.url}/tickets")
    await expect(page.locator("#main")).to_be_hidden()

    await page.get_by_role("link", name="Ticket 1").click()
    await expect(page.locator(".list")).to_be_hidden()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ticket 1")

    await page.get_by_role("link", name="Tickets").first.click()
    await expect(page.locator(".list")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_message_shows_its_way(console: Console, page: Page) -> None:
    console.tickets.put(a_conversation(mail("m1")))
    await page.goto(f"{console.url}/tickets/{a_message('m1').id}")
    await page.get_by_text("why here").click()
    await page.get_by_role("link", name="Its way here").click()

    await expect(page.locator(".way li")).to_contain_text(
        ["received", "not yet stored", "published", "grouped", "committed", "announced"]
    )
