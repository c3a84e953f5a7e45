"""A mailbox's one connection, its blocking calls in one thread. Errors are TemporaryError with a Trouble.

After any trouble but `refused` and `folder` the session is of no use: open another one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import Final, TypeVar

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_email.imap import trouble
from threadline_email.imap.connection import Connection, Described, Entered
from threadline_email.imap.login import Credentials, Login
from threadline_email.imap.opening import open_connection
from threadline_email.imap.trouble import trouble_of
from threadline_email.imap_settings import ImapAccount
from threadline_shared.daemon_threads import DaemonThreads

SLOWEST: Final = 2048  # bytes a second: a line that is slower counts as dead
_FAREWELL_SECONDS: Final = 2.0
_T = TypeVar("_T")


class Session:
    """A logged-in connection. Made by `open_session`."""

    def __init__(self, account: ImapAccount, connection: Connection, thread: DaemonThreads) -> None:
        self.account: Final = account
        self._connection = connection
        self._thread = thread
        self._entered: Entered | None = None

    def can(self, capability: str) -> bool:
        """Whether the server has an extension (it told when we logged in)."""
        return self._connection.can(capability)

    async def enter(self, folder: str, *, readonly: bool) -> Entered:
        """Open a folder for what follows."""
        try:
            self._entered = await self._do("open a folder", lambda: self._connection.enter(folder, readonly=readonly))
        except TemporaryError as err:
            if trouble_of(err).kind == "refused":
                raise trouble.entering(self.account, folder, err.__cause__ or str(err)) from err
            raise
        return self._entered

    async def uids(self, first: int, last: int = 0, since: date | None = None) -> Sequence[int]:
        """Return the UIDs of the folder from `first` to `last` (0: to the end), in order, of mails since a day."""
        uidnext = self._entered.uidnext if self._entered else 1
        return await self._do("search", lambda: self._connection.uids(first, last, since, uidnext=uidnext))

    async def listed(self, uids: Sequence[int]) -> Sequence[int]:
        """Return which of these UIDs the folder has."""
        return await self._do("search", lambda: self._connection.listed(uids))

    def told_of_news(self) -> bool:
        """Whether there may be mails that the last search did not find."""
        return self._connection.told_of_news()

    async def describe(self, uids: Sequence[int]) -> Mapping[int, Described]:
        """Return size and age of mails; those that are gone are missing."""
        return await self._do("describe mails", lambda: self._connection.describe(uids))

    async def read(self, uids: Sequence[int], size: int, *, heads_only: bool = False) -> Mapping[int, bytes]:
        """Return mails of that many bytes together, or their headers alone; those that are gone are missing."""
        read = self._connection.read
        return await self._do("give mails", lambda: read(uids, heads_only=heads_only), size=size)

    async def read_identities(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """Return of each mail the header fields that its identity rests on."""
        return await self._do("give headers", lambda: self._connection.read_identities(uids))

    async def idle(self, seconds: float) -> bool:
        """Wait for news of the folder, at most so many seconds; return whether there are any."""
        return await self._do("wait for mail", lambda: self._connection.idle(seconds), wait=seconds)

    async def flag(self, uids: Sequence[int], flag: bytes) -> None:
        """Set a flag."""
        await self._do("flag mails", lambda: self._connection.flag(uids, flag))

    async def move(self, uids: Sequence[int], target: str) -> None:
        """Move mails to another folder."""
        await self._do(f"move mails to {target!r}", lambda: self._connection.move(uids, target))

    async def delete(self, uids: Sequence[int]) -> None:
        """Delete mails."""
        await self._do("delete mails", lambda: self._connection.delete(uids))

    async def _do(self, what: str, call: Callable[[], _T], *, size: int = 0, wait: float = 0.0) -> _T:
        """Run a blocking call; if it takes too long or we are cancelled, the line is cut, so the thread comes back."""
        limit = wait + 4 * self.account.timeout_seconds + size / SLOWEST
        try:
            async with asyncio.timeout(limit):
                return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except asyncio.CancelledError:
            self._connection.hang_up()
            raise
        except Exception as err:  # whatever a server's answer made of imaplib
            found = trouble.talking(self.account, what, err)
            if trouble_of(found).kind != "refused":
                self._connection.hang_up()
            raise found from err


@asynccontextmanager
async def open_session(account: ImapAccount, login: Login) -> AsyncIterator[Session]:
    """Connect and log in; hang up at the end. Raises TemporaryError with a Trouble."""
    thread = DaemonThreads(1, f"imap {account.host}")  # a server that is silent does not keep us from ending
    try:
        connection = await _logged_in(account, login, thread)
        try:
            yield Session(account, connection, thread)
        finally:
            await _leave(connection, thread)
    finally:
        thread.shutdown()  # its last call has time-outs, or its line was cut


async def _logged_in(account: ImapAccount, login: Login, thread: DaemonThreads) -> Connection:
    """Return a connection; a token that is refused may have been good when it was fetched, so a second one is shown."""
    try:
        return await _connected(account, await _credentials(login), thread)
    except TemporaryError as err:
        if trouble_of(err).kind != "login":
            raise
        login.refused()
        if account.auth == "password":
            raise
    return await _connected(account, await _credentials(login), thread)


async def _credentials(login: Login) -> Credentials:
    try:
        return await login.credentials()
    except (SettingsError, TemporaryError) as err:
        raise trouble.raised("token", str(err)) from err


async def _connected(account: ImapAccount, credentials: Credentials, thread: DaemonThreads) -> Connection:
    limit = 2 * account.connect_seconds + 2 * account.timeout_seconds  # the resolver knows no time-out
    opening = thread.submit(open_connection, account, credentials)
    try:
        async with asyncio.timeout(limit):
            return await asyncio.wrap_future(opening)
    except TemporaryError:
        raise
    except asyncio.CancelledError:
        opening.add_done_callback(_drop)
        raise
    except Exception as err:  # a time-out of ours, or whatever a server's greeting made of imaplib
        opening.add_done_callback(_drop)
        raise trouble.connecting(account, err) from err


def _drop(opening: Future[Connection]) -> None:
    """Hang up where nobody waits for the connection any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()


async def _leave(connection: Connection, thread: DaemonThreads) -> None:
    with suppress(Exception):  # the line may be cut long since
        async with asyncio.timeout(_FAREWELL_SECONDS):
            await asyncio.get_running_loop().run_in_executor(thread, connection.leave)
    connection.hang_up()
