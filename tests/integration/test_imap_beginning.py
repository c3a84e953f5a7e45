"""Where the reading of a mailbox begins, what is history, and who reads."""

from pathlib import Path

import pytest

from support.bus import eventually
from support.dovecot import Dovecot
from support.imap import Place, took, uids
from support.mail import a_mail
from support.smtp import Taken

DAY = 86400.0


@pytest.fixture
def place(dovecot: Dovecot, tmp_path: Path) -> Place:
    return Place(dovecot, tmp_path)


def mails(count: int, prefix: str = "m") -> list[bytes]:
    return [a_mail(Message_ID=f"<{prefix}{number}@example.org>") for number in range(count)]


async def test_what_was_there_before_is_left_alone(place: Place) -> None:
    place.put(*mails(3, "old"), age=3 * DAY)
    place.put(*mails(2, "yesterday"), age=DAY)
    place.put(a_mail("just now"))
    taken = Taken()
    async with place.fetched(taken):
        await took(taken, 1)
    cursor = await place.cursor()
    assert (uids(taken), cursor.skipped) == ([6], {"older than the first connection": 2})


async def test_mail_that_came_while_the_first_connection_failed_is_taken(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path), Taken()
    wrong = Place(dovecot, tmp_path, user=place.user, port=1)
    async with wrong.fetched(taken):
        await eventually(wrong.in_trouble)
    place.put(*mails(2))
    async with place.fetched(taken):
        await took(taken, 2)


async def test_history_is_imported_where_the_settings_say_so(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = Place(dovecot, tmp_path, backfill="all"), Taken()
    place.put(*mails(3, "old"), age=300 * DAY)
    place.put(a_mail("just now"))
    async with place.state() as state, place.fetched(taken, state):
        await took(taken, 4)

        async def all_is_imported() -> bool:
            return (await place.cursor(state=state, history=True)).last_uid == 4

        await eventually(all_is_imported)
    imported = {arrival.facts["uid"] for arrival in taken.arrivals if arrival.facts.get("backfill") == "1"}
    assert imported == {"1", "2", "3"}
    history = await place.cursor(history=True)
    assert (history.taken, history.skipped) == (3, {"already taken": 1})


async def test_of_two_replicas_one_reads_and_the_other_takes_over(place: Place) -> None:
    async with place.state() as state:
        first, second = Taken(), Taken()

        async def are_there(count: int) -> bool:
            return len(first.mails) + len(second.mails) == count

        async with place.fetched(second, state):
            async with place.fetched(first, state):
                place.put(*mails(2))
                await eventually(lambda: are_there(2))
            place.put(*mails(2, "later"))
            await eventually(lambda: are_there(4))
        assert sorted(uids(first) + uids(second)) == [1, 2, 3, 4]
