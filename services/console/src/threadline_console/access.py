"""Who may come in: a bearer token, a signed-in browser, or anybody on this machine where no token is set.

It refuses what a stranger's web page sends through an operator's browser: a foreign Host (DNS rebinding) where no
token protects us, and a foreign Origin on everything that changes something.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from aiohttp import hdrs, web
from msgspec import Struct

from threadline_console import session
from threadline_console.origin import is_forged, is_loopback_name

_SAFE_METHODS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_BEARER: Final = "bearer "
OPERATOR: Final = "operator"  # who asks by the console's own buttons and typed no name


class Scope(Enum):
    """What is asked for: everything, or files alone (which a token of their own opens too)."""

    ALL = "all"
    BLOBS = "blobs"


class Refusal(Struct, frozen=True):
    """Why somebody may not come in."""

    status: int
    code: str
    message: str


_NO_TOKEN: Final = Refusal(401, "unauthorized", "send the header `Authorization: Bearer <THREADLINE_API_TOKEN>`")
_WRONG_TOKEN: Final = Refusal(401, "unauthorized", "this token does not open this: see THREADLINE_API_TOKEN")
_FOREIGN_HOST: Final = Refusal(
    403,
    "foreign_host",
    "without THREADLINE_API_TOKEN only this machine may ask: use http://127.0.0.1 or http://localhost",
)
_FORGED: Final = Refusal(403, "forged", "this was sent by another web page; nothing was changed")


class Access:
    """Decides by the request alone; keeps no state."""

    def __init__(
        self, api_token: str, blob_token: str = "", *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._api_token: Final = api_token
        self._blob_token: Final = blob_token
        self._now = now

    @property
    def open(self) -> bool:
        """Whether no token is set, and so everybody on this machine may come in."""
        return not self._api_token

    def refusal(self, request: web.Request, scope: Scope = Scope.ALL) -> Refusal | None:
        """Return why this request may not come in, or None when it may."""
        if self.open and not is_loopback_name(request.host):
            return _FOREIGN_HOST
        if not self.open:
            refused = self._unproved(request, scope)
            if refused is not None:
                return refused
        return _FORGED if self.is_forged(request) else None

    def is_forged(self, request: web.Request) -> bool:
        """Return whether somebody else's page makes a browser send this."""
        if request.method in _SAFE_METHODS:
            return False
        headers = request.headers
        return is_forged(host=request.host, origin=headers.get(hdrs.ORIGIN), fetch_site=headers.get("Sec-Fetch-Site"))

    def is_token(self, given: str) -> bool:
        """Return whether this is the token that signs a browser in."""
        return session.is_token(self._api_token, given)

    def operator(self, request: web.Request) -> str:
        """Return who uses the console's own buttons: the name that was typed at the sign-in, if there was one."""
        found = self._session(request)
        return (found.name if found else "") or OPERATOR

    def speaks_for_others(self, request: web.Request) -> bool:
        """Return whether a request that was let in may say who asks: a program may, a signed-in browser may not."""
        return self.open or bool(request.headers.get(hdrs.AUTHORIZATION))

    def _unproved(self, request: web.Request, scope: Scope) -> Refusal | None:
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        if given:
            return None if self._opens(given, scope) else _WRONG_TOKEN
        return None if self._session(request) else _NO_TOKEN

    def _opens(self, authorization: str, scope: Scope) -> bool:
        if not authorization.lower().startswith(_BEARER):
            return False
        token = authorization[len(_BEARER) :].strip()
        files_only = scope is Scope.BLOBS and session.is_token(self._blob_token, token)
        return self.is_token(token) or files_only

    def _session(self, request: web.Request) -> session.Session | None:
        cookie = request.cookies.get(session.COOKIE, "")
        return session.read(self._api_token, cookie, now=self._now()) if self._api_token and cookie else None
