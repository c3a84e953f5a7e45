"""A mail that the server cannot give: the others flow, it is listed with its reason, and taken when it can be had."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.bus import eventually
from support.dovecot import Dovecot
from support.imap import Fate, Place, Wire, a_wire, asking_for, took, uids
from support.mail import a_mail
from support.smtp import Taken
from threadline_email.imap.cursor import FAILED_MAX, Failed
from threadline_email.normalize import normalize
from threadline_shared.inputs import Normalized


@pytest.fixture
def place(dovecot: Dovecot, tmp_path: Path) -> Place:
    return Place(dovecot, tmp_path, poll_seconds=600.0)


@pytest.fixture
async def wire(dovecot: Dovecot) -> AsyncIterator[Wire]:
    async with a_wire(dovecot.port) as laid:
        yield laid


def mails(count: int) -> list[bytes]:
    return [a_mail(Message_ID=f"<m{number}@example.org>") for number in range(count)]


@pytest.mark.parametrize("what", ["BODY.PEEK[]", "RFC822.SIZE"])
@pytest.mark.parametrize("fate", ["refuse", "cut"])
async def test_a_mail_that_the_server_cannot_give_stops_no_other(
    place: Place, wire: Wire, what: str, fate: Fate
) -> None:
    place, taken = Place(place.server, place.folder, port=wire.port), Taken()
    asks = asking_for(3, what)
    wire.fate = lambda line: fate if asks(line) else "pass"
    place.put(*mails(5))
    async with place.state() as state, place.fetched(taken, state):
        await took(taken, 4)

        async def it_is_noted() -> bool:
            found = await place.find(state)
            return found is not None and 3 in found.failed

        await eventually(it_is_noted)
    cursor = await place.cursor()
    assert (sorted(uids(taken)), cursor.last_uid, cursor.failed[3].tries) == ([1, 2, 4, 5], 5, 1)
    assert ("Internal error" if fate == "refuse" else "hangs up") in cursor.failed[3].reason


async def test_a_mail_that_failed_is_taken_when_the_server_can_give_it(place: Place) -> None:
    place.put(*mails(3))
    first, second = Taken(), Taken()
    async with place.state() as state:
        async with place.fetched(first, state):
            await took(first, 3)
        failed = {2: Failed("Internal error", 4, datetime.now(UTC))}
        await place.store(state, await place.cursor(state=state), failed=failed, taken=2)
        async with place.fetched(second, state):
            await took(second, 1)
    cursor = await place.cursor()
    assert (uids(second), cursor.failed, cursor.taken) == ([2], {}, 3)


async def test_where_header_fields_cannot_be_had_the_mails_are_read_whole(place: Place, wire: Wire) -> None:
    place, taken = Place(place.server, place.folder, port=wire.port), Taken()
    wire.fate = lambda line: "refuse" if b"HEADER.FIELDS" in line else "pass"
    place.put(*mails(3))
    async with place.fetched(taken):
        await took(taken, 3)


@pytest.mark.parametrize("what", ["BODY.PEEK[]", "RFC822.SIZE"])
async def test_a_mail_that_a_search_finds_and_nothing_is_told_of_is_not_gone(
    place: Place, wire: Wire, what: str
) -> None:
    place, taken = Place(place.server, place.folder, port=wire.port), Taken()
    asks = asking_for(1, what)
    wire.fate = lambda line: "empty" if asks(line) else "pass"
    place.put(*mails(1))
    async with place.state() as state, place.fetched(taken, state):

        async def it_is_settled() -> bool:
            found = await place.find(state)
            return found is not None and found.last_uid == 1

        await eventually(it_is_settled)
    cursor = await place.cursor()
    assert (cursor.skipped, list(cursor.failed)) == ({}, [1])
    assert "the server" in cursor.failed[1].reason


async def test_a_mail_at_which_the_server_hangs_up_again_starves_no_other_that_failed(place: Place, wire: Wire) -> None:
    first, second = Taken(), Taken()
    place.put(*mails(4))
    async with place.state() as state:
        async with place.fetched(first, state):
            await took(first, 4)
        due = datetime.now(UTC)
        failed = {uid: Failed("Internal error", 1, due) for uid in (1, 2, 3, 4)}
        await place.store(state, await place.cursor(state=state), failed=failed, taken=0)
        through = Place(place.server, place.folder, user=place.user, port=wire.port)
        asks = asking_for(1)
        wire.fate = lambda line: "cut" if asks(line) else "pass"
        async with through.fetched(second, state):
            await took(second, 3)

            async def one_is_left() -> bool:
                found = await place.find(state)
                return found is not None and list(found.failed) == [1]

            await eventually(one_is_left)
    cursor = await place.cursor()
    assert (sorted(uids(second)), cursor.failed[1].tries, cursor.taken) == ([2, 3, 4], 2, 3)


async def test_for_mails_that_stay_unreadable_messages_stand_in_and_new_mail_flows(place: Place, wire: Wire) -> None:
    first, second = Taken(), Taken()
    place.put(*mails(1))
    async with place.state() as state:
        async with place.fetched(first, state):
            await took(first, 1)
        long_ago = datetime.now(UTC) - timedelta(days=8)
        failed = {uid: Failed("Internal error", 9, long_ago, long_ago) for uid in range(1, FAILED_MAX + 1)}
        cursor = await place.cursor(state=state)
        await place.store(state, cursor, failed=failed, taken=0, server=FAILED_MAX, last_uid=1)
        through = Place(place.server, place.folder, user=place.user, port=wire.port)
        asks = asking_for(1)
        wire.fate = lambda line: "refuse" if asks(line) else "pass"
        place.put(a_mail("new", Message_ID="<new@example.org>"))
        async with through.fetched(second, state):
            await took(second, 2)
    facts = second.arrivals[0].facts
    assert (facts["uid"], facts["unreadable"]) == ("1", "Internal error")
    assert b"UID 1 of the folder INBOX" in second.mails[0]
    normalized = normalize(second.mails[0], second.arrivals[0])
    assert isinstance(normalized, Normalized)
    assert "unreadable" in [problem.code for problem in normalized.message.problems]
