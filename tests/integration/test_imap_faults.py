"""Faults of servers, of the state and of ours: none of them ends the reading of a mailbox, or another's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typing_extensions import override

from support.bus import eventually
from support.dovecot import PASSWORD, Dovecot
from support.imap import Fate, Place, Wire, a_wire, took
from support.mail import a_mail
from support.smtp import Taken
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_email.identity import identify
from threadline_email.imap.budget import Budget
from threadline_email.imap.job import Commons, MailboxJob
from threadline_email.imap.login import Credentials, PasswordLogin
from threadline_email.imap.record import NEW, record_key


@pytest.fixture
def place(dovecot: Dovecot, tmp_path: Path) -> Place:
    return Place(dovecot, tmp_path, poll_seconds=600.0)


@pytest.fixture
async def wire(dovecot: Dovecot) -> AsyncIterator[Wire]:
    async with a_wire(dovecot.port) as laid:
        yield laid


def mails(count: int, prefix: str = "m") -> list[bytes]:
    return [a_mail(Message_ID=f"<{prefix}{number}@example.org>") for number in range(count)]


class FaultyOnce(PasswordLogin):
    """A login with a bug that shows the first time."""

    faults = 0

    @override
    async def credentials(self) -> Credentials:
        if not self.faults:
            self.faults += 1
            raise KeyError("a bug")
        return await super().credentials()


async def test_a_server_that_cuts_the_line_at_every_idle_is_asked_ever_more_rarely(place: Place, wire: Wire) -> None:
    place = Place(place.server, place.folder, port=wire.port)
    wire.fate = lambda line: "cut" if b" IDLE" in line else "pass"
    began = asyncio.get_running_loop().time()
    async with place.fetched(Taken()):

        async def four_attempts() -> bool:
            return wire.connections >= 4

        await eventually(four_attempts)
    assert asyncio.get_running_loop().time() - began >= 0.25 + 0.5 + 1.0


async def test_where_idle_is_refused_the_session_goes_on_without(place: Place, wire: Wire) -> None:
    place, taken = Place(place.server, place.folder, port=wire.port, poll_seconds=0.1), Taken()
    asked = asyncio.Event()

    def refuse_idle(line: bytes) -> Fate:
        if b" IDLE" not in line:
            return "pass"
        asked.set()
        return "refuse"

    wire.fate = refuse_idle
    async with place.fetched(taken):
        await asyncio.wait_for(asked.wait(), 10)
        for number, raw in enumerate(mails(3)):
            place.put(raw)
            await took(taken, number + 1)
    assert wire.connections == 1


async def test_a_fault_of_ours_is_told_and_tried_again(place: Place) -> None:
    taken = Taken()
    login = FaultyOnce(place.user, PASSWORD)
    async with place.state() as state:
        commons = Commons(state, taken, asyncio.Semaphore(4), Budget(100_000), lease_seconds=1.0)
        job = asyncio.create_task(MailboxJob(place.mailbox, place.account, login, commons).run())
        await eventually(place.in_trouble)
        assert "a fault of ours (KeyError" in place.health.reason
        place.put(*mails(1))
        await took(taken, 1)
        job.cancel()
        await asyncio.wait([job])


async def test_no_bytes_are_held_when_reading_ends_anywhere(place: Place) -> None:
    budget, several = Budget(100_000), mails(8)

    def answer(_: Arrival) -> None:
        raise TemporaryError("the disk is full")

    taken = Taken(answer)
    place = Place(place.server, place.folder, user=place.user, batch_mails=1)
    place.put(*several)
    async with place.state() as state:
        commons = Commons(state, taken, asyncio.Semaphore(4), budget, lease_seconds=1.0)
        login = PasswordLogin(place.user, PASSWORD)
        job = asyncio.create_task(MailboxJob(place.mailbox, place.account, login, commons).run())

        async def nothing_is_held() -> bool:
            return budget.held == 0

        async def one_is_read_ahead() -> bool:
            return budget.held >= 3 * len(several[0]) and taken.holding == 2

        await eventually(place.in_trouble)
        await eventually(nothing_is_held)
        taken.go_on.clear()
        await eventually(one_is_read_ahead)
        job.cancel()
        await asyncio.wait([job])
    assert budget.held == 0


async def test_a_damaged_cursor_is_named_and_mended_while_we_run(place: Place) -> None:
    taken, key = Taken(), record_key(place.mailbox, "INBOX")
    async with place.state() as state:
        version = await state.put(NEW, key, b"{damaged", expect=None)
        place.put(*mails(1))
        async with place.fetched(taken, state):
            await eventually(place.in_trouble)
            assert f"record {key!r} in {NEW!r}" in place.health.reason
            assert version is not None
            await state.delete(NEW, key, expect=version)
            await took(taken, 1)


async def test_of_a_header_without_end_a_bounded_part_is_read(place: Place) -> None:
    place, taken = Place(place.server, place.folder, user=place.user, max_bytes=1024), Taken()
    endless = b"".join(b"X-More-%d: %s\r\n" % (number, b"x" * 900) for number in range(400))
    place.put(
        b"Message-ID: <endless@example.org>\r\nDate: Thu, 5 Mar 2026 12:00:00 +0000\r\n" + endless + b"\r\nhello\r\n"
    )
    async with place.fetched(taken):
        await took(taken, 1)
    assert 250 * 1024 < len(taken.mails[0]) <= 256 * 1024
    assert taken.mails[0].endswith(b"x\r\n\r\n")


async def test_two_large_mails_with_one_poor_header_are_two(place: Place) -> None:
    place, taken = Place(place.server, place.folder, user=place.user, max_bytes=1024), Taken()
    for length in (2000, 3000):
        place.put(b"From: scanner@example.org\r\nSubject: scan\r\n\r\n" + b"x" * length + b"\r\n")
    async with place.fetched(taken):
        await took(taken, 2)
    assert len({identify(raw).fingerprint for raw in taken.mails}) == 2
