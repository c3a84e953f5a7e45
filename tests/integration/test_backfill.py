"""`threadline backfill` against a real Dovecot: history with its dates, no reactions, resumed after kill -9."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from support.dovecot import PASSWORD, Dovecot
from support.gateway import Gateway, until
from support.imap_settings import SECRETS, Table, mailbox_toml
from threadline_email.imap.folder import KNOWN

pytestmark = pytest.mark.timeout(90)

ADDRESS = "support@a.example"
LONG_AGO = datetime(2021, 3, 4, 9, 30, tzinfo=UTC)


def a_mail(number: int) -> bytes:
    sent = LONG_AGO + timedelta(minutes=number)
    head = (
        f"From: p{number}@b.example\r\nTo: {ADDRESS}\r\nSubject: case {number}\r\nMessage-ID: <{number}@b.example>\r\n"
    )
    return f"{head}Date: {sent:%a, %d %b %Y %H:%M:%S +0000}\r\n\r\nHello {number}\r\n".encode()


def fill(dovecot: Dovecot, user: str, count: int) -> None:
    """Put mails into the INBOX that came long ago."""
    client = dovecot.client(user)
    for number in range(count):
        client.append("INBOX", a_mail(number), msg_time=LONG_AGO + timedelta(minutes=number, seconds=5))
    client.logout()


@pytest.fixture
def desk(tmp_path: Path, dovecot: Dovecot) -> Iterator[tuple[Gateway, str]]:
    """A gateway, not started, whose only mailbox is a new user's."""
    user = dovecot.new_user()
    imap: Table = {
        "host": "localhost",
        "port": dovecot.port,
        "tls": "none",
        "user": user,
        "secret": "good",
        "poll_seconds": 0.2,
        "batch_mails": 5,
        "folders": ["INBOX", "Nowhere"],  # a folder that is missing keeps nobody from the others
    }
    gateway = Gateway(tmp_path / "gateway", {f"{SECRETS}GOOD": PASSWORD, "THREADLINE_IMAP_LEASE_SECONDS": "1"})
    gateway.folder.mkdir()
    (gateway.folder / "threadline.toml").write_text(mailbox_toml(ADDRESS, imap))
    yield gateway, user
    gateway.end()


def history(gateway: Gateway) -> dict[str, Any]:
    (box,) = json.loads(gateway.remote.get("/email/mailboxes"))["mailboxes"]
    found: dict[str, Any] = next((one for one in box["folders"] if one["run"] == "history"), {})
    return found


def status_for(gateway: Gateway, host: str) -> int:
    """Return what a page of that host, pointed at this machine, would get."""
    connection = HTTPConnection("127.0.0.1", gateway.http_port)
    connection.request("GET", "/email/mailboxes", headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


def statuses(gateway: Gateway) -> list[str]:
    return [ticket["status"] for ticket in gateway.tickets()]


def test_history_comes_with_its_dates_and_nothing_reacts(desk: tuple[Gateway, str], dovecot: Dovecot) -> None:
    gateway, user = desk
    fill(dovecot, user, 12)
    gateway.start()
    until(lambda: "INBOX: server has 0" in str(gateway.get("/health")))
    assert gateway.tickets() == []

    done = gateway.command("backfill", ADDRESS, "--since", "all", "--json").json

    (found,) = (one for one in done["folders"] if one["run"] == "history")
    assert (found["server"], found["taken"], found["waiting"]) == (12, 12, 0)
    until(lambda: len(gateway.tickets()) == 12)
    assert set(statuses(gateway)) == {"solved"}
    first = next(ticket for ticket in gateway.tickets() if ticket["subject"] == "case 0")
    (message,) = gateway.ticket(first["reference"])["messages"]
    assert message["backfill"] is True
    assert message["sent_at"].startswith("2021-03-04T09:30:00")
    assert message["received_at"].startswith("2021-03-04T09:30:05")

    again = gateway.command("backfill", ADDRESS, "--since", "2021-03-04")
    assert (again.code, again.out.startswith(f"{ADDRESS}: INBOX, history: server has 12")) == (0, True)
    dovecot.put(user, [a_mail(99)])
    until(lambda: statuses(gateway).count("open") == 1)
    assert len(gateway.tickets()) == 13

    unknown = gateway.command("backfill", "nobody@a.example", "--since", "all")
    assert (unknown.code, ADDRESS in unknown.err) == (4, True)
    assert status_for(gateway, "localhost") == 200
    assert status_for(gateway, "evil.example") == 403


def test_an_import_that_was_killed_goes_on_where_it_was(desk: tuple[Gateway, str], dovecot: Dovecot) -> None:
    gateway, user = desk
    fill(dovecot, user, 80)
    gateway.start()
    until(lambda: "INBOX: server has 0" in str(gateway.get("/health")))
    assert gateway.command("backfill", ADDRESS, "--since", "all", "--detach").code == 0
    until(lambda: history(gateway).get("taken", 0) > 0)
    gateway.kill()

    gateway.start()
    done = gateway.command("backfill", ADDRESS, "--json").json

    (found,) = (one for one in done["folders"] if one["run"] == "history")
    # Killed between the two notes that it makes of a mail, it finds it again, and says that it has it already.
    assert found["server"] == 80 == found["taken"] + sum(found["skipped"].values())
    assert set(found["skipped"]) <= {KNOWN}
    until(lambda: len(gateway.tickets()) == 80)
