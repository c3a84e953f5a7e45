"""A catch-up that is interrupted by kill -9 again and again: in the end each mail is there exactly once."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.dovecot import PASSWORD, Dovecot
from support.gateway import Gateway, until
from support.imap_settings import imap_alone
from support.mail import a_mail

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(("after", "target"), [("keep", ""), ("move", "Done")])
def test_a_catch_up_that_is_killed_again_and_again_takes_each_mail_once(
    tmp_path: Path, dovecot: Dovecot, after: str, target: str
) -> None:
    campaign(tmp_path, dovecot, after, target, mails=400, kills=3)


@pytest.mark.deep
@pytest.mark.parametrize(("after", "target"), [("keep", ""), ("move", "Done")])
def test_ten_thousand_mails_and_many_kills(tmp_path: Path, dovecot: Dovecot, after: str, target: str) -> None:
    campaign(tmp_path, dovecot, after, target, mails=10_000, kills=12)


def campaign(folder: Path, dovecot: Dovecot, after: str, target: str, *, mails: int, kills: int) -> None:
    user, dice = dovecot.new_user(), random.Random(4711)  # noqa: S311 - a repeatable order
    person = dovecot.client(user)
    person.create_folder("Done")
    asked = {"after": after, "target_folder": target}
    settings = imap_alone("help@example.com", dovecot.port, user, email={"imap_lease_seconds": 1}, **asked)
    (folder / "x.toml").write_text(settings)
    env = {"THREADLINE_CONFIG": str(folder / "x.toml"), "THREADLINE_IMAP_SECRET_MAILBOX": PASSWORD}
    gateway = Gateway(folder / "gateway", env)
    dovecot.put(user, list(letters(mails)))
    try:
        gateway.start()
        for _ in range(kills):
            before = len(gateway.tickets())
            until(lambda: len(gateway.tickets()) > min(before, mails - 1), within=60)  # noqa: B023 - called at once
            time.sleep(dice.uniform(0, 0.05))
            gateway.kill()
            gateway.start()
        until(lambda: len(gateway.tickets()) >= mails, within=240)
        subjects = Counter(str(ticket["subject"]) for ticket in gateway.tickets())
        assert subjects == Counter(f"Case {number}" for number in range(mails))
        assert {ticket["message_count"] for ticket in gateway.tickets()} == {1}
        if target:
            person.select_folder(target, readonly=True)
            until(lambda: person.noop() is not None and len(person.search()) == mails, within=60)
        assert gateway.stop() == 0
    finally:
        gateway.end()
        person.logout()


def letters(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield a_mail(
            From=f"p{number}@example.org",
            To="help@example.com",
            Subject=f"Case {number}",
            Message_ID=f"<case{number}@example.org>",
        )
