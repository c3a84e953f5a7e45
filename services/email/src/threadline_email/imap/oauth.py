"""Access tokens of one mailbox: fetched ahead of their expiry, one request at a time, never one per connection.

A refresh token that its endpoint replaces is kept in the service's state before the new access token is used: the old
one may be worth nothing from then on. Refuses to ask again at once where it was refused.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Final

import aiohttp
from msgspec import Struct
from typing_extensions import override

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.imap.grant import Grant, Granted, read_answer, request_form
from threadline_email.imap.refresh_tokens import RefreshTokens
from threadline_shared.backoff import delays
from threadline_shared.log import logger
from threadline_shared.state import State

PATIENCE_S: Final = 20.0  # for one answer of the endpoint
AHEAD_S: Final = 300.0  # unless the settings say otherwise, a token is replaced so long before it expires ...
_AHEAD_MOST: Final = 0.25  # ... but not before it has lived three quarters of its life
_JITTER: Final = 0.5  # and up to so much of that earlier: many mailboxes began together, and shall not ask together
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 300.0
_ANSWER_MAX_BYTES: Final = 256 * 1024
_log: Final = logger()


class Token(Struct, frozen=True, kw_only=True):
    """An access token; `renew_at` and `expires_at` are moments of the monotonic clock."""

    value: str
    renew_at: float
    expires_at: float

    @override
    def __repr__(self) -> str:
        """Show no secret."""
        return f"Token(expires_at={self.expires_at:.0f})"


class TokenSource:
    """Gives a mailbox its access token. `name` is its key in the state; all its processes share that record."""

    def __init__(
        self,
        grant: Grant,
        state: State,
        *,
        name: str,
        ahead: float = AHEAD_S,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._grant = grant
        self._refresh = RefreshTokens(state, name, grant.refresh_token)
        self._name = name
        self._ahead = ahead
        self._clock = clock
        self._dice = dice
        self._turn = asyncio.Lock()
        self._token: Token | None = None
        self._trouble: SettingsError | TemporaryError | None = None
        self._not_before = 0.0
        self._pauses = self._fresh_pauses()

    async def token(self, *, rejected: str = "") -> Token:
        """Return a token that is good for a while yet.

        `rejected`: the token that a server refused although it had not expired; it is never returned again. Raises
        TemporaryError when the endpoint cannot be asked now, SettingsError when somebody must change something first;
        while it is too early to ask again, the same error as the last time.
        """
        if (good := self._good(rejected)) is not None:
            await self._refresh.settle()
            return good
        async with self._turn:  # whoever waited here finds what the first one fetched
            return self._good(rejected) or await _wholly(self._fetch(rejected))

    @property
    def warning(self) -> str:
        """Why the token could not be replaced the last time, in one line; empty when all is well."""
        return str(self._trouble) if self._trouble else ""

    def _good(self, rejected: str) -> Token | None:
        token = self._token
        if token is None or token.value == rejected or self._clock() >= token.expires_at:
            return None
        too_early = self._clock() < self._not_before  # it could not be replaced, and is still good
        return token if too_early or self._clock() < token.renew_at else None

    async def _fetch(self, rejected: str) -> Token:
        if self._trouble is not None and self._clock() < self._not_before:
            raise self._trouble
        try:
            granted = await self._ask()
        except (TemporaryError, SettingsError) as err:
            self._trouble, self._not_before = err, self._clock() + next(self._pauses)
            if (last := self._good(rejected)) is not None:
                _log.warning("token.late", account=self._name, reason=str(err))
                return last  # we asked ahead of its expiry just so that this can wait
            raise
        self._trouble, self._not_before, self._pauses = None, 0.0, self._fresh_pauses()
        self._token = self._dated(granted)
        return self._token

    async def _ask(self) -> Granted:
        current = await self._refresh.current()
        try:
            granted = await self._request(current)
        except SettingsError:
            if (newer := await self._refresh.current()) == current:
                raise
            current = newer  # another process was faster: its refresh token replaced ours
            granted = await self._request(current)
        if current and granted.refresh_token not in {"", current}:
            await self._refresh.replace(granted.refresh_token)
        return granted

    async def _request(self, refresh_token: str) -> Granted:
        grant, form = self._grant, request_form(self._grant, refresh_token)
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, body = await _post(grant.token_url, form)
        except TimeoutError:
            raise TemporaryError(f"the token endpoint {grant.host} does not answer within {PATIENCE_S:.0f} s") from None
        except aiohttp.ClientConnectorCertificateError as err:
            line = f"the certificate of the token endpoint {grant.host} is not trusted ({_why(err.certificate_error)})"
            raise SettingsError(f"{line}: check oauth.token_url, and this machine's certificate authorities") from None
        except (aiohttp.ClientError, OSError) as err:
            line = f"the token endpoint {grant.host} cannot be reached ({_why(err)})"
            raise TemporaryError(f"{line}: check oauth.token_url, DNS and firewall") from None
        return read_answer(grant, status, body, asked_with=refresh_token)

    def _dated(self, granted: Granted) -> Token:
        now = self._clock()
        ahead = min(self._ahead, granted.lifetime * _AHEAD_MOST) * (1 + _JITTER * self._dice())
        expires_at = now + granted.lifetime
        return Token(value=granted.access_token, renew_at=expires_at - ahead, expires_at=expires_at)

    def _fresh_pauses(self) -> Iterator[float]:
        return delays(_FIRST_PAUSE_S, _LONGEST_PAUSE_S, self._dice)


async def _wholly(fetch: Coroutine[None, None, Token]) -> Token:
    """Return what a request brings, and finish it even when we are cancelled.

    An endpoint that replaced our refresh token while we went away would leave us with one that is worth nothing.
    """
    asking = asyncio.ensure_future(fetch)
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        await asyncio.wait([asking])
        raise


async def _post(url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
    """Return status and body. A redirect is not followed: it would carry the secrets to wherever it leads."""
    async with (
        aiohttp.ClientSession() as http,  # one request an hour: no connection is worth keeping
        http.post(url, data=form, allow_redirects=False) as answer,
    ):
        return answer.status, await _read(answer.content)


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = b""
    while len(body) < _ANSWER_MAX_BYTES and (chunk := await content.readany()):
        body += chunk
    return body


def _why(err: Exception) -> str:
    """Return what a library says went wrong, in a few words."""
    cause = getattr(err, "os_error", err)
    if isinstance(cause, ConnectionError) and cause.errno:
        return os.strerror(cause.errno)  # asyncio's own words name the address once more
    return str(getattr(cause, "verify_message", "") or getattr(cause, "strerror", "") or type(cause).__name__)
