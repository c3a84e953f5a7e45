"""What every store does on command about contacts: link and unlink, once, answered and told."""

from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from support.commands import IVA, carry_out, data_of, told
from support.threads_clerk import Office, written
from support.threads_house import House
from threadline_contracts.commands import Answer, ContactLinkRequested, ContactUnlinkRequested, IdentityName
from threadline_contracts.contact import ContactLinked, ContactUnlinked
from threadline_contracts.security import SecuritySignal
from threadline_threads.keys import contact_id

T = TypeVar("T")
ANA, WORK, BOB = "email:ana@a.example", "email:ana@work.example", "email:bob@b.example"


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


def a_link(one: str, other: str, desk: str = "main") -> ContactLinkRequested:
    return ContactLinkRequested(
        contact=contact_id("main", one), other=contact_id(desk, other), by=IVA, because="said so"
    )


def an_unlink(contact: str, value: str) -> ContactUnlinkRequested:
    name = IdentityName(kind="email", value=value)
    return ContactUnlinkRequested(contact=contact_id("main", contact), identity=name, by=IVA, because="her sister's")


async def said(office: Office, shape: type[T]) -> list[T]:
    """Return everything of a kind that was told."""
    return [data for data in map(data_of, await told(office.house)) if isinstance(data, shape)]


async def owners(office: Office, *identities: str) -> list[UUID | None]:
    """Return whose identities are."""
    return [
        await office.house.reader.contact_of("main", kind, value)
        for kind, _, value in (one.partition(":") for one in identities)
    ]


async def test_two_contacts_become_one_on_command_and_it_is_told(office: Office) -> None:
    await office.take(written("m1", ANA), written("m2", WORK, minutes=1))
    outcome = await carry_out(office.house, a_link(WORK, ANA))
    assert outcome.answer == Answer.DONE
    assert await owners(office, ANA, WORK) == [contact_id("main", ANA)] * 2
    (event,) = await said(office, ContactLinked)
    assert (event.contact.id, event.other, event.by) == (contact_id("main", ANA), contact_id("main", WORK), IVA)
    assert [one.linked_by for one in event.contact.identities] == ["", IVA]
    assert (await carry_out(office.house, a_link(WORK, ANA))).answer == Answer.UNCHANGED


async def test_a_link_joins_what_waited_for_it(office: Office) -> None:
    first, reply = written("m1", ANA), written("m2", WORK, minutes=1, cites=["m1"])
    await office.take(first, reply)
    assert await office.house.root(first) != await office.house.root(reply)
    await carry_out(office.house, a_link(ANA, WORK))
    await office.catch_up()
    assert await office.house.root(first) == await office.house.root(reply)


async def test_what_is_unlinked_is_told_stays_so_and_is_signalled_once(office: Office) -> None:
    await office.take(written("m1", ANA), written("m2", ANA, WORK, minutes=1))
    assert (await carry_out(office.house, an_unlink(ANA, "ANA@work.example"))).answer == Answer.DONE
    await office.take(written("m3", ANA, WORK, minutes=2), written("m4", ANA, WORK, minutes=3))
    assert await owners(office, ANA, WORK) == [contact_id("main", ANA), contact_id("main", WORK)]
    (event,) = await said(office, ContactUnlinked)
    assert (event.contact.id, event.other.id) == (contact_id("main", ANA), contact_id("main", WORK))
    (signal,) = await said(office, SecuritySignal)
    assert signal.message_id == written("m3", ANA, WORK, minutes=2).id
    found = await office.house.reader.contact(contact_id("main", WORK))
    assert found is not None
    (link,) = found.links
    assert (link.undone_by, link.undone_because, link.contested) == (IVA, "her sister's", signal.message_id)


async def test_who_is_not_here_cannot_be_linked(office: Office) -> None:
    await office.take(written("m1", ANA))
    unknown = ContactLinkRequested(contact=uuid4(), other=contact_id("main", ANA), by=IVA)
    assert (await carry_out(office.house, unknown)).answer == Answer.REFUSED
    assert (await carry_out(office.house, an_unlink(BOB, "ana@a.example"))).answer == Answer.REFUSED
    assert (await carry_out(office.house, an_unlink(ANA, "bob@b.example"))).answer == Answer.REFUSED
    assert (await carry_out(office.house, an_unlink(ANA, "ana@a.example"))).answer == Answer.UNCHANGED


async def test_contacts_of_two_desks_are_never_one(office: Office) -> None:
    await office.take(written("m1", ANA), written("m2", ANA, desk="brand"))
    outcome = await carry_out(office.house, a_link(ANA, ANA, desk="brand"))
    assert (outcome.answer, outcome.because) == (Answer.REFUSED, "The two belong to different desks.")
