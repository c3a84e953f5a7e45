"""What the clerk does when something is wrong, and when there is much to do; the same on both databases."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from support.bus import eventually
from support.threads_clerk import CLERK_TERMS, Office, written
from support.threads_house import House
from threadline_contracts.errors import TemporaryError
from threadline_shared.health import ComponentState, component
from threadline_threads.clerk.candidates import Surroundings
from threadline_threads.clerk.job import Clerk
from threadline_threads.clerk.lessons import Opener

ANA, BOB = "email:ana@a.example", "email:bob@b.example"


class Stumbling:
    """A store that fails at some messages."""

    def __init__(self, house: House, error: Exception, *messages: UUID) -> None:
        self._store = house.store
        self._error = error
        self._messages = messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def surroundings(self, openers: Sequence[Opener]) -> Surroundings:
        """Fail."""
        if any(one.message.id in self._messages for one in openers):
            raise self._error
        return await self._store.surroundings(openers)


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


async def test_an_event_that_makes_us_stumble_is_passed_over_and_counted(office: Office) -> None:
    mails = [
        written("m1", ANA),
        written("m2", BOB, minutes=1),
        written("m3", ANA, minutes=2),
        written("m4", "email:zoe@z.example"),
    ]
    health = component(f"clerk {uuid4()}")
    store: Any = Stumbling(office.house, RuntimeError("our bug"), mails[1].id)
    office.clerk = Clerk(store, CLERK_TERMS, health)
    await office.house.place(*mails)
    await office.catch_up()
    (found,) = await office.open()
    assert {found.ticket, found.other} == {await office.home(mails[0]), await office.home(mails[2])}
    assert health.health().counts == {"skipped": 0, "accepted": 4, "failed": 1}
    assert (await office.house.store.position())[1] is None


async def test_a_database_that_is_away_spends_nothing(office: Office) -> None:
    mail = written("m1", ANA)
    store: Any = Stumbling(office.house, TemporaryError("away"), mail.id)
    health = component(f"clerk {uuid4()}")
    clerk = Clerk(store, CLERK_TERMS, health, pause=0.01)
    await office.house.place(mail)
    await office.house.announce()
    task = asyncio.create_task(clerk.run())

    async def in_trouble() -> bool:
        return health.state is ComponentState.TROUBLE

    await eventually(in_trouble)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert (await office.house.store.position())[0] == 0
    await office.catch_up()
    assert (await office.house.store.position())[1] is None


async def test_two_clerks_do_everything_once(office: Office) -> None:
    others = Office(office.house)
    mails = [written(f"m{n}", ANA, f"visitor:{n}", minutes=n, text=f"Order no. 4711-{n % 3}0.") for n in range(30)]
    await office.house.place(*mails)
    await asyncio.gather(office.catch_up(bites=3), others.catch_up(bites=4))
    await office.catch_up()
    ids = [event.body for event in await office.house.history()]
    assert len(set(ids)) == len(ids)
    told = await office.told()
    asking = {one.id: one for one in told}.values()
    assert all([one.ticket for one in asking if one.status == "open"].count(other.ticket) <= 3 for other in asking)
    owner = await office.house.reader.contact_of("main", "email", "ana@a.example")
    assert owner is not None
    found = await office.house.reader.contact(owner)
    assert found is not None
    assert len(found.contact.identities) == 31


async def test_it_says_how_far_behind_it_is(office: Office) -> None:
    health = component(f"clerk {uuid4()}")
    office.clerk = Clerk(office.house.store, CLERK_TERMS, health)
    await office.house.place(written("m1", ANA), written("m2", BOB))
    await office.house.announce()
    await office.clerk.step(1)
    lag = health.health().lag_seconds
    assert lag is not None
    assert lag > 0
    await office.catch_up()
    assert health.health().lag_seconds == 0
