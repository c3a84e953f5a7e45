"""Who is one person: what messages prove, and what people decide."""

import random
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.messages import a_message
from support.threads_people import CUSTOMS, TICKET, Register, groups, in_batches, shows
from threadline_contracts.commands import Answer
from threadline_contracts.contact import ContactLinked, ContactUnlinked
from threadline_contracts.message import Assurance, Automation, Identity, Party
from threadline_contracts.security import SecuritySignal
from threadline_threads.clerk.contacts import MOST_TOLD
from threadline_threads.clerk.people import as_contact
from threadline_threads.clerk.sightings import sightings
from threadline_threads.identity import Customs
from threadline_threads.keys import contact_id

ANA, PHONE, CHAT, BOB = "email:ana@a.example", "phone:+385912345678", "telegram:77", "email:bob@b.example"


@pytest.fixture
def register() -> Register:
    return Register()


def test_a_message_that_proves_two_identities_links_them_and_says_so(register: Register) -> None:
    register.see(shows("m1", ANA), shows("m2", ANA, PHONE, minutes=1))
    assert register.partition() == groups([ANA, PHONE])
    (told,) = register.happenings
    assert isinstance(told.data, ContactLinked)
    assert told.ticket == told.data.contact.id == contact_id("main", ANA)
    assert told.data.other == contact_id("main", PHONE)
    assert "each proved by its channel" in told.data.because


@pytest.mark.parametrize("assurance", [Assurance.ASSERTED, Assurance.CLAIMED])
def test_what_is_not_proved_links_nobody(register: Register, assurance: Assurance) -> None:
    register.see(shows("m1", ANA, PHONE, assurance=assurance))
    assert register.partition() == groups([ANA], [PHONE])


def test_two_messages_never_link_what_neither_shows_together(register: Register) -> None:
    register.see(shows("m1", ANA, called="Ana Kovač"), shows("m2", PHONE, called="Ana Kovač"))
    assert register.partition() == groups([ANA], [PHONE])


@pytest.mark.parametrize("shared", ["email:info@a.example", "email:reception@a.example", "phone:+38512345600"])
def test_what_several_people_use_links_nobody(shared: str) -> None:
    customs = Customs(shared=frozenset({"email:reception@a.example", "phone:+38512345600"}))
    (sighting,) = sightings(shows("m1", ANA, shared), TICKET, customs)
    assert sighting.proved == [ANA]


def test_a_withheld_number_and_a_mailbox_of_ours_are_nobody() -> None:
    sender = (Identity(kind="phone", value="anonymous", assurance=Assurance.VERIFIED),)
    message = a_message("m1", sender=Party(identities=sender))
    assert list(sightings(message, TICKET, CUSTOMS)) == []
    ours = shows("m2", "email:support@localhost")
    assert list(sightings(ours, TICKET, Customs(own=frozenset({"email:support@localhost"})))) == []


@pytest.mark.parametrize("kind", ["bounce", "bulk", "own"])
def test_machines_are_no_contacts(kind: str) -> None:
    message = a_message("m1", automation=Automation(kind=kind))
    assert list(sightings(message, TICKET, CUSTOMS)) == []


def test_whom_we_write_to_is_a_contact(register: Register) -> None:
    register.see(shows("m1", BOB, outbound=True, assurance=Assurance.ASSERTED))
    assert register.partition() == groups([BOB])


def test_whom_we_write_to_proves_nothing_himself(register: Register) -> None:
    register.see(shows("m1", BOB, CHAT, outbound=True))
    assert register.partition() == groups([BOB], [CHAT])


def test_an_identity_keeps_its_best_proof_and_its_first_sight(register: Register) -> None:
    register.see(shows("m1", ANA, assurance=Assurance.ASSERTED, minutes=1), shows("m2", ANA, minutes=2))
    register.see(shows("m3", "email:Ana@A.example", assurance=Assurance.CLAIMED, minutes=-9, called="Ana"))
    known = register.identities[ANA]
    assert (known.assurance, known.message, known.value) == ("verified", shows("m2").id, "Ana@A.example")
    assert known.since == shows("m3", minutes=-9).received_at
    assert register.contacts[known.owner].name == "Ana"


def test_a_repeat_changes_nothing(register: Register) -> None:
    register.see(shows("m1", ANA, PHONE))
    before = dict(register.contacts), dict(register.identities), dict(register.links), len(register.happenings)
    register.see(shows("m1", ANA, PHONE))
    assert before == (register.contacts, register.identities, register.links, len(register.happenings))


def test_the_older_contact_takes_in_the_younger(register: Register) -> None:
    register.see(shows("m1", PHONE, minutes=0, called="Ana"))
    register.see(shows("m2", ANA, PHONE, minutes=5))
    assert {one.owner for one in register.identities.values()} == {contact_id("main", PHONE)}
    assert register.contacts[contact_id("main", ANA)].part_of == contact_id("main", PHONE)


def test_somebody_links_two_contacts_for_good_reasons(register: Register) -> None:
    register.see(shows("m1", ANA), shows("m2", BOB))
    assert register.link(ANA, BOB).answer == Answer.DONE
    assert register.partition() == groups([ANA, BOB])
    assert register.link(BOB, ANA).answer == Answer.UNCHANGED
    assert register.link(ANA, CHAT).answer == Answer.REFUSED


def test_an_identity_that_is_unlinked_is_another_contact(register: Register) -> None:
    register.see(shows("m1", ANA), shows("m2", ANA, PHONE, minutes=1))
    assert register.unlink(ANA, PHONE).answer == Answer.DONE
    assert register.partition() == groups([ANA], [PHONE])
    told = register.happenings[-1].data
    assert isinstance(told, ContactUnlinked)
    assert (told.contact.id, told.other.id) == (contact_id("main", ANA), contact_id("main", PHONE))
    assert (told.by, told.because) == ("agent:iva", "no")
    (link,) = register.links.values()
    assert (link.undone_by, link.undone_because) == ("agent:iva", "no")


