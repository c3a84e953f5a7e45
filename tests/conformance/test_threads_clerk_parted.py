"""What becomes of suggestions when people decide before the clerk comes to it, or the operator lets less join."""

from datetime import UTC, datetime

import pytest

from support.clues import form
from support.commands import a_merge, an_unmerge, carry_out
from support.threads import incomings
from support.threads_clerk import Office, terms_with, written
from support.threads_house import House
from threadline_contracts.ticket import SuggestionStatus
from threadline_threads.policy import Action, Condition
from threadline_threads.policy_settings import PolicyRow

ANA, BOB = "email:ana@a.example", "email:bob@b.example"


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


async def test_what_a_rule_joined_and_somebody_parted_before_the_clerk_saw_it_is_withdrawn(office: Office) -> None:
    first, reply = written("m1", ANA), written("m3", ANA, minutes=30, cites=["m2"])
    await office.take(first, reply)
    (found,) = await office.open()
    await office.house.place(written("m2", ANA, minutes=10, cites=["m1"]))
    assert await office.house.root(reply) == await office.house.root(first)
    await carry_out(office.house, an_unmerge(await office.home(reply), because="two lamps"))
    await office.catch_up()
    assert await office.open() == []
    *_, settled = await office.told()
    assert (settled.id, settled.status) == (found.id, SuggestionStatus.WITHDRAWN)
    assert (settled.by, settled.because) == ("agent:iva", "two lamps")


async def test_what_somebody_merges_by_hand_asks_no_more(office: Office) -> None:
    one, two, three = written("m1", ANA), written("m2", ANA, minutes=30), written("m3", BOB)
    await office.take(one, two, three)
    (found,) = await office.open()
    await carry_out(office.house, a_merge(await office.home(two), await office.home(three)))
    assert await office.open() == [found]
    await carry_out(office.house, a_merge(await office.home(three), await office.home(one)))
    await office.catch_up()
    assert await office.open() == []
    assert [told.status for told in await office.told()] == [SuggestionStatus.OPEN, SuggestionStatus.ACCEPTED]


async def test_the_policy_may_suggest_where_ours_joins(house: House) -> None:
    row = PolicyRow(condition=Condition.SAME_KEY, later="form", earlier="form", action=Action.SUGGEST)
    terms = terms_with(row)
    office = Office(house, terms)
    one, two = form("Lampa", external_id="key"), form("ne radi", minutes=60, external_id="key")
    for message in (one, two):
        await house.store.place(incomings([message], terms), datetime.now(UTC))
        await office.catch_up()
    assert await house.root(one) != await house.root(two)
    (found,) = await office.open()
    assert found.reasons[0].code == "same_key"
