"""From an account to a logged-in connection. A server's words are kept without the secret that it was shown."""

import imaplib
import ssl
from collections.abc import Sequence
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError

from threadline_contracts.errors import TemporaryError
from threadline_email.imap import trouble
from threadline_email.imap.connection import Connection
from threadline_email.imap.login import Credentials
from threadline_email.imap.redaction import redact
from threadline_email.imap.sasl import BearerDialogue, BearerMechanism, initial_response
from threadline_email.imap_settings import ImapAccount


def open_connection(account: ImapAccount, credentials: Credentials) -> Connection:
    """Connect and log in. Raises TemporaryError with a Trouble."""
    try:
        client = _connect(account)
    except (OSError, imaplib.IMAP4.error) as err:
        raise trouble.connecting(account, err) from err
    try:
        _secure(client, account)
        _log_in(client, account, credentials)
    except BaseException:
        client.shutdown()
        raise
    return Connection(client, account.timeout_seconds)


def _connect(account: ImapAccount) -> Any:
    host, port = account.where
    times = SocketTimeout(account.connect_seconds, account.timeout_seconds)
    secure = account.tls == "tls"
    client: Any = IMAPClient(host, port, ssl=secure, ssl_context=_context(account) if secure else None, timeout=times)
    client.normalise_times = False  # else dates lose their zone
    return client


def _context(account: ImapAccount) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if account.ca_file:
        try:
            context.load_verify_locations(account.ca_file)
        except (OSError, ssl.SSLError) as err:
            raise trouble.raised("tls", f"ca_file {account.ca_file}: {trouble.words(err)}") from err
    return context


def _secure(client: Any, account: ImapAccount) -> None:
    """Start TLS where it is asked for; without it we go no further, whatever the server says."""
    if account.tls != "starttls":
        return
    try:
        client.starttls(_context(account))
    except CapabilityError as err:
        raise trouble.no_starttls(account) from err
    except (OSError, imaplib.IMAP4.error) as err:
        refused = isinstance(err, imaplib.IMAP4.error)
        raise (trouble.no_starttls(account) if refused else trouble.connecting(account, err)) from err


def _log_in(client: Any, account: ImapAccount, credentials: Credentials) -> None:
    refusal = _refusal(client, account, credentials)
    if refusal is not None:
        raise refusal  # here, where no exception with the server's own words is its context


def _refusal(client: Any, account: ImapAccount, credentials: Credentials) -> TemporaryError | None:
    """Log in; return why that was refused, if it was."""
    try:
        if credentials.mechanism != "password":
            return _show_token(client, account, credentials)
        if client.has_capability("AUTH=PLAIN"):  # takes any password; LOGIN takes ASCII
            client.plain_login(credentials.user, credentials.secret)
        else:
            client.login(credentials.user, credentials.secret)
    except imaplib.IMAP4.abort as err:
        return trouble.talking(account, "log us in", imaplib.IMAP4.abort(_without_secret(err, account, credentials)))
    except UnicodeError:
        return trouble.logging_in(account, "it offers LOGIN alone, and that takes ASCII")
    except imaplib.IMAP4.error as err:
        return trouble.logging_in(account, _without_secret(err, account, credentials))
    except OSError as err:
        return trouble.talking(account, "log us in", err)
    return None


def _show_token(client: Any, account: ImapAccount, credentials: Credentials) -> TemporaryError | None:
    host, port = account.where
    mechanism = _mechanism(credentials)
    if not client.has_capability(f"AUTH={mechanism}"):
        offers = [name.decode().removeprefix("AUTH=") for name in client.capabilities() if name.startswith(b"AUTH=")]
        line = f"{host} does not know {mechanism}, but {', '.join(offers) or 'LOGIN alone'}"
        return trouble.raised("login", f"{line}: set auth to what it offers")
    dialogue = BearerDialogue(mechanism, credentials.user, credentials.secret, host=host, port=port)
    try:
        client.sasl_login(mechanism, dialogue)
    except imaplib.IMAP4.error:
        if dialogue.refused:
            return trouble.logging_in(account, _without_secret(dialogue.refused, account, credentials))
        raise
    return None


def _mechanism(credentials: Credentials) -> BearerMechanism:
    return "XOAUTH2" if credentials.mechanism == "xoauth2" else "OAUTHBEARER"


def _without_secret(said: BaseException | str, account: ImapAccount, credentials: Credentials) -> str:
    return redact(str(said), credentials.secret, _shown(account, credentials))


def _shown(account: ImapAccount, credentials: Credentials) -> Sequence[bytes]:
    """Return the SASL strings that were sent: of PLAIN (RFC 4616), or of a token."""
    user, secret = credentials.user, credentials.secret
    if credentials.mechanism == "password":
        return [f"\0{user}\0{secret}".encode()]
    host, port = account.where
    return [initial_response(_mechanism(credentials), user, secret, host=host, port=port)]
