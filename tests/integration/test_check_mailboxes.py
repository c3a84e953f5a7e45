"""`threadline check` and mailboxes: each trouble is one line that says what to do, against a real Dovecot."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from support.bus import eventually
from support.certificates import a_certificate
from support.dovecot import PASSWORD, Dovecot
from support.gateway import Ended, Gateway, free_port
from support.imap_settings import SECRETS, Table, mailbox_toml, refreshing, taking_tokens
from support.token_endpoint import CLIENT_SECRET, TokenEndpoint, serving_tokens

pytestmark = pytest.mark.timeout(90)


class Desk:
    """A settings file with mailboxes, and the secrets beside it."""

    def __init__(self, folder: Path) -> None:
        self.gateway = Gateway(folder)
        self._toml = ""
        self._secrets: dict[str, str] = {}

    def add(self, address: str, imap: Table, oauth: Table | None = None, **secrets: str) -> None:
        self._toml += mailbox_toml(address, imap, oauth)
        self._secrets |= {f"{SECRETS}{name.upper()}": value for name, value in secrets.items()}

    async def check(self, *words: str) -> Ended:
        self._write()
        return await asyncio.to_thread(self.gateway.command, "check", *words, **self._secrets)

    async def start(self) -> None:
        """Start the gateway that these settings are of."""
        self._write()
        self.gateway.env.update(self._secrets)
        await asyncio.to_thread(self.gateway.start)

    async def lines(self) -> dict[str, list[tuple[str, str]]]:
        """Return state and words of each mailbox's lines; none shows a secret."""
        done = await self.check("--json")
        found: list[Mapping[str, Any]] = [one for one in json.loads(done.out) if one["name"] == "mailbox"]
        assert done.code == int(any(one["state"] == "wrong" for one in found)), done.err
        assert not [secret for secret in self._secrets.values() if secret in done.out + done.err]
        lines: dict[str, list[tuple[str, str]]] = {}
        for one in found:
            address, _, words = one["says"].partition(": ")
            assert "\n" not in words
            lines.setdefault(address.partition("@")[0], []).append((one["state"], words))
        return lines

    def _write(self) -> None:
        self.gateway.folder.mkdir(parents=True, exist_ok=True)
        (self.gateway.folder / "threadline.toml").write_text(self._toml)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path / "desk")
    yield found
    found.gateway.end()


def plain(server: Dovecot, user: str, **more: str | int | list[str]) -> Table:
    """Return an account that works, but for what a test changes."""
    return {"host": "localhost", "port": server.port, "tls": "none", "user": user, "secret": "good", **more}


@asynccontextmanager
async def served(tls_folder: Path | None) -> AsyncIterator[tuple[int, str]]:
    """Serve an expired certificate, or nothing at all: not even a greeting."""
    certificate = a_certificate(tls_folder, expired=True) if tls_folder else None
    tls = certificate.served() if certificate else None
    server = await asyncio.start_server(_say_nothing, "localhost", 0, family=socket.AF_INET, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], str(certificate.cert) if certificate else ""


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await reader.read()
        writer.close()
        await writer.wait_closed()


