"""Mail from a real Dovecot into an intake: each once, whatever people do with it, and nothing before the confirm."""

import asyncio
from pathlib import Path
from typing import NoReturn

import pytest

from support.bus import eventually
from support.dovecot import Dovecot
from support.imap import Place, took, uids
from support.mail import a_mail
from support.smtp import Taken
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Outcome, Skipped


@pytest.fixture
def place(dovecot: Dovecot, tmp_path: Path) -> Place:
    return Place(dovecot, tmp_path)


def mails(count: int, prefix: str = "m") -> list[bytes]:
    return [a_mail(Message_ID=f"<{prefix}{number}@example.org>") for number in range(count)]


async def test_new_mail_is_taken_at_once_and_with_what_the_door_knows(place: Place) -> None:
    place = Place(place.server, place.folder, poll_seconds=600.0)
    place.put(*mails(2))
    taken = Taken()
    async with place.fetched(taken):
        await took(taken, 2)
        place.put(a_mail("By IDLE."))
        await took(taken, 3)
    assert uids(taken) == [1, 2, 3]
    assert taken.mails[2] == a_mail("By IDLE.")
    arrival = taken.arrivals[2]
    assert (arrival.desk, arrival.channel, arrival.account) == ("main", "email", place.mailbox.name)
    assert dict(arrival.facts) == {
        "door": "imap",
        "folder": "INBOX",
        "uid": "3",
        "size": str(len(a_mail("By IDLE."))),
        "relay": "trusted",
    }


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_the_line_is_encrypted_and_idle_works_on_it(dovecot: Dovecot, tmp_path: Path, tls: str) -> None:
    port = {"tls": dovecot.tls_port, "starttls": dovecot.port}[tls]
    chosen = {"host": "localhost", "port": port, "tls": tls, "ca_file": str(dovecot.certificate.cert)}
    place, taken = Place(dovecot, tmp_path, poll_seconds=600.0, **chosen), Taken()
    async with place.fetched(taken):
        for number in range(3):
            place.put(a_mail(Message_ID=f"<{number}@x>"))
            await took(taken, number + 1)


async def test_idle_is_renewed(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, idle_seconds=0.05, poll_seconds=600.0), Taken()
    async with place.fetched(taken):
        for number in range(3):
            place.put(a_mail(Message_ID=f"<{number}@x>"))
            await took(taken, number + 1)


async def test_without_idle_the_folder_is_looked_at_now_and_then(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, idle=False, poll_seconds=0.1), Taken()
    async with place.fetched(taken):
        place.put(a_mail())
        await took(taken, 1)


async def test_it_goes_on_where_it_stopped(place: Place) -> None:
    first, second = Taken(), Taken()
    place.put(*mails(3))
    async with place.fetched(first):
        await took(first, 3)
    place.put(*mails(2, "later"))
    async with place.fetched(second):
        await took(second, 2)
    assert (uids(first), uids(second)) == ([1, 2, 3], [4, 5])
    counts = (await place.cursor()).reconciliation()
    assert (counts.server, counts.taken, counts.waiting) == (5, 5, 0)


async def test_seen_by_a_human_is_no_matter_and_reading_sets_no_flag(place: Place) -> None:
    place.put(*mails(3))
    person = place.server.client(place.user)
    person.select_folder("INBOX")
    person.add_flags([2], [rb"\Seen"])
    taken = Taken()
    async with place.fetched(taken):
        await took(taken, 3)
    assert person.search(["SEEN"]) == [2]
    person.logout()


async def test_a_mail_that_a_human_moves_is_no_trouble(place: Place) -> None:
    place.put(*mails(4))
    person = place.server.client(place.user)
    person.create_folder("Mine")
    person.select_folder("INBOX")
    taken = Taken()
    taken.go_on.clear()
    async with place.fetched(taken):
        await eventually(taken.holds_some)
        person.move([1, 3], "Mine")
        taken.go_on.set()
        await took(taken, 4)
        person.select_folder("Mine")
        person.move([1], "INBOX")  # it comes back under another UID: the same mail, so the same message
        await took(taken, 5)
    person.logout()
    assert taken.mails[4] == taken.mails[0]
    assert (await place.cursor()).reconciliation().waiting == 0


