"""What erasing a person promises: nothing of theirs anywhere, everything of others' where it was, whoever dies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from support.bus import eventually, take_all
from support.commands import a_merge, a_split, carry_out, home
from support.copies import copy_of, originals
from support.erasing import (
    CUSTOMS,
    DESK,
    ERASE,
    FILE,
    SHARED_FILE,
    TERMS,
    a_sweeper,
    an_eraser,
    begin_erasing,
    by_bob,
    clerk_at_work,
    erase,
    found_in_files,
    found_in_tables,
    from_quixa,
    kept,
    marked,
    to_quixa,
)
from support.tasks import answer, begin, dying_after, finish
from support.threads import seeded
from support.threads_drafts import drafts
from support.threads_house import House
from support.threads_oracle import grouped_by_definition
from threadline_contracts.codec import Event, decode, decode_data, make_event
from threadline_contracts.commands import Answer, ContactEraseRequested
from threadline_contracts.contact import ContactErased
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.topology import CONSOLE_ERASURES, THREADS_MESSAGES, TICKET_LOG, EventType
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus
from threadline_threads.erasing.late import Latecomers
from threadline_threads.handler import Handler


@pytest.fixture
async def bus() -> Bus:
    bus = MemoryBus()
    await bus.declare([TICKET_LOG, THREADS_MESSAGES, CONSOLE_ERASURES])
    return bus


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[Blobs]:
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as opened:
        yield opened


async def a_past(house: House, blobs: Blobs) -> list[InboundMessage]:
    """Return what was written: by her, to her, with a copy to her, and by somebody who has the same file."""
    messages = [
        await kept(blobs, from_quixa("q1", FILE, SHARED_FILE), FILE, SHARED_FILE),
        await kept(blobs, to_quixa("us1", "q1")),
        await kept(blobs, by_bob("b1", SHARED_FILE, cites="q1"), SHARED_FILE),
        await kept(blobs, from_quixa("q2", cites="q1")),
        await kept(blobs, from_quixa("q3")),
        await kept(blobs, by_bob("b2", copied=False)),
    ]
    for message in messages:
        await house.place(message)
    return messages


async def test_nothing_of_theirs_is_left_anywhere(house: House, bus: Bus, blobs: Blobs, tmp_path: Path) -> None:
    *_, q2, q3, b2 = messages = await a_past(house, blobs)
    await carry_out(house, a_merge(await home(house, q3), await home(house, b2), because="Quixa Kovac is Bob's boss"))
    await carry_out(house, a_split(q2))
    assert await found_in_tables(house)
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
    assert await found_in_tables(house) == []
    assert found_in_files(tmp_path) == []
    assert {message.id for message in messages} == {
        (await house.reader.trace(str(message.id)))[0].message.id for message in messages
    }


async def test_ids_counts_and_what_others_wrote_stay(house: House, bus: Bus, blobs: Blobs) -> None:
    q1, us1, b1, *_ = messages = await a_past(house, blobs)
    before = [await house.header(message) for message in messages]
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
    after = [await house.header(message) for message in messages]
    assert [(one.id, one.reference, one.message_count) for one in before] == [
        (one.id, one.reference, one.message_count) for one in after
    ]
    (theirs,), (ours,), (others,) = [await house.reader.trace(str(message.id)) for message in (q1, us1, b1)]
    assert (theirs.message.sent_at, theirs.message.channel, theirs.message.account) == (q1.sent_at, "email", DESK)
    assert [file.size for file in theirs.message.attachments] == [len(FILE), len(SHARED_FILE)]
    assert ours.message.text == ""
    assert others.message.text == "I spoke to erased."
    assert [party.name for party in others.message.recipients] == ["", "erased"]


async def test_a_file_that_somebody_else_has_too_stays(house: House, bus: Bus, blobs: Blobs) -> None:
    await a_past(house, blobs)
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
    assert await blobs.read(file_blob_id("main", sha256(SHARED_FILE).hexdigest())) == SHARED_FILE
    with pytest.raises(MalformedInputError):
        await blobs.read(file_blob_id("main", sha256(FILE).hexdigest()))


async def test_consumers_are_told_when_it_is_done(house: House, bus: Bus, blobs: Blobs) -> None:
    q1, us1, _, q2, q3, _ = messages = await a_past(house, blobs)
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
    assert (await answer(house, "erase-1")).answer == Answer.DONE
    events = [decode(event.body) for event in await house.history()]
    (erased,) = [decode_data(one, ContactErased) for one in events if one.type == EventType.CONTACT_ERASED]
    assert {*erased.messages} == {q1.id, us1.id, q2.id, q3.id}
    copy = copy_of(event.body for event in await house.history())
    assert copy == await originals(house.reader, [message.id for message in messages])
    async with bus.subscribe(CONSOLE_ERASURES.name) as subscription:
        (asked,) = await take_all(subscription, 1)
    assert marked(asked.body)


async def test_another_goes_on_where_one_died(house: House, bus: Bus, blobs: Blobs, tmp_path: Path) -> None:
    await a_past(house, blobs)
    async with clerk_at_work(house):
        await begin_erasing(house)
        for steps in range(1, 14, 3):
            with suppress(KeyboardInterrupt):
                await finish(house, ContactEraseRequested, dying_after(steps, an_eraser(house, bus, blobs)))
        with suppress(AssertionError):  # it may be done already
            await finish(house, ContactEraseRequested, an_eraser(house, bus, blobs))
    assert (await answer(house, "erase-1")).because == "Forgot 4 messages in 2 tickets."
    assert await found_in_tables(house) == []
    assert found_in_files(tmp_path) == []


async def test_whoever_writes_again_is_somebody_new(house: House, bus: Bus, blobs: Blobs) -> None:
    await a_past(house, blobs)
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
        await house.place(replace(from_quixa("q9"), received_at=datetime.now(UTC)))

        async def is_known() -> bool:
            found = await house.reader.contact(ERASE.contact)
            return found is not None and len(found.tickets) == 1

        await eventually(is_known)


async def test_nobody_is_erased_who_is_not_known(house: House) -> None:
    outcome = await carry_out(house, ERASE)
    assert outcome.answer == Answer.REFUSED


async def test_somebody_who_was_erased_is_not_erased_again(house: House, bus: Bus, blobs: Blobs) -> None:
    await a_past(house, blobs)
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
        assert await house.reader.contact(ERASE.contact) is None
        await begin(house, ERASE, "erase-2")
        await finish(house, ContactEraseRequested, an_eraser(house, bus, blobs))
    assert (await answer(house, "erase-2")).answer == Answer.UNCHANGED


async def test_what_arrives_late_is_a_tombstone_from_the_start(
    house: House, bus: Bus, blobs: Blobs, tmp_path: Path
) -> None:
    await a_past(house, blobs)
    late = await kept(blobs, from_quixa("q8", FILE), FILE)
    copy = await kept(blobs, by_bob("b8"))
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
        await arrive(house, late, copy)
        await eventually(partial(swept, house, bus, blobs))
    await house.store.compact()
    assert (await house.reader.trace(str(late.id)))[0].message.text == ""
    assert await found_in_tables(house) == []
    assert found_in_files(tmp_path) == []


async def test_what_they_write_later_is_theirs(house: House, bus: Bus, blobs: Blobs) -> None:
    await a_past(house, blobs)
    async with clerk_at_work(house):
        await erase(house, bus, blobs)
    again = replace(from_quixa("q9"), received_at=datetime.now(UTC))
    await arrive(house, again)
    assert (await house.reader.trace(str(again.id)))[0].message == again


async def test_messages_are_placed_meanwhile(house: House, bus: Bus, blobs: Blobs) -> None:
    await a_past(house, blobs)
    made = [draft for n in range(4) for draft in drafts(seeded(n), 20, first=20 * n)]
    mails = [draft.message() for draft in made]
    async with clerk_at_work(house):
        placing = asyncio.create_task(place_all(house, mails))
        await erase(house, bus, blobs)
        await placing
    assert await found_in_tables(house) == []
    assert await house.partition(mails) == grouped_by_definition(made)


async def place_all(house: House, mails: Sequence[InboundMessage]) -> None:
    """Place messages, a few at a time."""
    for number in range(0, len(mails), 4):
        await house.place(*mails[number : number + 4])
        await asyncio.sleep(0.005)


async def arrive(house: House, *messages: InboundMessage) -> None:
    """Let messages come in as they do in the service."""
    latecomers = Latecomers(house.store, CUSTOMS)
    await latecomers.refresh()
    handler = Handler(house.store, TERMS, lambda: None, latecomers)
    await handler.handle([as_event(message) for message in messages])


async def swept(house: House, bus: Bus, blobs: Blobs) -> bool:
    return not await a_sweeper(house, bus, blobs).sweep(until=datetime.now(UTC))


def as_event(message: InboundMessage) -> Event:
    data = MessageReceived(message=message)
    return make_event(
        EventType.MESSAGE_RECEIVED, data, about=message.id, revision=0, source="t", time=datetime.now(UTC)
    )