def test_an_identity_is_named_however_it_is_written(register: Register) -> None:
    register.see(shows("m1", ANA, PHONE))
    assert register.unlink(ANA, "phone:091 234 5678").answer == Answer.DONE


def test_what_belongs_to_a_contact_through_an_identity_alone_leaves_with_it(register: Register) -> None:
    register.see(shows("m1", ANA, PHONE), shows("m2", CHAT, PHONE))
    register.unlink(ANA, PHONE)
    assert register.partition() == groups([ANA], [PHONE, CHAT])


def test_the_founder_keeps_the_contact_when_it_is_unlinked(register: Register) -> None:
    register.see(shows("m1", ANA), shows("m2", ANA, PHONE), shows("m3", CHAT, PHONE))
    register.unlink(ANA, ANA)
    assert register.of(PHONE) == {PHONE, CHAT}
    assert register.identities[ANA].owner == contact_id("main", ANA)
    assert register.contacts[contact_id("main", ANA)].part_of is None


@pytest.mark.parametrize(("identity", "answer"), [(BOB, Answer.REFUSED), (ANA, Answer.UNCHANGED)])
def test_there_may_be_nothing_to_unlink(register: Register, identity: str, answer: Answer) -> None:
    register.see(shows("m1", ANA))
    assert register.unlink(ANA, identity).answer == answer
    assert register.unlink(BOB, ANA).answer == Answer.REFUSED


def test_rules_never_link_again_what_somebody_unlinked_but_signal_it_once(register: Register) -> None:
    register.see(shows("m1", ANA, PHONE))
    register.unlink(ANA, PHONE)
    told = len(register.happenings)
    register.see(shows("m2", ANA, PHONE))
    register.see(shows("m3", PHONE, ANA))
    assert register.partition() == groups([ANA], [PHONE])
    (signal,) = register.happenings[told:]
    assert isinstance(signal.data, SecuritySignal)
    assert signal.data.message_id == shows("m2").id


def test_rules_do_not_link_them_the_long_way_round(register: Register) -> None:
    register.see(shows("m1", ANA, PHONE))
    register.unlink(ANA, PHONE)
    register.see(shows("m2", ANA, CHAT), shows("m3", CHAT, PHONE))
    assert register.partition() == groups([ANA, CHAT], [PHONE])


def test_somebody_may_link_again_what_was_unlinked(register: Register) -> None:
    register.see(shows("m1", ANA, PHONE))
    register.unlink(ANA, PHONE)
    assert register.link(ANA, PHONE).answer == Answer.DONE
    assert register.partition() == groups([ANA, PHONE])
    assert register.unlink(ANA, PHONE).answer == Answer.DONE
    assert register.partition() == groups([ANA], [PHONE])


def test_an_event_tells_a_bounded_contact(register: Register) -> None:
    for number in range(MOST_TOLD + 5):
        register.see(shows(f"m{number}", ANA, f"visitor:{number}", minutes=number))
    told = register.happenings[-1].data
    assert isinstance(told, ContactLinked)
    assert len(told.contact.identities) == MOST_TOLD
    row = register.contacts[contact_id("main", ANA)]
    assert len(as_contact(row, register.identities.values(), register.links.values()).identities) == MOST_TOLD + 6


NAMES = [f"visitor:{letter}" for letter in "abcdefg"]
PAIRS = [*combinations(NAMES, 2), *((one,) for one in NAMES)]
Step = tuple[str, ...]


@given(steps=st.lists(st.sampled_from(PAIRS), max_size=9), seed=st.randoms(use_true_random=False), data=st.data())
def test_the_order_of_messages_and_links_does_not_change_who_is_one_person(
    steps: list[Step], seed: random.Random, data: st.DataObject
) -> None:
    messages = [shows(f"m{n}", *step, minutes=n) for n, step in enumerate(steps)]
    links = data.draw(st.lists(st.sampled_from(list(combinations(NAMES, 2))), max_size=3))
    expected, other = Register(), Register()
    expected.see(*messages, *(shows(f"x{name}", name) for name in NAMES))
    for one, two in links:
        expected.link(one, two)
    other.see(*(shows(f"x{name}", name) for name in NAMES))
    for one, two in seed.sample(links, len(links)):
        other.link(one, two)
    for batch in in_batches(seed.sample(messages, len(messages)), data.draw(st.lists(st.integers(0, 3), max_size=4))):
        other.see(*batch)
    assert other.partition() == expected.partition()


@given(steps=st.lists(st.sampled_from(PAIRS), max_size=9), undone=st.lists(st.sampled_from(NAMES), max_size=3))
def test_a_contact_always_has_the_id_of_one_of_its_identities(steps: list[Step], undone: list[str]) -> None:
    register = Register()
    for number, step in enumerate(steps):
        register.see(shows(f"m{number}", *step, minutes=number))
    for name in undone:
        register.see(shows(f"x{name}", name))
        register.unlink(_contact_of(register, name), name)
        register.see(*(shows(f"y{number}", *step) for number, step in enumerate(steps)))
        for one in register.identities.values():
            assert one.owner in {contact_id("main", other) for other in register.of(one.identity)}
            assert register.contacts[one.owner].part_of is None


def _contact_of(register: Register, identity: str) -> str:
    owner: UUID = register.identities[identity].owner
    return next(name for name in register.identities if contact_id("main", name) == owner)
