"""What readers see of suggestions, commands and contacts, the same on both databases."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from msgspec import Raw
from msgspec.structs import replace

from support.messages import NOON, a_message
from support.threads_house import House
from support.threads_rows import insert, keep_command, keep_contact, keep_severed, keep_suggestion
from support.threads_shelf import a_mail
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import Assurance
from threadline_contracts.ticket import Link, Suggestion, SuggestionReason, SuggestionStatus
from threadline_threads.clerk.people import ContactRow, Owned
from threadline_threads.keys import contact_id, suggestion_id
from threadline_threads.reading import CommandRecord, ContactLinkRecord, Severed
from threadline_threads.store.assemble_people import contact_key

ANA, PHONE = "email:ana@a.example", "phone:+385912345678"
REASON = SuggestionReason(code="same_number", because="Both name order 4711.", score=0.6)


def a_suggestion(one: UUID, other: UUID, *, score: float = 0.6, minutes: int = 0) -> Suggestion:
    at = NOON + timedelta(minutes=minutes)
    return Suggestion(id=suggestion_id(one, other), ticket=one, other=other, score=score, reasons=(REASON,), at=at)


def a_contact(identity: str, *, minutes: int = 0, name: str = "Ana Kovač") -> ContactRow:
    at = NOON + timedelta(minutes=minutes)
    return ContactRow(contact_id("main", identity), "main", name, 1, at, at)


def an_identity(identity: str, owner: str, *, minutes: int = 0) -> Owned:
    kind, _, value = identity.partition(":")
    since = NOON + timedelta(minutes=minutes)
    return Owned(identity, contact_id("main", owner), kind, value, Assurance.VERIFIED, "dmarc", since, None)


async def tickets(house: House, count: int) -> list[UUID]:
    """Return the ids of as many tickets, the oldest first."""
    mails = [a_mail(f"m{number}") for number in range(count)]
    for mail in mails:
        await house.place(mail)
    return [await house.root(mail) for mail in mails]


async def test_open_suggestions_come_newest_first_with_both_tickets(house: House) -> None:
    a, b, c = await tickets(house, 3)
    settled = replace(a_suggestion(b, c), status=SuggestionStatus.DECLINED, settled_at=NOON)
    for one in (a_suggestion(b, a), a_suggestion(c, a, minutes=1), settled):
        await keep_suggestion(house, one)
    first = await house.reader.suggestions(limit=1)
    assert [view.suggestion for view in first.items] == [a_suggestion(c, a, minutes=1)]
    assert [(view.ticket.id, view.other.id) for view in first.items] == [(c, a)]
    assert first.next is not None
    second = await house.reader.suggestions(first.next, 1)
    assert [view.suggestion for view in second.items] == [a_suggestion(b, a)]
    assert second.next is None


async def test_a_cursor_of_another_list_is_refused(house: House) -> None:
    with pytest.raises(MalformedInputError):
        await house.reader.suggestions("nonsense")
    with pytest.raises(MalformedInputError):
        await house.reader.contacts("", "nonsense")


async def test_a_conversation_shows_its_open_suggestions_best_first(house: House) -> None:
    a, b, c = await tickets(house, 3)
    for one in (a_suggestion(b, a, score=0.5), a_suggestion(c, b, score=0.9)):
        await keep_suggestion(house, one)
    found = await house.reader.conversation(str(b))
    assert found is not None
    assert [view.suggestion.score for view in found.suggestions] == [0.9, 0.5]


async def test_what_became_true_is_not_suggested(house: House) -> None:
    one, two = a_mail("m1"), a_mail("m2")
    await house.place(one)
    await house.place(two)
    await keep_suggestion(house, a_suggestion(await house.root(two), await house.root(one)))
    await house.place(a_mail("m3", cites=["m1", "m2"]))
    found = await house.reader.conversation(one.reference)
    assert found is not None
    assert found.suggestions == ()


async def test_a_conversation_shows_what_people_keep_from_it(house: House) -> None:
    a, b, c = await tickets(house, 3)
    link = Link(child=b, parent=a, rule="reference", because="It replies.", at=NOON)
    pairs = [Severed(one=min(a, b), other=max(a, b), by="agent:iva", because="no", at=NOON, link=link)]
    pairs.append(Severed(one=min(b, c), other=max(b, c), by="agent:iva", because="", at=NOON, link=None))
    for pair in pairs:
        await keep_severed(house, pair)
    found = await house.reader.conversation(str(b))
    assert found is not None
    assert set(found.severed) == set(pairs)


async def test_a_command_is_found_by_its_id_and_by_its_tickets(house: House) -> None:
    a, b = await tickets(house, 2)
    record = CommandRecord(
        id="c-1",
        type="ticket.merge.requested.v1",
        by="agent:iva",
        asked=Raw(b'{"ticket":"x"}'),
        answer="done",
        because="",
        tickets=tuple(sorted([a, b])),
        at=NOON,
    )
    await keep_command(house, record)
    assert await house.reader.command("c-1") == record
    assert await house.reader.command("c-2") is None
    for ticket in (a, b):
        found = await house.reader.conversation(str(ticket))
        assert found is not None
        assert found.history == (record,)


async def test_a_contact_shows_its_identities_founder_first_and_why_they_are_one(house: House) -> None:
    link = ContactLinkRecord(one=ANA, other=PHONE, by="threads", because="One message shows both.", at=NOON)
    owned = an_identity(PHONE, ANA, minutes=-5), an_identity(ANA, ANA)
    await keep_contact(house, a_contact(ANA), *owned, links=(link,))
    found = await house.reader.contact(contact_id("main", ANA))
    assert found is not None
    assert [identity.value for identity in found.contact.identities] == ["ana@a.example", "+385912345678"]
    assert [(i.linked_by, i.because) for i in found.contact.identities] == [("", ""), ("threads", link.because)]
    assert found.links == (link,)


async def test_a_linked_contact_leads_to_the_one_it_is_part_of(house: House) -> None:
    await keep_contact(house, a_contact(ANA), an_identity(ANA, ANA), an_identity(PHONE, ANA))
    await keep_contact(house, replace(a_contact(PHONE), part_of=contact_id("main", ANA)))
    found = await house.reader.contact(contact_id("main", PHONE))
    assert found is not None
    assert found.contact.id == contact_id("main", ANA)
    assert await house.reader.contact(uuid4()) is None


async def test_a_contact_shows_its_conversations_newest_first(house: House) -> None:
    await keep_contact(house, a_contact(ANA), an_identity(ANA, ANA))
    first, second, answer = a_mail("m1"), a_mail("m2"), a_mail("m3", cites=["m1"])
    for minutes, mail in enumerate((first, second, answer)):
        await house.place(mail)
        at = NOON + timedelta(minutes=minutes)
        key = contact_key("main", ANA)
        values = {"channel": "email", "ours": False, "marked": True, "condition": "contact"}
        await insert(house, "clue", key=key, at=at, message=mail.id, ticket=await house.root(mail), **values)
    found = await house.reader.contact(contact_id("main", ANA))
    assert found is not None
    assert [ticket.id for ticket in found.tickets] == [await house.root(first), await house.root(second)]


async def test_contacts_are_listed_by_their_last_change_and_searched_by_beginnings(house: House) -> None:
    await keep_contact(house, a_contact(ANA), an_identity(ANA, ANA))
    await keep_contact(house, a_contact("email:bob@b.example", minutes=1, name="Bob"))
    everybody = await house.reader.contacts("", "", 1)
    assert [contact.name for contact in everybody.items] == ["Bob"]
    assert everybody.next is not None
    assert [contact.name for contact in (await house.reader.contacts("", everybody.next, 1)).items] == ["Ana Kovač"]
    assert [contact.name for contact in (await house.reader.contacts("kova exam")).items] == ["Ana Kovač"]
    assert (await house.reader.contacts("kova bob")).items == ()


async def test_an_identity_finds_its_contact_however_it_is_written(house: House) -> None:
    await keep_contact(house, a_contact(ANA), an_identity(ANA, ANA))
    assert await house.reader.contact_of("main", "email", " Ana@A.Example ") == contact_id("main", ANA)
    assert await house.reader.contact_of("brand", "email", "ana@a.example") is None
    assert await house.reader.contact_of("main", "email", " ") is None


async def test_an_erased_contact_is_not_listed(house: House) -> None:
    await keep_contact(house, replace(a_contact(ANA, name=""), erased_at=NOON))
    await house.place(a_message("m1"))
    assert (await house.reader.contacts()).items == ()
