"""What an operator may choose about mail. Read once; a wrong value is one line that names its key."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from threadline_contracts.errors import SettingsError
from threadline_email.imap_settings import secret_names, secret_variable
from threadline_email.mailboxes import Mailbox
from threadline_email.networks import Networks
from threadline_shared.http_settings import HttpSettings, is_loopback
from threadline_shared.settings import DataSettings, Port, load

DEFAULT_MAILBOX: Final = "support@localhost"
SIZE_MAX: Final = 100 * 1024 * 1024  # a mail is held in memory while it is taken
INCOMING: Final = "incoming"  # in the data directory

Positive = Annotated[int, Meta(ge=1)]
Cap = Annotated[str, Meta(pattern="^[1-9][0-9]{0,5} in [1-9][0-9]{0,3} min$", description="30 in 10 min")]


class EmailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[email]` of the settings file; `smtp_port` is THREADLINE_SMTP_PORT. Sizes are bytes, times seconds."""

    mailboxes: tuple[Mailbox, ...] = (Mailbox(address=DEFAULT_MAILBOX),)
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 2525
    smtp_mode: Annotated[
        Literal["smtp", "lmtp", "off"], Meta(description="smtp, lmtp, or off where all mail is fetched by IMAP")
    ] = "smtp"
    smtp_hostname: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]{1,255}$", description="greets with this")] = (
        "threadline"
    )
    smtp_max_bytes: Annotated[int, Meta(ge=1024, le=SIZE_MAX)] = 25 * 1024 * 1024
    smtp_max_buffered_bytes: Annotated[int, Meta(ge=1024, description="of all mails in hand")] = 512 * 1024 * 1024
    smtp_memory_bytes: Annotated[
        int, Meta(ge=1024, description="of mails in memory; others come in on disk, and wait for their turn")
    ] = 26_214_400
    smtp_temp_dir: Annotated[str, Meta(description="where large mails come in; absent: in the data directory")] = ""
    smtp_max_connections: Positive = 1000
    smtp_max_per_ip: Positive = 100
    smtp_max_recipients: Annotated[int, Meta(ge=1, le=10_000, description="RFC 5321 asks for 100")] = 100
    smtp_concurrency: Annotated[int, Meta(ge=1, description="mails taken at the same moment")] = 64
    smtp_patience: Annotated[float, Meta(gt=0, description="that a mail waits for its turn; then 451")] = 30.0
    smtp_timeout: Annotated[float, Meta(gt=0, description="of silence, before we hang up")] = 300.0
    smtp_data_seconds: Annotated[float, Meta(gt=0, description="that the data of one mail may take")] = 1800.0
    smtp_tls_cert: str = ""
    smtp_tls_key: str = ""
    smtp_tls_required: bool = False
    smtp_auth_users: Annotated[str, Meta(description="user:password, one a line or separated by commas")] = ""
    smtp_auth_required: bool = False
    smtp_auth_failures: Annotated[Cap, Meta(description="wrong passwords of one address; then it may not try")] = (
        "20 in 10 min"
    )
    smtp_auth_pause: Annotated[float, Meta(ge=0, le=30, description="before a wrong password is answered")] = 1.0
    smtp_proxy_networks: Annotated[
        tuple[str, ...], Meta(description="networks of load balancers: they must send a PROXY header, others must not")
    ] = ()
    smtp_reuse_port: Annotated[bool, Meta(description="several processes of one user share the port")] = False
    smtp_trusted_peers: Annotated[
        tuple[str, ...], Meta(description="networks of the relays that remove foreign Authentication-Results")
    ] = ("127.0.0.0/8", "::1/128")
    verify: Annotated[bool, Meta(description="ask the DNS who sent a mail: SPF, DKIM and DMARC")] = False
    verify_seconds: Annotated[float, Meta(gt=0, le=60, description="for all questions about one mail")] = 5.0
    verify_nameservers: Annotated[tuple[str, ...], Meta(description="addresses; absent: the system's")] = ()
    loop_address_caps: Annotated[
        tuple[Cap, ...], Meta(description="mails of one address; what is beyond is flagged as a loop; none: no cap")
    ] = ("30 in 10 min", "60 in 30 min", "120 in 60 min", "240 in 180 min", "360 in 600 min")
    loop_conversation_caps: Annotated[tuple[Cap, ...], Meta(description="the same for mails that go on with one")] = (
        *("10 in 10 min", "15 in 30 min", "25 in 60 min", "50 in 180 min", "100 in 600 min"),
    )
    imap_max_buffered_bytes: Annotated[int, Meta(ge=1024, description="of all fetched mails in hand")] = (
        32 * 1024 * 1024
    )
    parse_seconds: Annotated[
        float, Meta(gt=0, description="for the reading of one mail, in a process that is killed")
    ] = 10.0
    imap_concurrency: Annotated[int, Meta(ge=1, description="fetched mails taken at the same moment")] = 128
    imap_lease_seconds: Annotated[
        float, Meta(ge=1, description="after a crash, another process fetches a mailbox so much later")
    ] = 15.0

    def __post_init__(self) -> None:
        """Raise ValueError, naming the key."""
        if not self.mailboxes:
            raise ValueError("email.mailboxes is empty: name at least one, as [[email.mailboxes]] with an address")
        if self.smtp_tls_required and not self.smtp_tls_cert:
            raise ValueError("THREADLINE_SMTP_TLS_REQUIRED needs THREADLINE_SMTP_TLS_CERT (and ..._KEY)")
        if self.smtp_auth_required and not self.smtp_auth_users:
            raise ValueError("THREADLINE_SMTP_AUTH_REQUIRED needs THREADLINE_SMTP_AUTH_USERS")
        Networks(self.smtp_trusted_peers)
        Networks(self.smtp_proxy_networks)
        fetched = [box.key for box in self.mailboxes if box.imap is not None]
        if len(set(fetched)) < len(fetched):
            raise ValueError("two of email.mailboxes with imap share desk and account: give one another account")