async def test_a_mail_that_went_before_we_came_is_accounted_for(place: Place) -> None:
    taken = Taken(lambda _: raise_(TemporaryError("the bus is away")))
    place.put(*mails(3))
    async with place.fetched(taken):
        await eventually(place.in_trouble)
    person = place.server.client(place.user)
    person.select_folder("INBOX")
    person.delete_messages([1, 2])
    person.expunge()
    person.logout()
    again = Taken()
    async with place.fetched(again):
        await took(again, 1)
    cursor = await place.cursor()
    assert (cursor.server, cursor.taken, cursor.skipped) == (3, 1, {"no longer on the server": 2})


async def test_while_intake_cannot_the_cursor_stays_and_then_each_is_taken(place: Place) -> None:
    failures = iter([True] * 2)

    def now_and_then(arrival: Arrival) -> Outcome | None:
        return (
            raise_(TemporaryError("the bus is away")) if arrival.facts["uid"] == "2" and next(failures, False) else None
        )

    place.put(*mails(5))
    taken = Taken(now_and_then)
    async with place.fetched(taken):

        async def all_of_them() -> bool:
            return set(uids(taken)) == {1, 2, 3, 4, 5}

        await eventually(all_of_them)
    assert (await place.cursor()).last_uid == 5


async def test_a_fault_of_ours_holds_one_mail_up_and_no_other(place: Place) -> None:
    place.put(*mails(3))
    taken = Taken(lambda arrival: raise_(RuntimeError("our bug")) if arrival.facts["uid"] == "2" else None)
    async with place.fetched(taken):
        await took(taken, 2)
    cursor = await place.cursor()
    assert (cursor.last_uid, cursor.failed[2].reason) == (3, "a fault of ours: RuntimeError")


async def test_what_intake_skips_is_counted_with_its_reason(place: Place) -> None:
    place.put(a_mail())
    taken = Taken(lambda _: Skipped("an empty mail"))
    async with place.fetched(taken):
        await took(taken, 1)
    assert (await place.cursor()).skipped == {"an empty mail": 1}


async def test_a_mail_that_is_too_large_comes_as_its_header(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, max_bytes=2000), Taken()
    large = a_mail("x" * 5000)
    place.put(a_mail("small"), large, a_mail("small, too"))
    async with place.fetched(taken):
        await took(taken, 3)
    arrived = {
        arrival.facts["uid"]: (raw, arrival.facts) for raw, arrival in zip(taken.mails, taken.arrivals, strict=True)
    }
    raw, facts = arrived["2"]
    assert raw == large[: large.index(b"\r\n\r\n") + 4]
    assert facts["oversize"] == facts["size"] == str(len(large))
    assert "oversize" not in arrived["1"][1]


async def test_every_folder_is_read_and_sent_mail_is_ours(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, folders=("INBOX", "Žalbe"), sent_folder="Sent", poll_seconds=0.2), Taken()
    person = dovecot.client(place.user)
    person.create_folder("Žalbe")
    person.append("Žalbe", a_mail("a complaint", Message_ID="<1@x>"))
    person.create_folder("Sent")
    person.append("Sent", a_mail("an answer", Message_ID="<2@x>"))
    place.put(a_mail("a question", Message_ID="<3@x>"))
    async with place.fetched(taken):
        await took(taken, 3)
        person.append("Sent", a_mail("another answer", Message_ID="<4@x>"))
        await took(taken, 4)
    person.logout()
    found = {(arrival.facts["folder"], arrival.facts.get("sent")) for arrival in taken.arrivals}
    assert found == {("INBOX", None), ("Žalbe", None), ("Sent", "1")}


async def test_many_mails_are_in_hand_together_and_no_more_than_allowed(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, batch_mails=20), Taken()
    place.put(*mails(50))
    taken.go_on.clear()
    async with place.fetched(taken):
        await eventually(taken.holds_some)
        await asyncio.sleep(0.05)
        taken.go_on.set()
        await took(taken, 50)
    assert 20 < taken.most <= 40  # two batches


def raise_(err: Exception) -> NoReturn:
    raise err
