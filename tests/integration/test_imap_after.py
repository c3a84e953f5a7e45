"""What becomes of mails on the server: nothing before the confirm, and then what the settings say."""

from pathlib import Path
from typing import Any

import pytest

from support.bus import eventually
from support.dovecot import Dovecot
from support.imap import Place, took
from support.mail import a_mail
from support.smtp import Taken

EVERY = ["seen", "flag", "move", "delete"]


def a_place(dovecot: Dovecot, folder: Path, after: str, **chosen: Any) -> Place:
    target = {"target_folder": "Done"} if after == "move" else {}
    return Place(dovecot, folder, after=after, **target, **chosen)


def found(person: Any, folder: str, *criteria: str | int) -> int:
    person.select_folder(folder, readonly=True)
    return len(person.search(list(criteria)))


@pytest.mark.parametrize("after", EVERY)
async def test_nothing_happens_to_a_mail_before_it_is_durable(dovecot: Dovecot, tmp_path: Path, after: str) -> None:
    place, taken = a_place(dovecot, tmp_path, after), Taken()
    person = dovecot.client(place.user)
    person.create_folder("Done")
    place.put(a_mail(Message_ID="<1@x>"), a_mail(Message_ID="<2@x>"))
    taken.go_on.clear()
    async with place.fetched(taken):
        await eventually(taken.holds_some)
        assert found(person, "INBOX", "UNSEEN") == found(person, "INBOX", "UNFLAGGED") == 2
        taken.go_on.set()
        await took(taken, 2)

        async def it_is_done() -> bool:
            expected = {
                "seen": ("INBOX", "SEEN", 2),
                "flag": ("INBOX", "FLAGGED", 2),
                "move": ("Done", "ALL", 2),
                "delete": ("INBOX", "ALL", 0),
            }
            folder, criteria, count = expected[after]
            return found(person, folder, criteria) == count

        await eventually(it_is_done)
    assert found(person, "INBOX", "ALL") == (2 if after in {"seen", "flag"} else 0)
    person.logout()


async def test_what_was_not_done_before_a_crash_is_done_after_it(dovecot: Dovecot, tmp_path: Path) -> None:
    kept, taken = a_place(dovecot, tmp_path, "keep"), Taken()
    place = a_place(dovecot, tmp_path, "seen", user=kept.user)
    person = dovecot.client(place.user)
    place.put(a_mail(Message_ID="<1@x>"))
    async with kept.fetched(taken):
        await took(taken, 1)
    async with place.state() as state:
        cursor = await place.cursor(state=state)
        await place.store(state, cursor, owed=(1,))
        async with place.fetched(taken, state):

            async def it_is_seen() -> bool:
                return found(person, "INBOX", "SEEN") == 1

            await eventually(it_is_seen)
    person.logout()
    assert len(taken.mails) == 1


async def test_deleting_ours_leaves_what_a_human_marked(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = a_place(dovecot, tmp_path, "delete"), Taken()
    place.put(a_mail("old", Message_ID="<1@x>"), age=5 * 86400)
    person = dovecot.client(place.user)
    person.select_folder("INBOX")
    person.add_flags([1], [rb"\Deleted"])
    place.put(a_mail("new", Message_ID="<2@x>"))
    async with place.fetched(taken):
        await took(taken, 1)

        async def it_is_gone() -> bool:
            return found(person, "INBOX", "UNDELETED") == 0

        await eventually(it_is_gone)
    assert found(person, "INBOX", "DELETED") == 1
    person.logout()


async def test_a_mail_of_which_we_have_the_header_alone_is_never_deleted(dovecot: Dovecot, tmp_path: Path) -> None:
    place, taken = a_place(dovecot, tmp_path, "delete", max_bytes=1024), Taken()
    place.put(a_mail("x" * 3000, Message_ID="<1@x>"), a_mail(Message_ID="<2@x>"))
    person = dovecot.client(place.user)
    async with place.fetched(taken):
        await took(taken, 2)

        async def the_other_is_gone() -> bool:
            return found(person, "INBOX", "ALL") == 1

        await eventually(the_other_is_gone)
    assert found(person, "INBOX", "LARGER", 2000) == 1
    person.logout()


async def test_what_was_owed_is_owed_under_new_numbers_too(dovecot: Dovecot, tmp_path: Path) -> None:
    kept, taken = a_place(dovecot, tmp_path, "keep", max_bytes=1024), Taken()
    place = a_place(dovecot, tmp_path, "delete", user=kept.user, max_bytes=1024)
    person = dovecot.client(place.user)
    place.put(a_mail("x" * 3000, Message_ID="<1@x>"), a_mail(Message_ID="<2@x>"))
    async with kept.fetched(taken):
        await took(taken, 2)
    dovecot.renumber(place.user)
    async with place.fetched(taken):

        async def all_but_the_large_one_is_gone() -> bool:
            return found(person, "INBOX", "ALL") == 1

        await eventually(all_but_the_large_one_is_gone)
    assert found(person, "INBOX", "LARGER", 2000) == 1
    assert len(taken.mails) == 2
    person.logout()