def read_settings(env: Mapping[str, str]) -> EmailSettings:
    """Return the e-mail settings, checked against each other. Raises SettingsError."""
    settings = load(EmailSettings, env, section="email")
    if not (is_loopback(settings.smtp_host) or load(HttpSettings, env).api_token):
        raise SettingsError(
            f"THREADLINE_API_TOKEN is not set: without it, SMTP is served on loopback only, "
            f"and THREADLINE_SMTP_HOST is {settings.smtp_host!r}"
        )
    incoming = settings.smtp_temp_dir or str(load(DataSettings, env).data_dir / INCOMING)
    return replace(settings, smtp_temp_dir=incoming)


def tls_context(settings: EmailSettings) -> ssl.SSLContext | None:
    """Return the context of STARTTLS, or None without a certificate. Raises SettingsError."""
    if not settings.smtp_tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    key = settings.smtp_tls_key or None
    try:
        context.load_cert_chain(Path(settings.smtp_tls_cert), Path(key) if key else None)
    except (OSError, ssl.SSLError) as err:
        raise SettingsError(f"THREADLINE_SMTP_TLS_CERT: {settings.smtp_tls_cert}: {err.strerror or err}") from err
    return context


def auth_users(settings: EmailSettings) -> dict[str, bytes]:
    """Return password by user. Raises SettingsError, which shows neither."""
    users: dict[str, bytes] = {}
    for number, entry in enumerate(settings.smtp_auth_users.replace(",", "\n").splitlines(), 1):
        user, colon, password = entry.strip().partition(":")
        if not entry.strip():
            continue
        if not (user and colon and password):
            raise SettingsError(f"THREADLINE_SMTP_AUTH_USERS: entry {number} is not user:password")
        users[user] = password.encode()
    return users


def secret_variables(env: Mapping[str, str]) -> list[str]:
    """Return the environment variables that hold the secrets which the settings name. Raises SettingsError."""
    accounts = [box.imap for box in load(EmailSettings, env, section="email").mailboxes if box.imap is not None]
    return [secret_variable(name) for account in accounts for name in secret_names(account)]
