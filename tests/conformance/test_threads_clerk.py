"""What the clerk makes of events, the same on both databases."""

from itertools import permutations
from uuid import UUID

import pytest

from support.threads import ACCOUNTS
from support.threads_clerk import Office, terms_with, written
from support.threads_house import House
from support.threads_rows import insert
from support.threads_shelf import US, a_mail, a_token
from threadline_contracts.message import Assurance
from threadline_contracts.ticket import SuggestionStatus
from threadline_threads.policy import Action, Condition
from threadline_threads.policy_settings import PolicyRow

ANA, PHONE, BOB = "email:ana@a.example", "phone:+385912345678", "email:bob@b.example"


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


async def test_whom_messages_show_becomes_a_contact_with_its_conversations(office: Office) -> None:
    one, two = written("m1", ANA), written("m2", ANA, PHONE, minutes=200)
    await office.take(one, two)
    owner = await office.house.reader.contact_of("main", "email", "ana@a.example")
    assert owner == await office.house.reader.contact_of("main", "phone", "+385 91 234 5678")
    assert owner is not None
    found = await office.house.reader.contact(owner)
    assert found is not None
    assert [identity.value for identity in found.contact.identities] == ["ana@a.example", "+385912345678"]
    assert [ticket.id for ticket in found.tickets] == [await office.house.root(two), await office.house.root(one)]
    assert (await office.house.reader.contacts("ana 385")).items == (found.contact,)


async def test_events_are_dealt_with_once_however_they_are_cut(office: Office) -> None:
    mails = [written(f"m{n}", ANA, PHONE, subject="Broken lamp in hall") for n in range(4)]
    await office.house.place(*mails)
    await office.catch_up()
    before = await office.house.history()
    await office.house.execute("UPDATE {}cursor SET sequence = 0")
    await office.catch_up()
    assert await office.house.history() == before
    await office.catch_up(bites=1)
    assert await office.house.history() == before


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_reply_under_another_proved_name_joins_in_any_order(office: Office, order: tuple[int, ...]) -> None:
    first = written("m1", ANA, minutes=0)
    reply = written("m2", "email:ana@work.example", minutes=5, cites=["m1"])
    proof = written("m3", ANA, "email:ana@work.example", minutes=9000)
    mails = [first, reply, proof]
    await office.take(*(mails[index] for index in order))
    assert await office.house.root(reply) == await office.house.root(first) != await office.house.root(proof)
    found = await office.house.reader.conversation(reply.reference)
    assert found is not None
    assert [link.rule for link in found.links] == ["reference"]
    assert "the same person" in found.links[0].because


async def test_a_reply_joins_when_the_other_name_of_its_sender_comes_in(office: Office) -> None:
    first = written("m1", BOB)
    reply = written("m2", "email:ana@work.example", minutes=5, cites=["m1"])
    proof = written("m3", ANA, "email:ana@work.example", minutes=9000)
    await office.take(first, reply, proof)
    assert await office.house.root(reply) != await office.house.root(first)
    await office.take(a_mail("m4", US, to=["ana@a.example"], cites=["m1"]))
    assert await office.house.root(reply) == await office.house.root(first)


async def test_a_reply_joins_when_its_senders_other_conversation_is_merged(office: Office) -> None:
    first, hers = written("m1", BOB), written("m0", ANA, minutes=-9000)
    reply = written("m2", "email:ana@work.example", minutes=5, cites=["m1"])
    proof = written("m3", ANA, "email:ana@work.example", minutes=9000)
    await office.take(hers, first, reply, proof)
    assert await office.house.root(reply) != await office.house.root(first)
    await office.take(a_mail("m4", US, to=["zoe@z.example"], cites=["m0", "m1"]))
    assert await office.house.root(reply) == await office.house.root(first)


async def test_the_only_open_ticket_of_a_sender_is_suggested_with_reasons(office: Office) -> None:
    one, two = written("m1", ANA), written("m2", ANA, minutes=30)
    await office.take(one, two)
    (found,) = await office.open()
    assert (found.ticket, found.other) == (await office.home(two), await office.home(one))
    assert [reason.code for reason in found.reasons] == ["only_open_ticket", "close_in_time"]
    assert found.score == pytest.approx(1 - 0.55 * 0.85, abs=0.001)
    assert await office.told() == [found]


async def test_what_a_stranger_sends_is_suggested_nowhere(office: Office) -> None:
    await office.take(written("m1", ANA), written("m2", BOB, minutes=1))
    assert await office.open() == []


async def test_automatic_answers_and_our_own_mails_ask_for_nothing(office: Office) -> None:
    await office.take(written("m1", ANA), a_mail("m2", US, to=["ana@a.example"]))
    assert await office.open() == []


async def test_a_number_that_two_messages_name_is_a_reason(office: Office) -> None:
    one = written("m1", ANA, text="Where is my order 4711-22?")
    two = written("m2", BOB, minutes=60, text="Order no. 4711-22 is late.")
    await office.take(one, two)
    (found,) = await office.open()
    assert found.reasons[0].code == "same_number"
    assert "4711-22" in found.reasons[0].because


async def test_a_claimed_sender_is_suggested_never_joined(office: Office) -> None:
    await office.take(written("m1", ANA), written("m2", ANA, assurance=Assurance.CLAIMED, minutes=5))
    (found,) = await office.open()
    assert found.reasons[0].code == "claimed_identity"


