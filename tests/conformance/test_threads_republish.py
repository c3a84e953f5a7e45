"""What a republication promises: everything there is, as it is now, whoever dies meanwhile; and nothing else."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest

from support.bus import take_all
from support.commands import IVA, a_split, carry_out
from support.copies import copy_of, originals
from support.tasks import answer, begin, dying_after, finish, take
from support.threads import seeded
from support.threads_drafts import deliveries, drafts
from support.threads_house import House
from support.threads_shelf import a_mail
from threadline_contracts.codec import decode
from threadline_contracts.commands import Answer, RepublishRequested
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import TICKET_LOG, Binding, Exchange, Queue
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus
from threadline_threads.republishing.job import Republisher

HELPDESK = Queue(name="helpdesk", bindings=(Binding(Exchange.TICKETS, "ticket.#"),))
ALL = RepublishRequested(by=IVA)


@pytest.fixture
async def bus() -> Bus:
    bus = MemoryBus()
    await bus.declare([HELPDESK, TICKET_LOG])
    return bus


async def a_past(house: House) -> list[UUID]:
    """Place a hundred messages of some desks; return their ids."""
    made = [draft for n in range(5) for draft in drafts(seeded(n), 20, first=20 * n)]
    for batch in deliveries(seeded(1), made):
        await house.place(*batch)
    return [draft.message().id for draft in made]


async def told(bus: Bus) -> Sequence[bytes]:
    waiting = await bus.depth(HELPDESK.name)
    assert waiting
    async with bus.subscribe(HELPDESK.name, prefetch=10_000) as subscription:
        taken = await take_all(subscription, waiting)
        await subscription.ack(taken)
    return [delivery.body for delivery in taken]


def ids(events: Sequence[bytes]) -> list[str]:
    return [decode(event).id for event in events]


async def test_whoever_hears_it_has_a_correct_copy(house: House, bus: Bus) -> None:
    messages = await a_past(house)
    await carry_out(house, a_split(drafts(seeded(0), 20)[3].message()))
    await begin(house, ALL, "c1")
    await finish(house, RepublishRequested, Republisher(house.store, bus, tickets_a_step=7).step)
    assert copy_of(await told(bus)) == await originals(house.reader, messages)


async def test_it_is_answered_when_it_is_done(house: House, bus: Bus) -> None:
    messages = await a_past(house)
    await begin(house, ALL, "c1")
    under_way = await house.reader.republication("c1")
    assert (await house.reader.command("c1"), under_way and under_way.done) == (None, False)
    await finish(house, RepublishRequested, Republisher(house.store, bus).step)
    done = await house.reader.republication("c1")
    assert done is not None
    assert (done.done, done.messages, done.part) == (True, len(messages), 1.0)
    assert (await answer(house, "c1")).answer == Answer.DONE
    assert [event.type for event in await house.announce()][-1] == "command.answered.v1"


async def test_repeated_it_repeats_its_ids_and_never_those_of_news(house: House, bus: Bus) -> None:
    await a_past(house)
    rounds = []
    for command in ("c1", "c2"):
        await begin(house, ALL, command)
        await finish(house, RepublishRequested, Republisher(house.store, bus).step)
        rounds.append(ids(await told(bus)))
    news = [decode(event.body).id for event in await house.history()]
    assert rounds[0] == rounds[1]
    assert len(set(rounds[0])) == len(rounds[0])
    assert not set(rounds[0]) & set(news)


async def test_only_what_changed_since_is_told(house: House, bus: Bus) -> None:
    await house.place(a_mail("m1"))
    await house.place(a_mail("m2", "bob@b.example"))
    between = datetime.now(UTC)
    await house.place(a_mail("m3", cites=["m1"]))
    await begin(house, RepublishRequested(since=between, by=IVA), "c1")
    await finish(house, RepublishRequested, Republisher(house.store, bus).step)
    assert {*copy_of(await told(bus))["messages"]} == {str(a_mail("m1").id), str(a_mail("m3").id)}


async def test_a_ticket_without_messages_is_told_too(house: House, bus: Bus) -> None:
    await house.place(a_mail("m1"))
    await house.execute("DELETE FROM {}message")
    await begin(house, ALL, "c1")
    await finish(house, RepublishRequested, Republisher(house.store, bus).step)
    assert len(copy_of(await told(bus))["tickets"]) == 1


async def test_another_goes_on_where_one_died(house: House, bus: Bus) -> None:
    messages = await a_past(house)
    await begin(house, ALL, "c1")
    step = Republisher(house.store, bus, tickets_a_step=5).step
    with suppress(KeyboardInterrupt):
        await finish(house, RepublishRequested, dying_after(3, step))
    before = len(await told(bus))
    assert await take(house, RepublishRequested) is None
    await finish(house, RepublishRequested, step)
    done = await house.reader.republication("c1")
    assert done is not None
    assert done.messages == len(messages)
    assert 0 < before < len(messages)


async def test_what_the_bus_does_not_confirm_is_told_again(house: House) -> None:
    await a_past(house)
    await begin(house, ALL, "c1")
    nowhere = MemoryBus()
    with pytest.raises(TemporaryError):
        await finish(house, RepublishRequested, Republisher(house.store, nowhere).step)
    under_way = await house.reader.republication("c1")
    assert under_way is not None
    assert under_way.messages == 0


async def test_a_command_asked_twice_is_one_task(house: House, bus: Bus) -> None:
    await begin(house, ALL, "c1")
    await begin(house, ALL, "c1")
    await finish(house, RepublishRequested, Republisher(house.store, bus).step)
    assert await take(house, RepublishRequested, later=True) is None
    assert (await carry_out(house, ALL, id="c1")).repeated
