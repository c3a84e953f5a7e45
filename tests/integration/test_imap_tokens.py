"""Access tokens from an endpoint that expires, rotates and fails: on a real socket, kept in a real state."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from support.certificates import a_certificate
from support.token_endpoint import CLIENT, CLIENT_SECRET, TokenEndpoint, serving_tokens
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.imap.grant import Grant
from threadline_email.imap.oauth import TokenSource
from threadline_shared.state import State
from threadline_shared.state.sqlite import open_sqlite_state

USER = "support@example.com"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """One mailbox's side: an endpoint, a state, and as many sources as it has processes."""

    def __init__(self, endpoint: TokenEndpoint, state: State) -> None:
        self.endpoint, self.state, self.clock = endpoint, state, Clock()
        self.grant = Grant(
            token_url=endpoint.url,
            client_id=CLIENT,
            client_secret=CLIENT_SECRET,
            refresh_token=endpoint.consent(USER),
        )

    def source(self, grant: Grant | None = None) -> TokenSource:
        found = grant or self.grant
        return TokenSource(found, self.state, name="support", clock=self.clock, dice=lambda: 0.0)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Desk]:
    async with serving_tokens() as endpoint, open_sqlite_state(folder / "email.sqlite3") as state:
        yield Desk(endpoint, state)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path) as found:
        yield found


async def test_one_token_serves_until_shortly_before_it_expires(desk: Desk) -> None:
    source = desk.source()
    first = await source.token()
    desk.clock.now += 3600 - 301
    assert await source.token() == first
    desk.clock.now += 2
    assert (await source.token()).value != first.value
    assert len(desk.endpoint.requests) == 2


async def test_a_short_lived_token_is_used_for_most_of_its_life(desk: Desk) -> None:
    desk.endpoint.lifetime = 60
    first = await desk.source().token()
    assert first.renew_at == desk.clock.now + 45


async def test_many_connections_that_ask_at_once_make_one_request(desk: Desk) -> None:
    source = desk.source()
    tokens = await asyncio.gather(*(source.token() for _ in range(20)))
    assert len({token.value for token in tokens}) == len(desk.endpoint.requests) == 1


async def test_a_token_that_a_server_refused_is_never_given_again(desk: Desk) -> None:
    source = desk.source()
    first = await source.token()
    second = await source.token(rejected=first.value)
    assert second.value != first.value
    assert await source.token(rejected=first.value) == second


async def test_client_credentials_need_no_refresh_token(desk: Desk) -> None:
    desk.endpoint.scope = "https://outlook.office365.com/.default"
    source = desk.source(replace(desk.grant, refresh_token="", scope=desk.endpoint.scope))
    assert (await source.token()).value
    assert desk.endpoint.requests[0]["grant_type"] == "client_credentials"


async def test_a_replaced_refresh_token_outlives_the_process(desk: Desk) -> None:
    await desk.source().token()
    await desk.source().token()
    await desk.source().token()
    used = [request["refresh_token"] for request in desk.endpoint.requests]
    assert len(set(used)) == 3


async def test_a_replaced_refresh_token_outlives_whoever_is_cancelled_meanwhile(desk: Desk) -> None:
    desk.endpoint.gate.clear()
    asking = asyncio.create_task(desk.source().token())
    await desk.endpoint.asked.wait()
    asking.cancel()
    desk.endpoint.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await desk.source().token()).value


async def test_two_processes_that_refresh_in_turn_do_not_end_each_others_tokens(desk: Desk) -> None:
    one, other = desk.source(), desk.source()
    for _ in range(3):
        await one.token()
        await other.token()
        desk.clock.now += 4000
    assert len(desk.endpoint.requests) == 6


class Flaky:
    """A state that stores nothing while it is away."""

    def __init__(self, state: State) -> None:
        self._state, self.away = state, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    async def put(self, space: str, key: str, value: bytes, *, expect: int | None) -> int | None:
        if self.away:
            raise TemporaryError("the state is away")
        return await self._state.put(space, key, value, expect=expect)


async def test_a_replaced_refresh_token_that_could_not_be_stored_is_stored_later(desk: Desk) -> None:
    state = Flaky(desk.state)
    source = TokenSource(desk.grant, cast("State", state), name="support", clock=desk.clock)
    state.away = True
    await source.token()
    desk.clock.now += 4000
    await source.token()  # with the one that it remembers
    state.away = False
    await source.token()
    assert (await desk.source().token()).value
    assert len(desk.endpoint.requests) == 3


async def test_a_new_refresh_token_in_the_settings_replaces_what_was_kept(desk: Desk) -> None:
    await desk.source().token()
    desk.endpoint.revoke(USER)
    with pytest.raises(SettingsError, match="sign in again"):
        await desk.source().token()
    again = replace(desk.grant, refresh_token=desk.endpoint.consent(USER))
    assert (await desk.source(again).token()).value


async def test_a_refusal_is_not_asked_for_again_at_once(desk: Desk) -> None:
    source = desk.source(replace(desk.grant, client_secret="wrong"))
    for _ in range(5):
        with pytest.raises(SettingsError, match="client secret"):
            await source.token()
    assert len(desk.endpoint.requests) == 1
    desk.clock.now += 2
    with pytest.raises(SettingsError):
        await source.token()
    assert len(desk.endpoint.requests) == 2


async def test_an_endpoint_that_is_down_costs_nothing_while_the_token_lasts(desk: Desk) -> None:
    source = desk.source()
    first = await source.token()
    desk.clock.now += 3400
    desk.endpoint.fails = [(503, "down")]
    assert await source.token() == first
    assert "503" in source.warning
    desk.clock.now += 2
    assert (await source.token()).value != first.value
    assert source.warning == ""


async def test_an_endpoint_that_is_down_is_a_passing_trouble(desk: Desk) -> None:
    desk.endpoint.fails = [(500, "oops")]
    with pytest.raises(TemporaryError, match="answers 500"):
        await desk.source().token()


async def test_an_endpoint_that_nobody_runs(desk: Desk) -> None:
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1:1 cannot be reached \(.*refused"):
        await desk.source(replace(desk.grant, token_url="http://127.0.0.1:1/token")).token()


async def test_a_redirect_does_not_carry_the_secrets_away(desk: Desk) -> None:
    desk.endpoint.fails = [(307, "elsewhere")]
    with pytest.raises(SettingsError, match=r"oauth\.token_url"):
        await desk.source().token()


async def test_a_certificate_that_nobody_vouches_for(desk: Desk, tmp_path: Path) -> None:
    tls = a_certificate(tmp_path).served()
    server = await asyncio.start_server(lambda *_: None, "localhost", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SettingsError, match=r"certificate of the token endpoint localhost:\d+ is not trusted"):
            await desk.source(replace(desk.grant, token_url=f"https://localhost:{port}/token")).token()


async def test_no_secret_is_in_a_log_or_an_error(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    desk.endpoint.fails = [(400, {"error": "odd", "error_description": f"{desk.grant.refresh_token} {CLIENT_SECRET}"})]
    source = desk.source()
    with pytest.raises(SettingsError) as raised:
        await source.token()
    shown = caplog.text + str(raised.value) + source.warning + repr(desk.grant)
    assert desk.grant.refresh_token not in shown
    assert CLIENT_SECRET not in shown
