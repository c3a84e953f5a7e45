r"""One connection to an IMAP server: blocking calls, for the one thread of a session. Never sets \Seen by reading."""

import contextlib
import imaplib
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from imapclient import IMAPClient
from msgspec import Struct

HEAD_BYTES: Final = 256 * 1024  # of a header: so much is read of one
_IDENTITY: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID FROM DATE SUBJECT)]"
_SEARCH_UIDS: Final = 50_000  # in one search: its answer is one line, and imaplib reads a million bytes at most
_NEWS: Final = (b"EXISTS", b"RECENT")


class Entered(Struct, frozen=True, kw_only=True):
    """A folder as it was opened; `told_next`: the server told UIDNEXT, and it was not concluded."""

    uidvalidity: int
    uidnext: int
    told_next: bool
    exists: int


class Described(Struct, frozen=True):
    """A mail that was not read yet: its size in bytes as the server tells it, and when the server got it."""

    size: int
    received_at: datetime


class Connection:
    """A connection that is logged in. `opening.open_connection` makes it; every method but `hang_up` blocks."""

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
        told = bool(said.get(b"UIDNEXT"))
        return Entered(uidvalidity=said[b"UIDVALIDITY"], uidnext=uidnext, told_next=told, exists=said.get(b"EXISTS", 0))

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