async def test_each_trouble_is_one_line_that_says_what_to_do(desk: Desk, dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    dovecot.put(user, [b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n"])
    ca_file = str(dovecot.certificate.cert)
    secure: Table = {**plain(dovecot, user), "port": dovecot.tls_port, "tls": "tls"}
    async with served(tmp_path) as (expired, its_ca), served(None) as (mute, _):
        desk.add("good@a.example", {**secure, "ca_file": ca_file}, good=PASSWORD, bad="hunter2")
        desk.add("starttls@a.example", {**plain(dovecot, user), "tls": "starttls", "ca_file": ca_file})
        desk.add("password@a.example", {**plain(dovecot, user), "secret": "bad"})
        desk.add("folder@a.example", plain(dovecot, user, folders=["INBOX", "Billing"]))
        desk.add("selfsigned@a.example", secure)
        desk.add("wronghost@a.example", {**secure, "host": "127.0.0.1", "ca_file": ca_file})
        desk.add("expired@a.example", {**secure, "port": expired, "ca_file": its_ca})
        desk.add("tlsonplain@a.example", {**secure, "port": dovecot.port})
        desk.add("closed@a.example", {**secure, "port": free_port()})
        desk.add("nowhere@a.example", {**secure, "host": "imap.invalid"})
        desk.add("mute@a.example", {**plain(dovecot, user), "port": mute, "connect_seconds": 0.3})
        found = await desk.lines()
    words = {name: lines[-1][1] for name, lines in found.items()}
    assert [name for name, lines in found.items() if lines[0][0] == "ok"] == ["good", "starttls", "folder"]
    assert [state for state, _ in found["folder"]] == ["ok", "wrong"]
    assert "INBOX has 2 mails" in found["folder"][0][1]
    assert "'Billing'" in words["folder"]
    assert "INBOX has 2 mails" in words["good"]
    assert f"refuses the password of {user}" in words["password"]
    assert "THREADLINE_IMAP_SECRET_BAD" in words["password"]
    assert "self" in words["selfsigned"]
    assert "its authority's certificate in ca_file" in words["selfsigned"]
    assert "127.0.0.1" in words["wronghost"]
    assert "set host to a name that the certificate is for" in words["wronghost"]
    assert "have the certificate renewed" in words["expired"]
    assert "set tls = starttls" in words["tlsonplain"]
    assert "refused" in words["closed"]
    assert "imap.invalid" in words["nowhere"]
    assert "does not answer within 0.3 s" in words["mute"]


@pytest.fixture
def tokens_only(tmp_path: Path) -> Iterator[Dovecot]:
    """A Dovecot without TLS; a test starts it with what it needs."""
    del tmp_path
    server = Dovecot()
    yield server
    server.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with serving_tokens() as found:
        yield found


async def test_what_can_be_wrong_with_tokens_and_starttls(
    desk: Desk, dovecot: Dovecot, tokens_only: Dovecot, endpoint: TokenEndpoint, tmp_path: Path
) -> None:
    tokens_only.start(f"ssl = no\n{taking_tokens(endpoint.tokeninfo_url, tmp_path)}")
    user = "desk@example.com"
    good = {**plain(tokens_only, user), "auth": "xoauth2"}
    desk.add(
        "good@a.example",
        good,
        refreshing(endpoint, "fresh"),
        fresh=endpoint.consent(user),
        app=CLIENT_SECRET,
        good=PASSWORD,
    )
    desk.add("bearer@a.example", {**good, "auth": "oauthbearer"}, app_only(endpoint))
    desk.add("revoked@a.example", good, refreshing(endpoint, "gone"), gone="rt-revoked-long-ago")
    desk.add("client@a.example", good, {**app_only(endpoint), "client_secret": "wrong"}, wrong="not-this")
    desk.add("rejected@a.example", {**good, "user": "other@example.com"}, app_only(endpoint))
    desk.add("nowhere@a.example", good, {**app_only(endpoint), "token_url": "http://127.0.0.1:1/token"})
    desk.add("starttls@a.example", {**plain(tokens_only, user), "tls": "starttls"})
    desk.add("mechanism@a.example", {**good, "port": dovecot.port}, app_only(endpoint))
    found = await desk.lines()
    words = {name: lines[0][1] for name, lines in found.items()}
    assert [name for name, lines in found.items() if lines[0][0] == "ok"] == ["good", "bearer"]
    assert "sign in again and put the new one into THREADLINE_IMAP_SECRET_GONE" in words["revoked"]
    assert "oauth.client_id and THREADLINE_IMAP_SECRET_WRONG" in words["client"]
    assert "refuses the access token of other@example.com" in words["rejected"]
    assert "127.0.0.1:1 cannot be reached" in words["nowhere"]
    assert "does not offer STARTTLS" in words["starttls"]
    assert "does not know XOAUTH2, but PLAIN, LOGIN: set auth" in words["mechanism"]


async def test_a_running_gateway_is_asked_about_a_mailbox_whose_refresh_token_it_holds(
    desk: Desk, tokens_only: Dovecot, endpoint: TokenEndpoint, tmp_path: Path
) -> None:
    tokens_only.start(f"ssl = no\n{taking_tokens(endpoint.tokeninfo_url, tmp_path)}")
    user = "desk@example.com"
    folders = ["INBOX", "Billing"]
    account: Table = {**plain(tokens_only, user), "auth": "xoauth2", "poll_seconds": 0.2, "folders": folders}
    consent = endpoint.consent(user)
    desk.add("a@a.example", account, refreshing(endpoint, "fresh"), fresh=consent, app=CLIENT_SECRET)
    await desk.start()

    async def told() -> list[str]:
        return [words for _, words in (await desk.lines())["a"]]

    async def reads_inbox() -> bool:
        return any(words.startswith("INBOX: server has 0") for words in await told())

    await eventually(reads_inbox, within=30.0)
    assert (await told())[0] == "the running gateway is logged in"
    assert "does not open the folder 'Billing'" in (await told())[1]
    assert len(endpoint.requests) == 1  # it was used once, by the gateway
    endpoint.revoke(user)
    tokens_only.restart()

    async def refused() -> bool:
        return "sign in again" in (await told())[0]

    await eventually(refused, within=30.0)


def app_only(endpoint: TokenEndpoint) -> Table:
    """Return the oauth table of client credentials."""
    return {**refreshing(endpoint, ""), "grant": "client_credentials", "scope": "mail"}
