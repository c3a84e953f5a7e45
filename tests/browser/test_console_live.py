import pytest
from playwright.async_api import Page, expect

from support.console import Console
from support.console_tickets import a_conversation, fill, mail
from support.messages import a_message
from threadline_contracts.ticket import Status

pytestmark = pytest.mark.browser


async def test_a_new_ticket_appears_by_itself_without_moving_the_list(console: Console, page: Page) -> None:
    fill(console.tickets, 60)
    await page.goto(f"{console.url}/tickets")
    await expect(page.locator("html[data-live=on]")).to_be_attached()
    await page.evaluate("document.querySelector('.list').scrollTop = 900")
    seen = await where_is(page, "Ticket 15")

    console.tickets.put(a_conversation(mail("new", subject="Just came")))

    await expect(page.locator(".row").first).to_contain_text("Just came")
    assert await where_is(page, "Ticket 15") == pytest.approx(seen, abs=1.5)


async def test_a_new_message_appears_in_the_open_conversation(console: Console, page: Page) -> None:
    console.tickets.put(a_conversation(mail("m1")))
    await page.goto(f"{console.url}/tickets/{a_message('m1').id}")
    await expect(page.locator("html[data-live=on]")).to_be_attached()
    await page.get_by_text("why here").click()

    console.tickets.put(a_conversation(mail("m1"), mail("m2", text="And again.")))

    await expect(page.locator(".message")).to_have_count(2)
    await expect(page.locator(".message").nth(1)).to_contain_text("And again.")
    await expect(page.locator(".why[open]")).to_be_visible()
    await expect(page.locator(".row .count")).to_contain_text("2")


async def test_the_first_ticket_replaces_the_lesson(console: Console, page: Page) -> None:
    await page.goto(f"{console.url}/tickets")
    await expect(page.locator("html[data-live=on]")).to_be_attached()

    console.tickets.put(a_conversation(mail("m1", subject="The first")))

    await expect(page.locator(".row")).to_contain_text("The first")


async def where_is(page: Page, subject: str) -> float:
    top: float = await page.locator(".row", has_text=subject).first.evaluate("row => row.getBoundingClientRect().top")
    return top


async def test_a_ticket_that_changes_moves_up_and_leaves_the_reader_where_he_is(console: Console, page: Page) -> None:
    fill(console.tickets, 40)
    await page.goto(f"{console.url}/tickets")
    await expect(page.locator("html[data-live=on]")).to_be_attached()
    await page.locator(".row", has_text="Ticket 20").evaluate("row => row.parentElement.scrollIntoView()")
    seen = await where_is(page, "Ticket 22")
    in_view = "rows => rows.find(row => row.getBoundingClientRect().bottom > 0).querySelector('.subject').textContent"
    subject = str(await page.locator(".row").evaluate_all(in_view))

    console.tickets.put(a_conversation(mail(f"m{subject.split()[1]}", 9, subject=subject), mail("again")))

    await expect(page.locator(".row").first).to_contain_text(subject)
    await expect(page.locator(".row")).to_have_count(40)
    assert await where_is(page, "Ticket 22") == pytest.approx(seen, abs=1.5)


async def test_a_ticket_that_no_longer_matches_leaves_the_list(console: Console, page: Page) -> None:
    fill(console.tickets, 3)
    await page.goto(f"{console.url}/tickets?status=open")
    await expect(page.locator("html[data-live=on]")).to_be_attached()

    console.tickets.put(a_conversation(mail("m1", subject="Ticket 1"), status=Status.SOLVED))

    await expect(page.locator(".row")).to_have_count(2)
