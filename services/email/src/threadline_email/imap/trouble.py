"""What keeps a mailbox from being read, in one line that says what to do. Travels as the argument of TemporaryError."""

import imaplib
import re
import ssl
from typing import Final, Literal

from msgspec import Struct
from typing_extensions import override

from threadline_contracts.errors import TemporaryError
from threadline_email.imap_settings import ImapAccount, secret_variable
from threadline_shared.text import clean, cut

_WORDS: Final = 160  # characters of a server's own words
_TIMING: Final = re.compile(r" \(\d+\.\d+(?: \+ \d+\.\d+)+ secs\)\.?")  # Dovecot ends its refusals with it
_OF_IMAPCLIENT: Final = "select failed: "
_NOT_OUR_FAULT: Final = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "TOO MANY")
_BYTES: Final = re.compile(r"b['\"](.*)['\"]", re.DOTALL)  # imaplib shows bytes as Python writes them
_MUTE: Final = "no reason given"

# What to do by the verify code of OpenSSL (X509_V_ERR_...); an authority in ca_file mends none of these.
_RENEW: Final = "have the certificate renewed there (and check this machine's clock)"
_OTHER_NAME: Final = "set host to a name that the certificate is for, or have it issued for this one"
_OF_CERTIFICATES: Final = {9: _RENEW, 10: _RENEW, 62: _OTHER_NAME, 64: _OTHER_NAME}
_OF_AUTHORITIES: Final = "name its authority's certificate in ca_file, if it is your own; else do not trust this server"

Kind = Literal["connect", "tls", "token", "login", "folder", "refused", "lost"]


class Trouble(Struct, frozen=True):
    """`refused`: the server said no to one command, and the connection is good; after any other kind it is not.

    (`folder` is such a no, too: to entering a folder.)
    """

    kind: Kind
    says: str

    @override
    def __str__(self) -> str:
        return self.says


def raised(kind: Kind, says: str) -> TemporaryError:
    """Return the exception that carries a trouble."""
    return TemporaryError(Trouble(kind, says))


def trouble_of(err: TemporaryError) -> Trouble:
    """Return the trouble that an exception carries; without any, it is of the state or the bus."""
    found = err.args[0] if err.args else None
    return found if isinstance(found, Trouble) else Trouble("lost", str(err))


def words(err: BaseException | str) -> str:
    """Return what a server or a library said, in one short line."""
    said = _TIMING.sub("", clean(str(err)).strip()).removeprefix(_OF_IMAPCLIENT)
    shown = _BYTES.fullmatch(said)
    return cut(" ".join((shown[1] if shown else said).split()), _WORDS) or _MUTE


def connecting(account: ImapAccount, err: Exception) -> TemporaryError:
    """Return why there is no connection."""
    host, port = account.where
    if isinstance(err, ssl.SSLCertVerificationError):
        line = f"the certificate of {host}:{port} is not trusted ({words(err.verify_message)})"
        return raised("tls", f"{line}: {_OF_CERTIFICATES.get(err.verify_code, _OF_AUTHORITIES)}")
    if isinstance(err, ssl.SSLError):
        line = f"{host}:{port} does not speak TLS ({words(err.reason or '')})"
        return raised(
            "tls", f"{line}: set tls = starttls if the port is made for that, as 143 is; else check host and port"
        )
    if isinstance(err, TimeoutError):
        line = f"{host}:{port} does not answer within {account.connect_seconds:g} s"
        advice = "check host, port and firewall" + ("" if account.tls == "tls" else "; port 993 needs tls = tls")
        return raised("connect", f"{line}: {advice}")
    if isinstance(err, OSError):
        return raised(
            "connect", f"{host}:{port} cannot be reached ({words(err.strerror or str(err))}): check host and port"
        )
    return raised("connect", f"{host}:{port} does not greet as an IMAP server does ({words(err)}): check host and port")


def no_starttls(account: ImapAccount) -> TemporaryError:
    """Return that a server would have had us log in without TLS."""
    host, port = account.where
    line = f"{host}:{port} does not offer STARTTLS, so nothing was sent"
    return raised("tls", f"{line}: set tls = tls (port 993), or have STARTTLS turned on there")


def logging_in(account: ImapAccount, err: BaseException | str) -> TemporaryError:
    """Return why a server did not let us in."""
    host, said = account.host, words(err)
    if any(sign in said.upper() for sign in _NOT_OUR_FAULT):
        return raised(
            "login", f"{host} lets nobody in now ({said}): tried again by itself; if it stays, ask its operator"
        )
    if account.auth == "password":
        line = f"{host} refuses the password of {account.user} ({said})"
        return raised("login", f"{line}: correct user or {secret_variable(account.secret)}")
    line = f"{host} refuses the access token of {account.user} ({said})"
    return raised("login", f"{line}: check user and oauth.scope, and that IMAP is allowed for this account")


def entering(account: ImapAccount, folder: str, err: BaseException | str) -> TemporaryError:
    """Return why a folder cannot be read."""
    line = f"{account.host} does not open the folder {folder!r} ({words(err)})"
    return raised("folder", f"{line}: create it there, or correct the folders of this mailbox")


def talking(account: ImapAccount, what: str, err: BaseException) -> TemporaryError:
    """Return why a command failed: refused, or the connection is lost."""
    host = account.host
    if isinstance(err, TimeoutError):
        return raised("lost", f"{host} is silent for too long ({what}): connected anew by itself")
    if isinstance(err, imaplib.IMAP4.error) and not isinstance(err, imaplib.IMAP4.abort):
        return raised("refused", f"{host} refuses to {what} ({words(err)})")
    return raised("lost", f"{host} hung up ({what}: {words(err)}): connected anew by itself")
