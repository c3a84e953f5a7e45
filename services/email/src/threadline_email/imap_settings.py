"""What an operator may choose about a mailbox that is fetched by IMAP. Passwords and tokens are named, never written.

A secret `support` is the variable THREADLINE_IMAP_SECRET_SUPPORT, or the file that THREADLINE_IMAP_SECRET_SUPPORT_FILE
names: so no password stands in the settings file.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from threadline_contracts.errors import SettingsError
from threadline_email.imap.grant import check_token_url
from threadline_shared.http_settings import is_loopback
from threadline_shared.settings import PREFIX, Port, value_of

_SECRETS: Final = f"{PREFIX}IMAP_SECRET_"
_PORTS: Final = {"tls": 993, "starttls": 143, "none": 143}
_MOST_BYTES: Final = 100 * 1024 * 1024  # a mail is held in memory while it is taken
_DAY: Final = r"^(|all|\d{4}-\d{2}-\d{2})$"

SecretName = Annotated[
    str, Meta(pattern=r"^([a-z][a-z0-9_]{0,62})?$", description="the name of a secret: small letters, digits and _")
]
Folder = Annotated[str, Meta(min_length=1, max_length=250, description="a folder's name as people see it")]
Seconds = Annotated[float, Meta(gt=0)]


class OauthSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[email.mailboxes.imap.oauth]`: where access tokens come from (RFC 6749). Times are seconds."""

    token_url: Annotated[str, Meta(pattern=r"^https?://", description="the provider's token endpoint")]
    client_id: Annotated[str, Meta(min_length=1)]
    scope: str = ""
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    refresh_token: SecretName = ""
    client_secret: SecretName = ""
    refresh_ahead: Annotated[Seconds, Meta(description="a token is renewed so long before it expires")] = 300.0

    def __post_init__(self) -> None:
        """Raise ValueError, naming the key."""
        check_token_url(self.token_url)
        if self.grant == "refresh_token" and not self.refresh_token:
            raise ValueError("refresh_token is missing: the name of the secret that holds it")
        if self.grant == "client_credentials" and not self.client_secret:
            raise ValueError("client_secret is missing: the name of the secret that holds it")


class ImapAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[email.mailboxes.imap]`: an account that we fetch from. Times are seconds, sizes bytes."""

    host: Annotated[str, Meta(min_length=1)]
    port: Annotated[Port, Meta(description="absent: 993 with tls, else 143")] = 0
    tls: Literal["tls", "starttls", "none"] = "tls"
    ca_file: Annotated[str, Meta(description="a PEM file that is trusted besides the system's")] = ""
    user: Annotated[str, Meta(min_length=1)]
    auth: Literal["password", "xoauth2", "oauthbearer"] = "password"
    secret: SecretName = ""
    oauth: OauthSettings | None = None
    folders: Annotated[tuple[Folder, ...], Meta(min_length=1)] = ("INBOX",)
    sent_folder: Annotated[str, Meta(max_length=250, description="its mails are what the desk wrote")] = ""
    after: Literal["keep", "seen", "flag", "move", "delete"] = "keep"
    target_folder: Annotated[str, Meta(max_length=250, description="where `move` moves to")] = ""
    backfill: Annotated[
        str, Meta(pattern=_DAY, description="history to import: empty (none), all, or a day as 2026-01-31")
    ] = ""
    idle: bool = True
    idle_seconds: Annotated[float, Meta(gt=0, le=1740, description="IDLE is renewed so often (RFC 2177: < 29 min)")] = (
        540.0
    )
    poll_seconds: Annotated[Seconds, Meta(description="every folder is looked at so often, whatever IDLE says")] = 60.0
    connect_seconds: Seconds = 20.0
    timeout_seconds: Annotated[Seconds, Meta(description="of silence, before we hang up")] = 60.0
    give_up_days: Annotated[float, Meta(gt=0, description="then a message stands in for an unreadable mail")] = 7.0
    batch_mails: Annotated[int, Meta(ge=1, le=1000)] = 100
    batch_bytes: Annotated[int, Meta(ge=1024)] = 8 * 1024 * 1024
    max_bytes: Annotated[int, Meta(ge=1024, le=_MOST_BYTES, description="of a larger mail the headers are taken")] = (
        25 * 1024 * 1024
    )

    def __post_init__(self) -> None:
        """Raise ValueError, naming the key."""
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError(f"tls = none is for this machine only, and host is {self.host!r}: use tls or starttls")
        if self.auth == "password" and not self.secret:
            raise ValueError("secret is missing: the name of the secret that holds the password")
        if self.auth != "password" and self.oauth is None:
            raise ValueError(f"auth = {self.auth} needs [email.mailboxes.imap.oauth]")
        if (self.after == "move") != bool(self.target_folder):
            raise ValueError("after = move and target_folder belong together")
        names = [*self.folders, *filter(None, (self.sent_folder, self.target_folder))]
        if len(set(names)) < len(names):
            raise ValueError("folders, sent_folder and target_folder must all be different")
        if self.backfill not in {"", "all"}:
            date.fromisoformat(self.backfill)

    @property
    def where(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or _PORTS[self.tls]


def secret_variable(name: str) -> str:
    """Return the environment variable of a secret; the same with _FILE names a file that holds it."""
    return _SECRETS + name.upper()


def secret_names(account: ImapAccount) -> Iterator[str]:
    """Yield the name of every secret that an account uses."""
    given = (account.oauth.refresh_token, account.oauth.client_secret) if account.oauth else ()
    yield from filter(None, (account.secret, *given))


def read_secret(env: Mapping[str, str], name: str, what: str) -> str:
    """Return a secret. Raises SettingsError, which says where it is missing; `what`: whose, for people."""
    variable = secret_variable(name)
    if (found := value_of(env, variable)) is None:
        raise SettingsError(f"{variable} is not set (nor {variable}_FILE): {what}")
    return found
