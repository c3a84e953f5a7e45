"""What a session logs in with: a password, or an access token of a token source."""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct
from typing_extensions import override

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.imap.grant import Grant
from threadline_email.imap.oauth import TokenSource
from threadline_email.imap_settings import ImapAccount, OauthSettings, read_secret, secret_variable
from threadline_shared.health import component, forget, snapshot
from threadline_shared.state import State


class Credentials(Struct, frozen=True):
    """`secret` is a password, or an access token for the other mechanisms."""

    mechanism: Literal["password", "xoauth2", "oauthbearer"]
    user: str
    secret: str

    @override
    def __repr__(self) -> str:
        """Show no secret."""
        return f"Credentials({self.mechanism}, {self.user!r})"


class Login(Protocol):
    """Where the credentials of one account come from."""

    async def credentials(self) -> Credentials:
        """Return what to log in with now. Raises TemporaryError or SettingsError when there is nothing."""

    def refused(self) -> None:
        """The server did not accept the last credentials: give others next time, if there are any."""

    @property
    def warning(self) -> str:
        """Why the credentials, still good, could not be renewed ahead of their end; empty when all is well."""


class PasswordLogin:
    """The same password every time."""

    def __init__(self, user: str, password: str) -> None:
        self._credentials = Credentials("password", user, password)

    async def credentials(self) -> Credentials:
        """Return the password."""
        return self._credentials

    def refused(self) -> None:
        """There is no other."""

    @property
    def warning(self) -> str:
        """Nothing ever runs out."""
        return ""


class TokenLogin:
    """Whatever token the source has; one that a server refused is not given twice."""

    def __init__(self, user: str, mechanism: Literal["xoauth2", "oauthbearer"], source: TokenSource) -> None:
        self._user = user
        self._mechanism: Literal["xoauth2", "oauthbearer"] = mechanism
        self._source = source
        self._given = ""
        self._rejected = ""

    async def credentials(self) -> Credentials:
        """Return a token that is good for a while."""
        self._given = (await self._source.token(rejected=self._rejected)).value
        return Credentials(self._mechanism, self._user, self._given)

    def refused(self) -> None:
        """Have the source fetch another one."""
        self._rejected = self._given

    @property
    def warning(self) -> str:
        """What the source says."""
        return self._source.warning


async def renew_ahead(login: Login, name: str) -> None:
    """Renew credentials that will run out while a session lasts; `name`: the component that is in trouble otherwise.

    The session goes on with what it has: that they could not be renewed is to be known before it ends.
    """
    try:
        await login.credentials()
        warning = login.warning
    except (TemporaryError, SettingsError) as err:
        warning = str(err)
    if warning:
        part = component(name, kind="login")
        part.elsewhere = True
        part.trouble(f"the next login will fail: {warning}")
    elif any(part.name == name for part in snapshot()):
        component(name).idle()
        forget(name)


def login_of(account: ImapAccount, env: Mapping[str, str], state: State, name: str) -> Login:
    """Return the login of an account; `name` is its key in the state. Raises SettingsError when a secret is missing."""
    if account.auth == "password" or account.oauth is None:
        return PasswordLogin(account.user, read_secret(env, account.secret, f"the password of {account.user}"))
    grant = _grant(account.oauth, env, account.user)
    source = TokenSource(grant, state, name=name, ahead=account.oauth.refresh_ahead)
    return TokenLogin(account.user, account.auth, source)


def _grant(oauth: OauthSettings, env: Mapping[str, str], user: str) -> Grant:
    wants_refresh = oauth.grant == "refresh_token"
    return Grant(
        token_url=oauth.token_url,
        client_id=oauth.client_id,
        client_secret=read_secret(env, oauth.client_secret, f"the client secret for {user}")
        if oauth.client_secret
        else "",
        refresh_token=read_secret(env, oauth.refresh_token, f"the refresh token of {user}") if wants_refresh else "",
        scope=oauth.scope,
        refresh_name=secret_variable(oauth.refresh_token) if oauth.refresh_token else "the refresh token",
        client_name=secret_variable(oauth.client_secret) if oauth.client_secret else "the client secret",
    )
