"""Whatever becomes of the server or the line to it: each mail is there in the end, and we say what is wrong."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.bus import eventually
from support.dovecot import Dovecot
from support.imap import Fate, Place, Wire, a_wire, took, uids
from support.mail import a_mail
from support.smtp import Taken
from threadline_email.identity import identify
from threadline_shared import health

QUOTA = """
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:messages=3
}
imap_capability = IMAP4rev1 IDLE UIDPLUS
"""


@pytest.fixture
def place(dovecot: Dovecot, tmp_path: Path) -> Place:
    return Place(dovecot, tmp_path, poll_seconds=600.0)


@pytest.fixture
async def wire(dovecot: Dovecot) -> AsyncIterator[Wire]:
    async with a_wire(dovecot.port) as laid:
        yield laid


@pytest.fixture
def own_dovecot() -> Iterator[Dovecot]:
    """A Dovecot with settings of one test."""
    server = Dovecot()
    yield server
    server.close()


def mails(count: int, prefix: str = "m") -> list[bytes]:
    return [a_mail(Message_ID=f"<{prefix}{number}@example.org>") for number in range(count)]


def known(taken: Taken) -> list[str]:
    return sorted(identify(raw).external_id for raw in taken.mails)


async def test_after_a_restart_of_the_server_it_goes_on(place: Place) -> None:
    taken = Taken()
    place.put(*mails(2))
    async with place.fetched(taken):
        await took(taken, 2)
        place.server.stop()
        await eventually(place.in_trouble)
        place.put(*mails(2, "meanwhile"))
        place.server.start()
        await took(taken, 4)
        await eventually(place.is_well)
        place.put(a_mail("by IDLE"))
        await took(taken, 5)
    assert uids(taken) == [1, 2, 3, 4, 5]


async def test_when_the_server_numbers_anew_what_is_known_is_not_taken_again(place: Place) -> None:
    taken = Taken()
    place.put(*mails(5))
    place.put(a_mail("no Message-ID, so it is read whole", Message_ID=None))
    async with place.fetched(taken):
        await took(taken, 6)
    place.put(*mails(2, "meanwhile"))
    place.server.renumber(place.user)
    before = (await place.cursor()).uidvalidity
    again = Taken()
    async with place.fetched(again):
        await took(again, 3)
    assert known(again)[:2] == ["meanwhile0@example.org", "meanwhile1@example.org"]
    cursor = await place.cursor()
    assert (cursor.uidvalidity, cursor.skipped) == (before + 1000, {"already taken": 5})
    assert cursor.reconciliation().waiting == 0


async def test_numbers_that_change_while_we_listen_lose_nothing(place: Place) -> None:
    taken = Taken()
    place.put(*mails(3))
    async with place.fetched(taken):
        await took(taken, 3)
        place.server.renumber(place.user)
        place.put(a_mail("after it", Message_ID="<after@example.org>"))
        await took(taken, 4)
    assert known(taken) == ["after@example.org", "m0@example.org", "m1@example.org", "m2@example.org"]


async def test_under_new_numbers_an_old_mail_that_was_not_taken_is_imported_and_none_is_lost(place: Place) -> None:
    place.put(*mails(2, "old"), age=10 * 86400)
    async with place.fetched(Taken()):
        await eventually(place.is_well)
    place.server.renumber(place.user)
    taken = Taken()
    place.put(a_mail("new"))
    async with place.fetched(taken):
        await took(taken, 3)
    assert [arrival.facts.get("backfill") for arrival in taken.arrivals] == ["1", "1", None]
    assert (await place.cursor()).skipped == {}


async def test_a_server_that_was_restored_from_a_backup_is_noticed_by_its_lower_numbers(place: Place) -> None:
    first, second = Taken(), Taken()
    place.put(*mails(2))
    async with place.state() as state:
        async with place.fetched(first, state):
            await took(first, 2)
        await place.store(state, await place.cursor(state=state), last_uid=9)  # of mails that the backup has not
        place.put(*mails(1, "since"))
        async with place.fetched(second, state):
            await took(second, 1)
    cursor = await place.cursor()
    assert (known(second), cursor.last_uid, cursor.skipped) == (["since0@example.org"], 3, {"already taken": 2})


async def test_a_line_that_dies_silently_is_given_up_and_laid_anew(place: Place, wire: Wire) -> None:
    place = Place(place.server, place.folder, port=wire.port, timeout_seconds=0.4, idle=False, poll_seconds=0.1)
    taken = Taken()
    place.put(*mails(2))
    async with place.fetched(taken):
        await took(taken, 2)
        wire.dead = True
        await eventually(place.in_trouble)
        assert "silent for too long" in place.health.reason
        wire.dead = False
        wire.cut()
        place.put(*mails(1, "later"))
        await took(taken, 3)


async def test_a_line_that_dies_while_we_listen_is_noticed_when_idle_is_renewed(place: Place, wire: Wire) -> None:
    place = Place(place.server, place.folder, port=wire.port, timeout_seconds=0.3, idle_seconds=0.2)
    taken = Taken()
    async with place.fetched(taken):
        await eventually(place.is_well)
        wire.dead = True
        place.put(*mails(1))
        await eventually(place.in_trouble)
        wire.dead = False
        await took(taken, 1)


async def test_a_slow_line_is_slow_and_no_trouble(place: Place, wire: Wire) -> None:
    place = Place(place.server, place.folder, port=wire.port, timeout_seconds=1.0)
    wire.bytes_a_second = 40_000
    place.put(a_mail("x" * 30_000), *mails(2))
    taken = Taken()
    async with place.fetched(taken):
        await took(taken, 3)
    assert wire.connections == 1


async def test_a_line_that_is_cut_in_the_middle_of_much_mail_loses_and_doubles_nothing(
    place: Place, wire: Wire
) -> None:
    place, taken = Place(place.server, place.folder, port=wire.port, batch_mails=10), Taken()
    fetches = 0

    def every_third_fetch(line: bytes) -> Fate:
        nonlocal fetches
        fetches += b"BODY.PEEK[]" in line
        return "cut" if b"BODY.PEEK[]" in line and fetches in {3, 9} else "pass"

    wire.fate = every_third_fetch
    place.put(*mails(60))
    async with place.fetched(taken):
        await took(taken, 60)
    assert wire.connections == 3
    assert sorted(uids(taken)) == list(range(1, 61))


async def test_a_folder_that_is_missing_is_told_and_the_others_are_read(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, folders=("INBOX", "Billing"), poll_seconds=0.1), Taken()
    missing = f"email/{place.mailbox.name}/Billing"
    place.put(*mails(1))
    async with place.fetched(taken):
        await took(taken, 1)
        await eventually(place.is_well)
        assert "'Billing'" in health.component(missing).reason
        person = dovecot.client(place.user)
        person.create_folder("Billing")
        person.append("Billing", a_mail("an invoice"))
        person.logout()
        await took(taken, 2)

        async def nothing_is_missing() -> bool:
            return missing not in [one.name for one in health.snapshot()]

        await eventually(nothing_is_missing)


async def test_over_quota_mail_is_taken_once_and_moved_when_there_is_room(own_dovecot: Dovecot, tmp_path: Path) -> None:
    own_dovecot.start(QUOTA)
    place = Place(own_dovecot, tmp_path, after="move", target_folder="Done", poll_seconds=0.1)
    taken = Taken()
    person = own_dovecot.client(place.user)
    person.create_folder("Done")
    place.put(*mails(5))  # a delivery by another program: more than the quota allows
    async with place.state() as state, place.fetched(taken, state):
        await took(taken, 5)

        async def it_cannot_move() -> bool:
            return "quota" in health.component(f"email/{place.mailbox.name}/INBOX").reason.lower()

        await eventually(it_cannot_move)
        person.select_folder("INBOX")
        assert len(person.search()) == 5
        own_dovecot.restart(QUOTA.replace("messages=3", "messages=30"))
        place.put(*mails(1, "more"))
        await took(taken, 6)

        async def it_has_moved() -> bool:
            return not (await place.cursor(state=state)).owed

        await eventually(it_has_moved)
    person.shutdown()
    person = own_dovecot.client(place.user)
    person.select_folder("Done")
    assert len(person.search()) == 6
    person.logout()
