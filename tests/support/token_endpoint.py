"""An OAuth token endpoint with the manners of Google's and Microsoft's, and Dovecot's way to ask about a token.

Tokens expire, refresh tokens are replaced at each use (the old one dies with its family when it is used again), and it
fails when a test says so.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from msgspec import Struct

CLIENT: Final = "desk-client"
CLIENT_SECRET: Final = "client-s3cret"


class Issued(Struct):
    """An access token; `expires` is Unix time."""

    user: str
    expires: float


class TokenEndpoint:
    """Grants tokens for users; `url` is its token_url. What a test sets holds from the next request on."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.lifetime = 3600.0
        self.says_lifetime = True
        self.rotates = True
        self.scope = ""  # the one that must be asked for, if any
        self.app_user = "desk@example.com"  # whose tokens client credentials get
        self.stillborn = False  # no server takes the tokens that it grants
        self.fails: list[tuple[int, Mapping[str, str] | str]] = []  # answers of the next requests
        self.gate = asyncio.Event()  # it answers while this is set
        self.gate.set()
        self.asked = asyncio.Event()  # a request has come
        self.requests: list[Mapping[str, str]] = []
        self.asked_about = 0
        self._refresh: dict[str, str] = {}
        self._dead: dict[str, str] = {}
        self._access: dict[str, Issued] = {}

    @property
    def url(self) -> str:
        return f"{self.base}/token"

    @property
    def host(self) -> str:
        return self.base.removeprefix("http://")

    @property
    def tokeninfo_url(self) -> str:
        """Where Dovecot asks whether a token is good: it puts the token behind this."""
        return tokeninfo_url(self.base)

    def consent(self, user: str) -> str:
        """Return a refresh token, as somebody gets one who signs in."""
        return self._new_refresh(user)

    def issue(self, user: str, lifetime: float | None = None) -> str:
        """Return an access token."""
        token = f"at-{secrets.token_urlsafe(24)}"
        self._access[token] = Issued(user, time.time() + (self.lifetime if lifetime is None else lifetime))
        return token

    def expire_all(self) -> None:
        """End every access token now."""
        self._access.clear()

    def revoke(self, user: str) -> None:
        """Take the consent of a user back: nothing of theirs is good any more."""
        self._refresh = {token: whose for token, whose in self._refresh.items() if whose != user}
        self._access = {token: one for token, one in self._access.items() if one.user != user}

    def is_current(self, refresh_token: str) -> bool:
        return refresh_token in self._refresh

    async def grant(self, request: web.Request) -> web.Response:
        """POST /token."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        self.asked.set()
        await self.gate.wait()
        if self.fails:
            status, body = self.fails.pop(0)
            return web.json_response(body, status=status) if isinstance(body, Mapping) else _text(status, body)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            described = f"AADSTS7000215: Invalid client secret provided: {form.get('client_secret')}"
            return _error("invalid_client", described, status=401)
        if self.scope and form.get("scope") != self.scope:
            return _error("invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
        match form.get("grant_type"):
            case "client_credentials":
                return self._granted(self.app_user, {})
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""))
            case other:
                return _error("unsupported_grant_type", f"not {other}")

    async def tell(self, request: web.Request) -> web.Response:
        """GET /tokeninfo."""
        self.asked_about += 1
        found = self._access.get(request.query.get("access_token", ""))
        if found is None or found.expires <= time.time():
            return _error("invalid_token", "Invalid Value")
        left = str(int(found.expires - time.time()) + 1)
        return web.json_response({"email": found.user, "username": found.user, "expires_in": left, "active": True})

    def _refreshed(self, token: str) -> web.Response:
        if token in self._dead and self.rotates:  # somebody stole it, or we lost its successor: the family ends
            self.revoke(self._dead[token])
        user = self._refresh.get(token)
        if user is None:
            return _error("invalid_grant", f"AADSTS700082: The refresh token {token} has expired.")
        if not self.rotates:
            return self._granted(user, {})
        self._dead[token] = self._refresh.pop(token)
        return self._granted(user, {"refresh_token": self._new_refresh(user)})

    def _granted(self, user: str, more: Mapping[str, str]) -> web.Response:
        said = {"expires_in": int(self.lifetime)} if self.says_lifetime else {}
        token = self.issue(user, -1.0 if self.stillborn else None)
        return web.json_response({"token_type": "Bearer", "access_token": token, **said, **more})

    def _new_refresh(self, user: str) -> str:
        token = f"rt-{secrets.token_urlsafe(24)}"
        self._refresh[token] = user
        return token


@asynccontextmanager
async def serving_tokens(port: int = 0) -> AsyncIterator[TokenEndpoint]:
    """Serve an endpoint on a port; 0: one that is free."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    endpoint = TokenEndpoint("")
    app.add_routes([web.post("/token", endpoint.grant), web.get("/tokeninfo", endpoint.tell)])
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        endpoint.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield endpoint
    finally:
        await runner.cleanup()


def tokeninfo_url(base: str) -> str:
    """Return where an endpoint with this base URL tells about tokens."""
    return f"{base}/tokeninfo?access_token="


def _error(error: str, description: str, *, status: int = 400) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)


def _text(status: int, body: str) -> web.Response:
    return web.Response(status=status, text=body)
