"""XOAUTH2 and OAUTHBEARER against a real Dovecot, which asks our endpoint about every token it is shown."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sized
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from support.bus import eventually
from support.dovecot import Dovecot
from support.gateway import free_port
from support.imap_settings import SECRETS, taking_tokens
from support.token_endpoint import CLIENT, CLIENT_SECRET, TokenEndpoint, serving_tokens, tokeninfo_url
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.ids import message_id
from threadline_contracts.outcome import Accepted, Outcome
from threadline_email.imap.budget import Budget
from threadline_email.imap.job import Commons, MailboxJob
from threadline_email.imap.login import Login, login_of, renew_ahead
from threadline_email.imap.session import open_session
from threadline_email.imap.trouble import trouble_of
from threadline_email.imap_settings import ImapAccount, OauthSettings
from threadline_email.mailboxes import Mailbox
from threadline_shared.health import snapshot
from threadline_shared.state import State
from threadline_shared.state.sqlite import open_sqlite_state

Mechanism = Literal["xoauth2", "oauthbearer"]


class Desk:
    """A Dovecot that takes tokens alone, the endpoint that grants them, and one mailbox."""

    def __init__(self, dovecot: Dovecot, endpoint: TokenEndpoint, state: State) -> None:
        self.dovecot, self.endpoint, self.state = dovecot, endpoint, state
        self.user = f"{dovecot.new_user()}@example.com"
        self.env: Mapping[str, str] = {
            f"{SECRETS}APP": CLIENT_SECRET,
            f"{SECRETS}CONSENT": endpoint.consent(self.user),
        }

    def account(self, mechanism: Mechanism) -> ImapAccount:
        oauth = OauthSettings(
            token_url=self.endpoint.url, client_id=CLIENT, client_secret="app", refresh_token="consent"
        )
        port = self.dovecot.port
        return ImapAccount(host="localhost", port=port, tls="none", user=self.user, auth=mechanism, oauth=oauth)

    def login(self, mechanism: Mechanism) -> Login:
        return login_of(self.account(mechanism), self.env, self.state, "main/support")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dovecot, int]]:
    """A Dovecot, and the port of the endpoint that it asks."""
    dovecot, port = Dovecot(), free_port()
    try:
        dovecot.start(taking_tokens(tokeninfo_url(f"http://127.0.0.1:{port}"), tmp_path_factory.mktemp("oauth")))
        yield dovecot, port
    finally:
        dovecot.close()


@pytest.fixture
async def desk(tmp_path: Path, server: tuple[Dovecot, int]) -> AsyncIterator[Desk]:
    dovecot, port = server
    async with serving_tokens(port) as endpoint, open_sqlite_state(tmp_path / "email.sqlite3") as state:
        yield Desk(dovecot, endpoint, state)


async def exists(desk: Desk, mechanism: Mechanism, login: Login) -> int:
    """Log in, and return how many mails there are."""
    async with open_session(desk.account(mechanism), login) as session:
        return (await session.enter("INBOX", readonly=True)).exists


async def test_both_mechanisms_let_us_in_and_one_token_serves_many_connections(desk: Desk) -> None:
    desk.dovecot.put(desk.user, [b"Subject: one\r\n\r\n"])
    mechanisms: tuple[Mechanism, ...] = ("xoauth2", "oauthbearer")
    for mechanism in mechanisms:
        login = desk.login(mechanism)
        assert [await exists(desk, mechanism, login) for _ in range(2)] == [1, 1]
    assert (len(desk.endpoint.requests), desk.endpoint.asked_about) == (2, 4)


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
async def test_a_token_that_expired_early_is_replaced_at_once(desk: Desk, mechanism: Mechanism) -> None:
    login = desk.login(mechanism)
    await exists(desk, mechanism, login)
    desk.endpoint.expire_all()
    await exists(desk, mechanism, login)
    assert len(desk.endpoint.requests) == 2


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
async def test_a_token_that_no_server_takes_is_told_in_one_line(desk: Desk, mechanism: Mechanism) -> None:
    desk.endpoint.stillborn = True
    with pytest.raises(TemporaryError) as raised:
        await exists(desk, mechanism, desk.login(mechanism))
    found = trouble_of(raised.value)
    assert found.kind == "login"
    assert f"refuses the access token of {desk.user} (" in found.says
    assert len(desk.endpoint.requests) == 2  # it may have been the token: a second one was tried, and no third


async def test_a_revoked_consent_is_told_in_one_line(desk: Desk) -> None:
    desk.endpoint.revoke(desk.user)
    with pytest.raises(TemporaryError) as raised:
        await exists(desk, "xoauth2", desk.login("xoauth2"))
    assert trouble_of(raised.value).kind == "token"
    assert "THREADLINE_IMAP_SECRET_CONSENT" in trouble_of(raised.value).says


class Taker:
    """An intake that keeps what it is given."""

    def __init__(self) -> None:
        self.raws: list[bytes] = []

    async def accept(self, raw: bytes, arrival: Arrival) -> Outcome:
        self.raws.append(raw)
        return Accepted(id=message_id(arrival.desk, arrival.channel, arrival.account, str(raw)), reference="0" * 10)


async def reached(things: Sized, count: int) -> bool:
    return len(things) >= count


async def test_a_token_is_renewed_while_idle_is_open_and_a_dead_one_costs_no_mail(desk: Desk) -> None:
    desk.endpoint.lifetime = 2.0
    account = replace(desk.account("xoauth2"), poll_seconds=0.2)
    box, taker = Mailbox(address=desk.user, imap=account), Taker()
    commons = Commons(desk.state, taker, turns=asyncio.Semaphore(4), budget=Budget(1 << 20), lease_seconds=10.0)
    job = asyncio.create_task(MailboxJob(box, account, desk.login("xoauth2"), commons).run())
    try:
        await eventually(lambda: reached(desk.endpoint.requests, 3))
        assert desk.endpoint.asked_about == 1  # one connection all the time
        desk.dovecot.put(desk.user, [b"Subject: one\r\n\r\n"])
        await eventually(lambda: reached(taker.raws, 1))
        desk.endpoint.lifetime = 3600.0
        desk.endpoint.expire_all()
        desk.dovecot.restart()  # in this thread: the server dies with the one that starts it
        desk.dovecot.put(desk.user, [b"Subject: two\r\n\r\n"])
        await eventually(lambda: reached(taker.raws, 2))
    finally:
        job.cancel()
        await asyncio.wait([job])


async def test_that_the_next_login_will_fail_is_told_while_the_session_lasts(desk: Desk) -> None:
    name = "email/warned/login"
    login = desk.login("xoauth2")
    await exists(desk, "xoauth2", login)
    desk.endpoint.expire_all()
    desk.endpoint.fails = [(503, "down")]
    login.refused()
    await renew_ahead(login, name)
    assert [(part.state, part.reason) for part in snapshot() if part.name == name] == [
        ("trouble", f"the next login will fail: the token endpoint {desk.endpoint.host} answers 503: it is asked again")
    ]

    async def told_no_more() -> bool:
        await renew_ahead(login, name)
        return not any(part.name == name for part in snapshot())

    await eventually(told_no_more)
