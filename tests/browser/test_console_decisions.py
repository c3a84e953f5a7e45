"""Decisions in the console, carried out by the real threads: with a script, by keyboard alone, and without a script."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from support.bus import eventually
from support.chromium import OpenPage, axe_violations
from support.console_pair import Pair, a_mail
from support.messages import a_person
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Assurance, Evidence

pytestmark = pytest.mark.browser

ANA = a_person("ana@a.example", name="Ana Kovač", assurance=Assurance.VERIFIED, by="dmarc")
BOB = a_person("bob@b.example", name="Bob", assurance=Assurance.VERIFIED, by="dmarc")
TYPED = a_person("ana@a.example", name="Ana", assurance=Assurance.CLAIMED, by="typed")
PRINTER, INVOICE, FORM = "Broken printer", "Where is my invoice", "My printer burns"
ORDER = "Order 47110815 is broken, and it burns."
MERGE = "ticket.merge.requested.v1"


@pytest.fixture
async def printer(desk: Pair) -> str:
    """Return the address of a ticket of two mails; another ticket is Bob's."""
    first = a_mail("m1", sender=ANA, subject=PRINTER, text=ORDER)
    answer = a_mail("m2", 1, sender=ANA, subject=f"Re: {PRINTER}", evidence=Evidence(in_reply_to=("m1@example.org",)))
    await desk.say(first, answer, a_mail("b1", 2, sender=BOB, subject=INVOICE))
    return f"{desk.url}/tickets/{show_reference(first.reference)}"


@pytest.fixture
async def suggested(desk: Pair, printer: str) -> str:
    """Return the address of the ticket, with a suggestion that a form may belong to it."""
    await desk.say(a_mail("f1", 5, channel="form", account="contact", sender=TYPED, subject=FORM, text=ORDER))

    async def is_made() -> bool:
        return bool((await desk.get("/api/v1/suggestions")).json["items"])

    await eventually(is_made)
    return printer


async def merged(desk: Pair) -> Any:
    """Merge Bob's ticket into Ana's."""
    bob, ana = a_mail("b1").reference, a_mail("m1").reference
    return await desk.command(MERGE, because="one invoice for the fire", ticket=bob, into=ana)


async def test_a_suggestion_is_joined_in_place_and_undone_again(suggested: str, page: Page) -> None:
    await page.goto(suggested)
    card = page.get_by_role("article", name="Might belong to")
    await expect(card).to_contain_text("Both name order 47110815")
    await expect(card).to_contain_text("Join: it speaks through this ticket.")

    await card.get_by_role("button", name="Join").click()

    await expect(page.get_by_role("status").first).to_contain_text("now speaks through")
    await expect(card).to_have_count(0)
    await expect(page.locator(".message")).to_have_count(3)
    await expect(page.locator(".event-merge")).to_contain_text("operator merged “My printer burns”")
    assert "command=" not in page.url

    await page.get_by_role("link", name="Undo").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Its message will be a conversation of its own again")
    await dialog.get_by_label("Why?").fill("two printers")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message")).to_have_count(2)
    await expect(page.locator(".event-unmerge")).to_contain_text("two printers")
    await expect(dialog).to_be_hidden()


async def test_a_suggestion_is_declined_from_the_list(suggested: str, desk: Pair, page: Page) -> None:
    await page.goto(f"{desk.url}/suggestions")
    await expect(page.get_by_role("link", name="Suggestions")).to_contain_text("1")

    await page.get_by_role("button", name="Not the same").click()

    await expect(page.get_by_text("Nothing to decide")).to_be_visible()
    await expect(page.get_by_role("status").first).to_contain_text("stay apart")
    await page.goto(suggested)
    await expect(page.locator(".event-apart")).to_contain_text("operator said that “My printer burns”")


async def test_the_keyboard_merges_two_tickets(printer: str, page: Page) -> None:
    await page.goto(printer)

    await page.keyboard.press("m")
    await expect(page.get_by_role("dialog", name="Merge “Broken printer” with another ticket")).to_be_visible()
    await page.keyboard.type("invoice")
    await expect(page.locator(".choice")).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".choice .there")).to_contain_text("“Broken printer”")
    await expect(page.locator(".choice .there")).to_contain_text("will speak through “Where is my invoice”")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".choice .here")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.type("the same customer")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message")).to_have_count(3)
    await expect(page.locator(".talk-head h1")).to_have_text(PRINTER)
    await expect(page.locator(".event-merge")).to_contain_text("the same customer")
    await expect(page.locator(".home")).to_contain_text(show_reference(a_mail("b1").reference))
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_a_ticket_that_is_merged_away_leads_to_the_other(printer: str, page: Page) -> None:
    await page.goto(printer)
    await page.get_by_role("link", name="Merge…").click()
    await page.get_by_role("dialog").get_by_label("A reference, a name").first.fill("invoice")
    await page.get_by_label(INVOICE).check()
    await page.get_by_role("button", name="Merge", exact=True).click()

    await expect(page.locator(".talk-head h1")).to_have_text(INVOICE)
    await expect(page.locator(".message")).to_have_count(3)


