"""One mailbox for ever: a lease, a session, its folders to their end, then IDLE; after any trouble again, later."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.budget import Budget
from threadline_email.imap.folder import Folder, FolderReader, Tools
from threadline_email.imap.handover import Handover
from threadline_email.imap.history import History, since_of
from threadline_email.imap.leased import first_of, while_leased
from threadline_email.imap.ledger import Ledger
from threadline_email.imap.login import Login, renew_ahead
from threadline_email.imap.record import NEW, CursorRecord, mailbox_key, record_key
from threadline_email.imap.session import Session, open_session
from threadline_email.imap.trouble import trouble_of
from threadline_email.imap_settings import ImapAccount
from threadline_email.mailboxes import Mailbox
from threadline_email.smtp import CHANNEL, Accepter
from threadline_shared import health
from threadline_shared.backoff import delays
from threadline_shared.log import logger
from threadline_shared.state import State

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 300.0
_LONG: Final = 60.0  # so long a session must last before the next trouble counts as the first one
_OF_A_FOLDER: Final = ("folder", "refused")  # the connection is good, and the others go on

_log: Final = logger()


class Commons(Struct, frozen=True):
    """What all mailboxes share: `turns` bounds the mails being taken, `budget` the bytes in memory."""

    state: State
    intake: Accepter
    turns: asyncio.Semaphore
    budget: Budget
    lease_seconds: float


class MailboxJob:
    """Reads one mailbox."""

    def __init__(self, mailbox: Mailbox, account: ImapAccount, login: Login, commons: Commons) -> None:
        state = commons.state
        self._account = account
        self._login = login
        self._commons = commons
        self._key = mailbox_key(mailbox)
        self._name = f"{CHANNEL}/{mailbox.name}"
        self._health = health.component(self._name, kind=CHANNEL)
        self._health.elsewhere = True  # a wrong password must not close the SMTP door
        self._pauses = _pauses()
        self._idles = False
        self._complained: set[str] = set()
        handover = Handover(commons.intake, mailbox, commons.turns)
        tools = Tools(account, Ledger(state, self._key), handover, commons.budget, self._health)
        folders = _folders(account)
        self._readers = [
            FolderReader(folder, tools, CursorRecord(state, NEW, record_key(mailbox, folder.name)))
            for folder in reversed(folders)  # the first comes last: IDLE follows at once, and no mail slips in between
        ]
        self._history = History(state, mailbox, tools, folders)

    async def run(self) -> None:
        """Read for ever, while the lease of the mailbox is ours; no fault of ours ends this or another mailbox."""
        state, seconds = self._commons.state, self._commons.lease_seconds
        while True:
            try:
                await while_leased(state, self._key, seconds, self._health, self._read)
            except Exception as err:  # noqa: BLE001 - whatever it is, the other mailboxes and doors go on
                first = first_of(err)
                _log.error("mailbox.failed", component=self._name, exc_info=err)
                self._health.trouble(f"a fault of ours ({type(first).__name__}: {first}): tried again by itself")
            await asyncio.sleep(next(self._pauses))

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._prepare()
                async with open_session(self._account, self._login) as session:
                    try:
                        await self._serve(session)
                    finally:
                        for reader in self._readers:
                            await reader.place.keep()
            except* TemporaryError as group:
                self._health.trouble(str(first_of(group)))
            moved = self._history.moved or any(reader.place.moved for reader in self._readers)
            if moved or loop.time() - began >= _LONG:
                self._pauses = _pauses()  # a server that is moody, and not away
            await asyncio.sleep(next(self._pauses))

    async def _prepare(self) -> None:
        """Load where we are: the last session may have ended anywhere."""
        await self._history.prepare()
        for reader in self._readers:
            await reader.place.prepare()

    async def _serve(self, session: Session) -> None:
        """Read until there is trouble. Every folder is looked at now and then, the first whenever IDLE says so."""
        loop = asyncio.get_running_loop()
        favourite = self._readers[-1:]
        self._idles = self._account.idle and session.can("IDLE")
        while True:
            look_again = loop.time() + self._account.poll_seconds
            await self._look(session, self._readers)
            await renew_ahead(self._login, f"{self._name}/login")
            await self._begin_history()
            while (left := look_again - loop.time()) > 0:
                if self._history.busy:
                    await self._history.step(session)
                    await self._look(session, favourite)
                elif await self._wait(session, min(left, self._account.idle_seconds)):
                    await self._look(session, favourite)

    async def _wait(self, session: Session, seconds: float) -> bool:
        """Return whether the server told of new mail in the first folder."""
        told = self._idles and self._readers[-1].works and await self._idle(session, seconds)
        if not self._idles or not self._readers[-1].works:
            await asyncio.sleep(seconds)
        self._pauses = _pauses()  # only now: a session that ends at its first wait is no good one
        return told

    async def _idle(self, session: Session, seconds: float) -> bool:
        """Return whether the server told of new mail; where it refuses to, this session goes without."""
        try:
            return await session.idle(seconds)
        except TemporaryError as err:
            if trouble_of(err).kind != "refused":
                raise
            self._idles = False
            return False

    async def _look(self, session: Session, readers: Sequence[FolderReader]) -> None:
        """Read folders to their ends. Raises TemporaryError, also when none of them can be read."""
        troubles = [err for reader in readers if (err := await self._look_into(session, reader)) is not None]
        if len(troubles) == len(readers):
            raise troubles[0]
        self._health.ok()
        self._health.lag(0.0)

    async def _look_into(self, session: Session, reader: FolderReader) -> TemporaryError | None:
        """Return the trouble of one folder, if it is its own."""
        try:
            cursor = await reader.enter(session)
            if cursor is not None:
                await self._history.ensure(reader.folder.name, cursor)
            await reader.catch_up(session)
        except (TemporaryError, ExceptionGroup) as err:
            first = first_of(err)
            if not isinstance(first, TemporaryError) or trouble_of(first).kind not in _OF_A_FOLDER:
                raise
            reader.works = False
            self._tell(reader, str(first))
            return first
        reader.works = True
        self._tell(reader, reader.complaint)
        return None

    def _tell(self, reader: FolderReader, complaint: str) -> None:
        """Show a folder as a component of its own while there is something wrong with it."""
        name = f"{self._name}/{reader.folder.name}"
        if complaint:
            part = health.component(name, kind=CHANNEL)
            part.elsewhere = True
            part.trouble(complaint)
            self._complained.add(name)
        elif name in self._complained:
            health.component(name).idle()
            health.forget(name)
            self._complained.discard(name)

    async def _begin_history(self) -> None:
        """Begin what somebody asked to have imported."""
        if (request := await self._history.requested()) is None:
            return
        for reader in self._readers:
            if reader.works:
                await self._history.begin(reader.folder.name, reader.place.progress.cursor, since_of(request))
        await self._history.begun(request)


def _folders(account: ImapAccount) -> list[Folder]:
    inboxes = [Folder(name, {}, pays=account.after != "keep") for name in account.folders]
    sent = [Folder(account.sent_folder, {"sent": "1"}, pays=False)] if account.sent_folder else []
    return [*inboxes, *sent]


def _pauses() -> Iterator[float]:
    return delays(_FIRST_PAUSE, _LONGEST_PAUSE)
