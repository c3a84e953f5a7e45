"""What to ask a token endpoint, and what its answer means for the operator (RFC 6749). Pure; shows no secret."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from typing_extensions import override

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.text import clean, cut

LIFETIME_S: Final = 600.0  # of a token whose endpoint does not say (RFC 6749 5.1 only recommends expires_in)
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 30 * 86400.0
_WORDS: Final = 160  # characters of an endpoint's own words
_AADSTS: Final = re.compile(r"\bAADSTS\d+\b")  # Microsoft's error number: what its documentation is searched by
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down", "internal_failure"})
_OK: Final = 200
_TOO_MANY: Final = 429
_REQUEST_TIMEOUT: Final = 408
_FAILED: Final = 500
_REDIRECTS: Final = range(300, 400)


class Grant(Struct, frozen=True, kw_only=True):
    """How a mailbox gets its tokens: with a refresh token, else (client credentials) in the client's own name.

    `refresh_name` and `client_name` say where an operator finds the two secrets (`THREADLINE_IMAP_SECRET_...`).
    """

    token_url: str
    client_id: str
    client_secret: str = ""
    refresh_token: str = ""
    scope: str = ""
    refresh_name: str = "the refresh token"
    client_name: str = "the client secret"

    @property
    def host(self) -> str:
        """The endpoint, as an operator recognises it."""
        return urlsplit(self.token_url).netloc.rpartition("@")[2]

    @override
    def __repr__(self) -> str:
        """Show no secret."""
        return f"Grant({self.host}, client_id={self.client_id!r})"


class Granted(Struct, frozen=True, kw_only=True):
    """A token, for how many seconds, and the refresh token that replaces the one we asked with (empty: it stays)."""

    access_token: str
    lifetime: float
    refresh_token: str = ""

    @override
    def __repr__(self) -> str:
        """Show no secret."""
        return f"Granted(lifetime={self.lifetime:.0f})"


class _Answer(Struct, frozen=True):
    """A token endpoint's answer, of either kind (RFC 6749 5.1, 5.2)."""

    access_token: str = ""
    expires_in: float | None = None
    refresh_token: str | None = None
    error: str = ""
    error_description: str = ""


def check_token_url(url: str) -> None:
    """Raise ValueError where secrets would travel in the clear, or to nowhere."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and _is_this_machine(parts.hostname):
        return
    raise ValueError(f"token_url = {cut(clean(url), _WORDS)!r} must begin with https:// and name a host")


def request_form(grant: Grant, refresh_token: str) -> Mapping[str, str]:
    """Return the fields of the request. `refresh_token`: the one that is good now, empty for client credentials.

    The client says who it is in the body: Google and Microsoft both take that, and RFC 6749 2.3.1 allows it.
    """
    kind = "refresh_token" if grant.refresh_token else "client_credentials"
    fields = {
        "grant_type": kind,
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
        "refresh_token": refresh_token if grant.refresh_token else "",
        "scope": grant.scope,
    }
    return {name: value for name, value in fields.items() if value}


def read_answer(grant: Grant, status: int, body: bytes, *, asked_with: str = "") -> Granted:
    """Return what was granted.

    Raises TemporaryError when the endpoint may answer otherwise later, SettingsError when somebody must change
    something; both are one line that says what. `asked_with` is the refresh token that was sent, never to be shown.
    """
    answer = _decoded(body)
    if status in {_TOO_MANY, _REQUEST_TIMEOUT} or status >= _FAILED or (answer and answer.error in _PASSING):
        raise TemporaryError(f"the token endpoint {grant.host} answers {status}: it is asked again")
    if answer is None or (not answer.error and not answer.access_token):
        raise SettingsError(_no_endpoint(grant, status))
    if status != _OK or answer.error:
        raise SettingsError(_refused(grant, answer, asked_with))
    lifetime = LIFETIME_S if answer.expires_in is None else answer.expires_in
    return Granted(
        access_token=answer.access_token,
        lifetime=min(max(lifetime, _SHORTEST_S), _LONGEST_S),
        refresh_token=answer.refresh_token or "",
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _decoded(body: bytes) -> _Answer | None:
    try:
        return msgspec.json.decode(body, type=_Answer, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _no_endpoint(grant: Grant, status: int) -> str:
    what = "a redirect" if status in _REDIRECTS else "no token"
    return f"{grant.host} answers {status} with {what}: oauth.token_url must be its token endpoint, up to the last word"


def _refused(grant: Grant, answer: _Answer, asked_with: str) -> str:
    number = _AADSTS.search(answer.error_description)
    name = ", ".join(filter(None, [cut(clean(answer.error), _WORDS), number[0] if number else ""]))
    head = f"the token endpoint {grant.host} refuses"
    match answer.error:
        case "invalid_grant" if grant.refresh_token:
            todo = f"it expired or was revoked; sign in again and put the new one into {grant.refresh_name}"
            return f"{head} the refresh token ({name}): {todo}"
        case "invalid_client":
            todo = f"check oauth.client_id and {grant.client_name}; a client secret has an expiry date of its own"
            return f"{head} the client ({name}): {todo}"
        case "unauthorized_client":
            return f"{head} the client ({name}): let an administrator consent to it, or check oauth.client_id"
        case "invalid_scope":
            return f"{head} the scope ({name}): check oauth.scope, {grant.scope!r} now"
        case _:
            words = _without_secrets(answer.error_description, grant, asked_with)
            return f"{head} ({name}): {words or 'it says no more'}; check the settings under oauth"


def _without_secrets(words: str, grant: Grant, asked_with: str) -> str:
    """Return an endpoint's own words in one line; an endpoint may quote what it was sent."""
    line = " ".join(clean(words).split())
    for secret in (grant.client_secret, grant.refresh_token, asked_with):
        line = line.replace(secret, "[redacted]") if secret else line
    return cut(line, _WORDS) if line else ""