@pytest.mark.parametrize("width", [390, 1440])
async def test_only_the_panes_scroll_never_the_page(printer: str, desk: Pair, open_page: OpenPage, width: int) -> None:
    page = await open_page(width=width, height=400)
    await merged(desk)
    await page.goto(printer)
    size = await page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert size == [400, width]


async def test_u_undoes_the_last_merge(printer: str, desk: Pair, page: Page) -> None:
    await merged(desk)
    await page.goto(printer)

    await page.keyboard.press("u")
    await expect(page.get_by_role("dialog")).to_contain_text("Undo the merge of “Where is my invoice”?")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message")).to_have_count(2)


async def test_s_opens_the_statuses_and_arrows_choose_one(printer: str, page: Page) -> None:
    await page.goto(printer)

    await page.keyboard.press("s")
    await expect(page.get_by_role("button", name="somebody has to answer")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(page.locator(".talk-head .menu summary")).to_contain_text("solved")
    await expect(page.locator(".event-status")).to_contain_text("operator set this to solved")
    await expect(page.locator(".row .status")).to_have_text("solved")
    await page.keyboard.press("s")
    await page.keyboard.press("Escape")
    await expect(page.locator(".menu[open]")).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_have_text(PRINTER)


async def test_a_message_is_split_off_and_says_why(printer: str, page: Page) -> None:
    await page.goto(printer)
    second = page.locator(".message").nth(1)
    await second.get_by_text("why here").click()
    await second.get_by_role("link", name="Split off…").click()

    await page.get_by_role("dialog").get_by_label("Why?").fill("about another printer")
    await page.get_by_role("button", name="Split it off").click()

    await expect(page.locator(".message")).to_have_count(1)
    await expect(page.locator(".event-split")).to_contain_text("about another printer")


async def test_what_somebody_else_decides_appears_by_itself(printer: str, desk: Pair, page: Page) -> None:
    await page.goto(printer)
    await expect(page.locator("html[data-live=on]")).to_be_attached()

    await merged(desk)
    await expect(page.locator(".event-merge")).to_contain_text("one invoice for the fire")
    await expect(page.locator(".row")).to_have_count(1)

    await desk.command("ticket.unmerge.requested.v1", ticket=a_mail("b1").reference)
    await expect(page.locator(".message")).to_have_count(2)
    await expect(page.locator(".row")).to_have_count(2)


async def test_a_refused_command_says_why_and_stays(printer: str, desk: Pair, page: Page) -> None:
    await merged(desk)
    await page.goto(printer)
    await page.get_by_role("link", name="Undo").click()
    await desk.command("ticket.unmerge.requested.v1", ticket=a_mail("b1").reference)

    await page.get_by_role("button", name="Undo the merge").click()

    await expect(page.locator(".toast-refused")).to_contain_text("Somebody may have undone it already")


async def test_everything_is_decided_without_a_script(suggested: str, open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=False)
    await page.goto(suggested)
    await page.get_by_role("button", name="Join").click()
    await expect(page.locator("#toast")).to_contain_text("now speaks through")
    await page.get_by_role("link", name="Close this line").click()
    await expect(page.locator("#toast")).to_have_count(0)

    await page.get_by_role("link", name="Undo").click()
    await page.get_by_label("Why?").fill("two printers")
    await page.get_by_role("button", name="Undo the merge").click()
    await expect(page.locator(".event-unmerge")).to_contain_text("two printers")

    await page.get_by_role("link", name="Merge…").click()
    await page.get_by_role("searchbox").fill("invoice")
    await page.get_by_label("Why?").fill("one customer")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Choose one first")
    await page.get_by_label(INVOICE).check()
    await page.get_by_label("this one").check()
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.locator(".event-merge").last).to_contain_text("one customer")

    await page.locator(".menu summary").click()
    await page.get_by_role("button", name="closed").click()
    await expect(page.locator("#toast")).to_contain_text("is closed now")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_of_decisions_is_accessible(
    suggested: str, desk: Pair, open_page: OpenPage, *, dark: bool
) -> None:
    page = await open_page(dark=dark)
    await merged(desk)
    reference = show_reference(a_mail("b1").reference)
    second = a_mail("m2").reference
    paths = [suggested, f"{desk.url}/suggestions", f"{suggested}/merge", f"{desk.url}/tickets/{reference}/unmerge"]
    found = dict[str, list[str]]()
    for path in [*paths, f"{suggested}/messages/{second}/split"]:
        await page.goto(path)
        found[path] = await axe_violations(page)
    await page.goto(suggested)
    for details in await page.locator("details.why summary").all():
        await details.click()
    await page.keyboard.press("s")
    found["statuses"] = await axe_violations(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("m")
    await page.get_by_role("dialog").get_by_role("radio").first.check()
    found["dialog"] = await axe_violations(page)
    assert {path: faults for path, faults in found.items() if faults} == {}
