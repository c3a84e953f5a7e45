r"""One connection to an IMAP server: blocking calls, for the one thread of a session. Never sets \Seen by reading."""

import contextlib
import imaplib
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError
from msgspec import Struct

from threadline_email.imap import trouble
from threadline_email.imap.login import Credentials
from threadline_email.imap.sasl import BearerDialogue
from threadline_email.imap_settings import ImapAccount

HEAD_BYTES: Final = 256 * 1024  # of a header: so much is read of one
_IDENTITY: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID FROM DATE SUBJECT)]"
_SEARCH_UIDS: Final = 50_000  # in one search: its answer is one line, and imaplib reads a million bytes at most
_NEWS: Final = (b"EXISTS", b"RECENT")


class Entered(Struct, frozen=True, kw_only=True):
    """A folder as it was opened."""

    uidvalidity: int
    uidnext: int
    exists: int


class Described(Struct, frozen=True):
    """A mail that was not read yet: its size in bytes as the server tells it, and when the server got it."""

    size: int
    received_at: datetime


class Connection:
    """A connection that is logged in. `open_connection` makes it; every method but `hang_up` blocks."""

    def __init__(self, client: IMAPClient, patience: float) -> None:
        self._patience = patience
        self._client: Any = client
        self._imap: Any = client._imap  # noqa: SLF001 - imapclient has no way to ask what a server said unasked

    def can(self, capability: str) -> bool:
        """Whether the server has an extension."""
        return bool(self._client.has_capability(capability))

    def enter(self, folder: str, *, readonly: bool) -> Entered:
        """Open a folder."""
        said = self._client.select_folder(folder, readonly=readonly)
        if b"UIDVALIDITY" not in said:
            raise imaplib.IMAP4.error("the server gives no UIDVALIDITY")
        uidnext = said.get(b"UIDNEXT") or max(self._client.search(["UID", "*"]), default=0) + 1
        return Entered(uidvalidity=said[b"UIDVALIDITY"], uidnext=uidnext, exists=said.get(b"EXISTS", 0))

    def uids(self, first: int, last: int, since: date | None, *, uidnext: int) -> Sequence[int]:
        """Return the UIDs of the folder from `first` to `last` (0: to the end), in order, of mails since a day."""
        self._imap.response("EXISTS")  # forget what we were told before
        found: set[int] = set()
        newer = ["SINCE", since] if since else []
        for span in spans(first, last, uidnext=uidnext):
            found.update(self._client.search(["UID", span, *newer]))
        return sorted(uid for uid in found if uid >= first and (not last or uid <= last))  # `9:*` always finds one

    def listed(self, uids: Sequence[int]) -> Sequence[int]:
        """Return which of these UIDs the folder has."""
        return sorted(set(self._client.search(["UID", ",".join(map(str, uids))])) & set(uids))

    def told_of_news(self) -> bool:
        """Whether the server spoke of new mails since the last search began: that search may have missed them."""
        return self._imap.response("EXISTS")[1] not in ([None], None)

    def describe(self, uids: Sequence[int]) -> Mapping[int, Described]:
        """Return size and age of mails; those that are gone are missing."""
        found = self._client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        now = datetime.now(UTC)
        return {
            uid: Described(int(its.get(b"RFC822.SIZE", 0)), min(its.get(b"INTERNALDATE") or now, now).astimezone(UTC))
            for uid, its in found.items()
        }

    def read(self, uids: Sequence[int], *, heads_only: bool = False) -> Mapping[int, bytes]:
        """Return mails, or their headers alone; those that are gone are missing."""
        return self._bodies(uids, f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>" if heads_only else "BODY.PEEK[]")

    def read_identities(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """Return of each mail the few header fields that its identity rests on."""
        return self._bodies(uids, _IDENTITY)

    def idle(self, seconds: float) -> bool:
        """Wait until the server tells of new mail, or so many seconds; return whether it did."""
        until = time.monotonic() + seconds
        self._client.idle()
        news = self._told_with_the_go_ahead()
        while not news and (left := until - time.monotonic()) > 0:
            said = self._client.idle_check(timeout=left)
            if not said and time.monotonic() < until - 0.01:
                raise imaplib.IMAP4.abort("it ended the connection")
            news = any(len(one) > 1 and one[1] in _NEWS for one in said)
        _, told = self._client.idle_done()
        return news or any(len(one) > 1 and one[1] in _NEWS for one in told)

    def _told_with_the_go_ahead(self) -> bool:
        """Whether news came in the same breath as the server's `+`: they are read, and the socket is silent."""
        line = self._client.socket()
        line.setblocking(False)
        news = False
        try:
            while True:
                news = self._imap._get_line().endswith(_NEWS) or news  # noqa: SLF001 - as imapclient itself does
        except (OSError, imaplib.IMAP4.abort):
            return news  # nothing more is there; where the line is cut, the next wait tells
        finally:
            line.settimeout(self._patience)

    def flag(self, uids: Sequence[int], flag: bytes) -> None:
        """Set a flag; on mails that are gone it does nothing."""
        self._client.add_flags(uids, [flag], silent=True)

    def move(self, uids: Sequence[int], target: str) -> None:
        """Move mails to another folder. A server without UIDPLUS may keep them here, marked as deleted."""
        if self.can("MOVE"):
            self._client.move(uids, target)
        else:
            self._client.copy(uids, target)
            self.delete(uids)

    def delete(self, uids: Sequence[int]) -> None:
        """Delete these mails and no other. Without UIDPLUS they are marked as deleted, and stay."""
        self.flag(uids, b"\\Deleted")
        if self.can("UIDPLUS"):
            self._client.uid_expunge(uids)

    def leave(self) -> None:
        """Log out, and close."""
        try:
            self._client.logout()
        finally:
            self.close()

    def close(self) -> None:
        """Close without a word."""
        with contextlib.suppress(OSError):
            self._client.shutdown()

    def hang_up(self) -> None:
        """Cut the line, from any thread: whoever waits on it gets an error at once."""
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._client.socket().fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def _bodies(self, uids: Sequence[int], item: str) -> Mapping[int, bytes]:
        found = self._client.fetch(uids, [item])
        bodies = {uid: [its[key] for key in its if key.startswith(b"BODY[")] for uid, its in found.items()}
        return {uid: body[0] or b"" for uid, body in bodies.items() if body}


def spans(first: int, last: int, *, uidnext: int, size: int = _SEARCH_UIDS) -> Iterator[str]:
    """Yield the UIDs from `first` to `last` (0: to the end) as ranges of a search, each of a bounded size."""
    for start in range(first, (last or max(first, uidnext)) + 1, size):
        end = start + size - 1
        if last:
            yield f"{start}:{min(end, last)}"
        else:
            yield f"{start}:{end if end < uidnext else '*'}"


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
    try:
        if credentials.mechanism != "password":
            _show_token(client, account, credentials)
        elif client.has_capability("AUTH=PLAIN"):  # takes any password; LOGIN takes ASCII
            client.plain_login(credentials.user, credentials.secret)
        else:
            client.login(credentials.user, credentials.secret)
    except imaplib.IMAP4.abort as err:
        raise trouble.talking(account, "log us in", err) from err
    except (imaplib.IMAP4.error, UnicodeError) as err:
        raise trouble.logging_in(account, err) from err
    except OSError as err:
        raise trouble.talking(account, "log us in", err) from err


def _show_token(client: Any, account: ImapAccount, credentials: Credentials) -> None:
    host, port = account.where
    mechanism: Final = "XOAUTH2" if credentials.mechanism == "xoauth2" else "OAUTHBEARER"
    if not client.has_capability(f"AUTH={mechanism}"):
        offers = [name.decode().removeprefix("AUTH=") for name in client.capabilities() if name.startswith(b"AUTH=")]
        line = f"{host} does not know {mechanism}, but {', '.join(offers) or 'LOGIN alone'}"
        raise trouble.raised("login", f"{line}: set auth to what it offers")
    dialogue = BearerDialogue(mechanism, credentials.user, credentials.secret, host=host, port=port)
    try:
        client.sasl_login(mechanism, dialogue)
    except imaplib.IMAP4.error as err:
        if dialogue.refused:
            raise trouble.logging_in(account, dialogue.refused) from err
        raise
