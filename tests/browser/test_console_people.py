"""People in the console: found, shown, taken apart, linked and erased, on real tickets."""

import pytest
from playwright.async_api import Page, expect

from support.bus import eventually
from support.chromium import OpenPage, axe_violations
from support.console_pair import Pair, a_mail
from support.messages import a_person
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Assurance

pytestmark = pytest.mark.browser

LONG = "Екатерина Александровна Преображенская-Константинопольская-Б."
PEOPLE = (("Ana Kovač", "ana@a.example"), ("محمد عبد الله", "m@m.example"), (LONG, "e@e.example"))


@pytest.fixture
async def people(desk: Pair) -> dict[str, str]:
    """Return the addresses of the pages of three people, each with one ticket."""
    senders = [a_person(value, name=name, assurance=Assurance.VERIFIED, by="dmarc") for name, value in PEOPLE]
    await desk.say(*(a_mail(f"p{n}", n, sender=one, subject=f"Ticket {n}") for n, one in enumerate(senders)))

    async def are_known() -> bool:
        return len((await desk.get("/api/v1/contacts")).json["items"]) == len(PEOPLE)

    await eventually(are_known)
    found = (await desk.get("/api/v1/contacts")).json["items"]
    return {one["name"]: f"{desk.url}/contacts/{one['id']}" for one in found}


async def linked(desk: Pair, people: dict[str, str]) -> None:
    """Make one person of the first two."""
    one, other = (people[name].rpartition("/")[2] for name, _ in PEOPLE[:2])
    await desk.command("contact.link.requested.v1", because="said so on the phone", contact=one, other=other)


async def test_people_are_searched_and_shown_with_their_tickets(desk: Pair, people: dict[str, str], page: Page) -> None:
    await page.goto(f"{desk.url}/contacts")
    await expect(page.locator(".people .letter")).to_have_count(3)

    await page.keyboard.press("/")
    await page.keyboard.type("nobody")
    await page.keyboard.press("Enter")
    await expect(page.locator(".people .letter")).to_have_count(0)
    await expect(page.get_by_text("Nobody matches.")).to_be_visible()
    await page.get_by_role("searchbox").fill("m@m")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="محمد").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("محمد عبد الله")
    await expect(page.locator(".identities").first).to_contain_text("proved by dmarc")
    await page.get_by_role("link", name="Ticket 1").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ticket 1")
    assert len(people) == 3


async def test_the_contact_stands_beside_the_conversation(desk: Pair, people: dict[str, str], page: Page) -> None:
    await linked(desk, people)

    await page.goto(f"{desk.url}/tickets/{show_reference(a_mail('p0').reference)}")

    card = page.get_by_role("complementary", name="Contact")
    await expect(card).to_contain_text("m@m.example")
    await expect(card.get_by_role("link", name="Ticket 1")).to_be_visible()
    await card.get_by_role("link", name="Ana Kovač").click()
    await expect(page.get_by_role("heading", name="Why they are one person")).to_be_visible()
    await expect(page.locator("#contact")).to_contain_text("said so on the phone")


async def test_an_identity_is_taken_away_and_linked_again(desk: Pair, people: dict[str, str], page: Page) -> None:
    await linked(desk, people)
    await page.goto(people["Ana Kovač"])
    await expect(page.locator("html[data-live=on]")).to_be_attached()

    await page.get_by_role("link", name="Not theirs… m@m.example").click()
    await expect(page.get_by_role("dialog")).to_contain_text("It will be a contact of its own")
    await page.get_by_role("dialog").get_by_label("Why?").fill("another person")
    await page.get_by_role("button", name="Take it away").click()

    await expect(page.locator(".undone")).to_contain_text("another person")
    await expect(page.locator(".identities").first).not_to_contain_text("m@m.example")

    await page.get_by_role("link", name="Same person as…").click()
    await page.keyboard.type("e@e")
    await page.get_by_label(LONG).check()
    await page.get_by_role("button", name="They are one person").click()
    await expect(page.locator(".identities").first).to_contain_text("e@e.example")


async def test_erasing_says_what_goes_and_wants_the_name(people: dict[str, str], open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=False)
    await page.goto(people["Ana Kovač"])
    await page.get_by_role("link", name="Erase this person…").click()
    await expect(page.get_by_role("heading", name="What goes")).to_be_visible()
    await expect(page.locator(".fates")).to_contain_text("ana@a.example")

    await page.get_by_label("To confirm, type").fill("Ana")
    await page.get_by_role("button", name="Erase for good").click()

    await expect(page.get_by_role("alert")).to_contain_text("Nothing was erased")
    await page.get_by_label("To confirm, type").fill("ana KOVAČ")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator("#toast")).to_contain_text("It is asked for")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")


async def test_an_erased_person_is_gone_from_every_page(desk: Pair, people: dict[str, str], page: Page) -> None:
    ana, ticket = people["Ana Kovač"], f"{desk.url}/tickets/{show_reference(a_mail('p0').reference)}"
    await page.goto(f"{ana}/erase")
    await page.get_by_label("To confirm, type").fill("Ana Kovač")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.locator("#toast")).to_contain_text("It is asked for")

    async def is_gone() -> bool:
        return len((await desk.get("/api/v1/contacts")).json["items"]) == len(PEOPLE) - 1

    await eventually(is_gone, within=60)
    await page.goto(ana)
    await expect(page.get_by_text("it may have been erased")).to_be_visible()
    await expect(page.get_by_role("link", name="Erase this person…")).to_have_count(0)
    await page.goto(f"{desk.url}/contacts")
    await expect(page.locator(".people .letter")).to_have_count(2)
    await expect(page.locator("body")).not_to_contain_text("Ana")
    await page.goto(ticket)
    await expect(page.locator("main")).not_to_contain_text("Ana")
    await expect(page.locator("main")).not_to_contain_text("Ticket 0")
    assert await axe_violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_of_people_is_accessible(
    desk: Pair, people: dict[str, str], open_page: OpenPage, *, dark: bool
) -> None:
    page = await open_page(dark=dark)
    await linked(desk, people)
    ana = people["Ana Kovač"]
    found: dict[str, list[str]] = {}
    for path in (f"{desk.url}/contacts", f"{desk.url}/contacts?search=zzz", ana, people[LONG]):
        await page.goto(path)
        found[path] = await axe_violations(page)
    for asked in ("link", "unlink?kind=email&value=m@m.example", "erase"):
        await page.goto(f"{ana}/{asked}")
        found[asked] = await axe_violations(page)
    await page.goto(f"{desk.url}/tickets/{show_reference(a_mail('p0').reference)}")
    found["beside"] = await axe_violations(page)

    assert {path: faults for path, faults in found.items() if faults} == {}