async def test_a_reply_of_somebody_who_takes_no_part_is_suggested_and_promoted_when_he_shows_up(
    office: Office,
) -> None:
    first, reply = written("m1", ANA), written("m2", BOB, minutes=5, cites=["m1"])
    await office.take(first, reply)
    (found,) = await office.open()
    assert found.reasons[0].code == "cites_in_vain"
    await office.take(a_mail("m3", US, to=["bob@b.example"], cites=["m1"]))
    assert await office.house.root(reply) == await office.house.root(first)
    assert await office.open() == []
    *_, settled = await office.told()
    assert (settled.id, settled.status, settled.by) == (found.id, SuggestionStatus.PROMOTED, "threads")


async def test_a_suggestion_is_promoted_when_the_parent_mail_arrives(office: Office) -> None:
    first, reply = written("m1", ANA), written("m3", ANA, minutes=30, cites=["m2"])
    await office.take(first, reply)
    (found,) = await office.open()
    assert found.reasons[0].code == "only_open_ticket"
    await office.take(written("m2", ANA, minutes=10, cites=["m1"]))
    assert await office.house.root(reply) == await office.house.root(first)
    assert await office.open() == []
    assert [one.status for one in await office.told()] == ["open", "promoted"]


async def test_a_parent_that_arrives_late_for_a_stranger_is_suggested(office: Office) -> None:
    reply, first = written("m2", BOB, minutes=5, cites=["m1"]), written("m1", ANA)
    await office.take(reply, first)
    (found,) = await office.open()
    assert found.reasons[0].code == "cites_in_vain"
    assert {found.ticket, found.other} == {await office.home(reply), await office.home(first)}


async def test_tokens_of_two_tickets_suggest_to_merge_them(office: Office) -> None:
    one, two = written("m1", ANA), written("m2", BOB)
    both = a_mail("m3", "zoe@z.example", tokens=[a_token(one), a_token(two), a_token(one)])
    await office.take(one, two, both)
    (found,) = await office.open()
    assert {found.ticket, found.other} == {await office.home(one), await office.home(two)}
    assert [reason.code for reason in found.reasons] == ["two_tokens"]


async def test_what_was_declined_is_never_asked_again(office: Office) -> None:
    one, two = written("m1", ANA), written("m2", ANA, minutes=30)
    await office.take(one, two)
    (found,) = await office.open()
    await _sever(office, found.ticket, found.other)
    await office.house.execute("UPDATE {}suggestion SET status = 'declined'")
    await office.house.execute("UPDATE {}cursor SET sequence = 0")
    await office.catch_up()
    assert await office.open() == []
    assert len(await office.told()) == 1


async def test_a_join_that_somebody_stands_against_is_suggested_instead(office: Office) -> None:
    first, reply = written("m1", ANA), written("m2", "email:ana@work.example", minutes=9000, cites=["m1"])
    await office.take(first, reply)
    await office.house.execute("DELETE FROM {}suggestion")
    await _sever(office, await office.home(first), await office.home(reply))
    await office.take(written("m3", ANA, "email:ana@work.example", minutes=90000))
    assert await office.house.root(reply) != await office.house.root(first)
    (found,) = await office.open()
    assert (found.score, found.reasons[0].code) == (0.95, "reference")
    assert found.reasons[0].because.endswith("They are kept apart by a decision of agent:iva.")


async def test_never_more_than_the_best_three_stay_open(office: Office) -> None:
    orders = " ".join(f"Order no. 47{n}11." for n in range(4))
    others = [written(f"m{n}", f"email:p{n}@p.example", text=f"Order no. 47{n}11?") for n in range(4)]
    await office.take(*others, written("m9", ANA, minutes=60, text=orders))
    found = await office.open()
    assert len(found) == 3
    assert all(one.status == SuggestionStatus.OPEN for one in await office.told())


async def test_the_policy_may_join_a_proved_senders_only_open_ticket(house: House) -> None:
    office = Office(
        house, terms_with(PolicyRow(condition=Condition.ONLY_OPEN_TICKET, window="24h", action=Action.JOIN))
    )
    one, two = written("m1", ANA), written("m2", ANA, minutes=30)
    asserted = written("m3", ANA, minutes=60, assurance=Assurance.ASSERTED)
    await office.take(one, two, asserted)
    assert await house.root(one) == await house.root(two) != await house.root(asserted)
    found = await house.reader.conversation(one.reference)
    assert found is not None
    assert [link.rule for link in found.links] == ["policy"]
    assert "only open ticket" in found.links[0].because


async def test_the_policy_may_be_silent(house: House) -> None:
    office = Office(house, terms_with(PolicyRow(condition=Condition.ONLY_OPEN_TICKET, action=Action.OFF)))
    await office.take(written("m1", ANA), written("m2", ANA, minutes=30))
    assert await office.open() == []


async def test_an_event_that_cannot_be_read_is_passed_over(office: Office) -> None:
    await office.take(written("m1", ANA))
    await office.house.place(written("m2", ANA, minutes=3))
    await office.house.announce()
    await office.house.execute("UPDATE {}outbox SET body = '{{' WHERE sequence = 2")
    await office.take(written("m3", ANA, minutes=6))
    (found,) = await office.open()
    assert found.ticket == await office.home(written("m3", ANA, minutes=6))


async def _sever(office: Office, one: UUID, other: UUID) -> None:
    pair = {"one": min(one, other), "other": max(one, other)}
    values = {"by": "agent:iva", "because": "two lamps", "at": written("x", ANA).sent_at, "link": None}
    await insert(office.house, "severed", **pair, **values)


async def test_a_ticket_of_ours_is_no_contacts(office: Office) -> None:
    await office.take(a_mail("m1", US, to=["ana@a.example"], account=ACCOUNTS[0]))
    assert await office.house.reader.contact_of("main", "email", ACCOUNTS[0]) is None
    assert await office.house.reader.contact_of("main", "email", "ana@a.example") is not None
