"""What grows too old goes, and nothing else: each kind by its own age, some rows at a time, on either database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from support.bus import eventually
from support.commands import a_decision, a_merge, a_status, carry_out, home
from support.erasing import DESK, FILE, a_sweeper, clerk_at_work, from_quixa, kept
from support.tasks import begin
from support.threads_house import House
from support.threads_shelf import a_mail
from threadline_contracts.commands import Decision, RepublishRequested
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import file_blob_id
from threadline_contracts.ticket import Status
from threadline_contracts.topology import THREADS_MESSAGES
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus
from threadline_threads.retention.job import EVERY, Retention
from threadline_threads.retention.kinds import Kind, RetentionSettings

FOR_EVER: Final = RetentionSettings(events=0, waiting=0, clues=0, commands=0, suggestions=0)


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[Blobs]:
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as opened:
        yield opened


@pytest.fixture
async def bus() -> Bus:
    bus = MemoryBus()
    await bus.declare([THREADS_MESSAGES])
    return bus


async def at_once(_: float) -> None:
    """Make no pauses."""


async def after(house: House, days: float, settings: RetentionSettings, *, rows: int = 3) -> dict[Kind, int]:
    """Let so many days pass, and return what went."""
    job = Retention(house.store, settings, rows=rows, pause=at_once)
    gone = await job.sweep(datetime.now(UTC) + timedelta(days=days))
    return {kind: number for kind, number in gone.items() if number}


async def read_by_the_clerk(house: House) -> None:
    async with clerk_at_work(house):
        now = datetime.now(UTC)
        await eventually(lambda: house.store.read_up_to(now))


async def test_history_goes_when_it_was_told_and_read(house: House) -> None:
    events = RetentionSettings(events=30)
    for number in range(8):
        await house.place(a_mail(f"m{number}", f"p{number}@a.example"))
    assert await after(house, 31, events) == {}  # nobody has heard of them
    await house.announce()
    assert await after(house, 31, events) == {}  # the clerk has not
    await read_by_the_clerk(house)
    before = len(await house.history())
    assert await after(house, 29, events) == {}
    assert await after(house, 31, events) == {Kind.EVENTS: before - 1}
    assert await house.reader.last_sequence() == before  # the newest stays
    await house.place(a_mail("m9"))
    await house.announce()
    assert await house.reader.last_sequence() > before


async def test_what_waits_for_ever_is_waited_for_no_more(house: House) -> None:
    await house.place(a_mail("m1"))
    await house.place(*(a_mail(f"r{n}", f"stranger{n}@b.example", cites=["m1"]) for n in range(5)))
    waiting = RetentionSettings(waiting=400)
    assert await after(house, 399, waiting) == {}
    assert await after(house, 401, waiting) == {Kind.WAITING: 5}
    assert await after(house, 402, waiting) == {}


async def test_clues_go_but_not_those_by_which_a_person_is_found(house: House) -> None:
    sent = datetime.now(UTC)
    mails = [a_mail(f"m{n}", f"p{n}@a.example") for n in range(5)]
    await house.place(*(replace(mail, sent_at=sent, text=f"Order number 47{n}11") for n, mail in enumerate(mails)))
    await read_by_the_clerk(house)
    clues = replace(FOR_EVER, clues=400)
    assert await after(house, 399, clues) == {}
    assert (await after(house, 401, clues))[Kind.CLUES] > 0
    contact = await house.reader.contact_of("main", "email", "p1@a.example")
    assert contact is not None
    found = await house.reader.contact(contact)
    assert found is not None
    assert len(found.tickets) == 1


async def test_commands_go_when_they_are_done(house: House) -> None:
    one, other = [await home_of(house, f"m{n}", f"p{n}@a.example") for n in range(2)]
    await carry_out(house, a_merge(one, other), id="merge")
    await begin(house, RepublishRequested(by="op"), "republish")
    commands = replace(FOR_EVER, commands=400)
    assert await after(house, 399, commands) == {}
    assert await after(house, 401, commands) == {Kind.COMMANDS: 1}
    assert await house.reader.command("merge") is None
    assert await house.reader.republication("republish") is not None


async def test_settled_suggestions_go_and_open_ones_stay(house: House) -> None:
    for n in range(3):
        mail = a_mail(f"m{n}", f"p{n}@a.example")
        await house.place(replace(mail, text="Order no. 4711-22 is late.", sent_at=mail.sent_at + timedelta(minutes=n)))
    await read_by_the_clerk(house)
    first, *others = (await house.reader.suggestions()).items
    assert others
    await carry_out(house, a_decision(first.suggestion.id, Decision.DECLINE))
    suggestions = replace(FOR_EVER, suggestions=90)
    assert await after(house, 89, suggestions) == {}
    assert await after(house, 91, suggestions) == {Kind.SUGGESTIONS: 1}
    assert len((await house.reader.suggestions()).items) == len(others)


async def test_texts_and_files_go_when_a_ticket_was_closed_long_ago(house: House, bus: Bus, blobs: Blobs) -> None:
    closed = await kept(blobs, from_quixa("q1", FILE), FILE)
    still_open = await kept(blobs, from_quixa("q2"))
    for message in (closed, still_open):
        await house.place(message)
    await read_by_the_clerk(house)
    await carry_out(house, a_status(await home(house, closed), Status.CLOSED))
    texts = replace(FOR_EVER, closed_texts=365)
    assert await after(house, 364, texts) == {}
    assert await after(house, 366, texts) == {Kind.CLOSED_TEXTS: 1}
    assert await after(house, 367, texts) == {}
    (gone,), (stays,) = [await house.reader.trace(str(one.id)) for one in (closed, still_open)]
    assert (gone.message.text, gone.message.subject, gone.message.account) == ("", closed.subject, DESK)
    assert stays.message == still_open
    assert await swept(house, bus, blobs)
    with pytest.raises(MalformedInputError):
        await blobs.read(file_blob_id("main", sha256(FILE).hexdigest()))
    assert await blobs.read(still_open.raw or "")


async def test_raw_inputs_go_and_messages_stay(house: House, bus: Bus, blobs: Blobs) -> None:
    messages = [await kept(blobs, from_quixa(f"q{n}")) for n in range(5)]
    await house.place(*messages)
    await read_by_the_clerk(house)
    raws = replace(FOR_EVER, raw_inputs=90)
    assert await after(house, 89, raws) == {}
    assert await after(house, 91, raws, rows=2) == {Kind.RAW_INPUTS: 5}
    assert await after(house, 92, raws) == {}
    (trace,) = await house.reader.trace(str(messages[0].id))
    assert trace.message == replace(messages[0], raw=None)
    assert await swept(house, bus, blobs)
    for message in messages:
        with pytest.raises(MalformedInputError):
            await blobs.read(message.raw or "")


async def test_one_replica_has_the_turn(house: House) -> None:
    now = datetime.now(UTC)
    turns = [now, now + EVERY / 2, now + EVERY, now + EVERY * 1.5, now + EVERY * 2]
    assert [await house.store.take_retention(turn, EVERY) for turn in turns] == [True, False, True, False, True]


async def test_nothing_goes_that_is_kept_for_ever(house: House) -> None:
    await house.place(a_mail("m1"), a_mail("m2", "bob@b.example", cites=["m1"]))
    await read_by_the_clerk(house)
    assert await after(house, 30_000, FOR_EVER) == {}


async def swept(house: House, bus: Bus, blobs: Blobs) -> bool:
    """Erase what nobody needs any more."""
    sweeper = a_sweeper(house, bus, blobs)
    await read_by_the_clerk(house)

    async def clean() -> bool:
        return not await sweeper.sweep(until=datetime.now(UTC))

    await eventually(clean)
    return True


async def home_of(house: House, name: str, by: str) -> UUID:
    mail = a_mail(name, by)
    await house.place(mail)
    return await home(house, mail)
