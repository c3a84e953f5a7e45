"""Reads one folder up to its end: what is new since the cursor, what failed and is due, what is still to be flagged."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.after import may_settle, settle_with_server
from threadline_email.imap.beginning import first_cursor
from threadline_email.imap.budget import Budget
from threadline_email.imap.connection import Described
from threadline_email.imap.cursor import Cursor, End, Passed, Progress, Taken, Unread
from threadline_email.imap.handover import Handover
from threadline_email.imap.ledger import Ledger, mark_of, mark_of_head
from threadline_email.imap.place import Place
from threadline_email.imap.reading import Batch, Mail, MailReader, Read, batches
from threadline_email.imap.record import CursorRecord
from threadline_email.imap.session import Session
from threadline_email.imap.stand_in import stand_in
from threadline_email.imap.trouble import trouble_of
from threadline_email.imap_settings import ImapAccount
from threadline_shared.health import Component

KNOWN: Final = "already taken"
OLD: Final = "older than the first connection"
_PAGE: Final = 500  # UIDs that are described together: one line of a command
_IN_HAND: Final = 2  # batches that are taken at the same moment: the end of one overlaps with the next
_RETRIES: Final = 20  # of failed mails at one look
_PAYMENT: Final = 200  # UIDs in one command that flags, moves or deletes


class Folder(Struct, frozen=True):
    """A folder to read: its facts go with every mail; `pays`: mails are flagged, moved or deleted after the confirm."""

    name: str
    facts: Mapping[str, str]
    pays: bool


class Tools(Struct, frozen=True):
    """What the readers of one mailbox share."""

    account: ImapAccount
    ledger: Ledger
    handover: Handover
    budget: Budget
    health: Component


class FolderReader:
    """Reads one folder, over all its sessions. `history`: it reads what was there before the first connection."""

    def __init__(self, folder: Folder, tools: Tools, record: CursorRecord, *, history: bool = False) -> None:
        self.folder: Final = folder
        self.place: Final = Place(record, tools.ledger, known=history)
        self._tools = tools
        self._history = history
        self._mails = MailReader(tools.account.max_bytes)
        self.works = True
        self.complaint = ""  # what the server refuses to do with mails that were taken

    async def enter(self, session: Session) -> Cursor | None:
        """Open the folder, and return the cursor under its UIDVALIDITY; None where there is none (history)."""
        entered = await session.enter(self.folder.name, readonly=not self.folder.pays)
        return await self.place.align(entered, partial(first_cursor, session))

    async def catch_up(self, session: Session, *, most: int = 0) -> bool:
        """Read the folder that was entered to its end, or `most` mails; return whether there is more."""
        progress = self.place.progress
        if not self.folder.pays:
            progress.paid(progress.cursor.owed)  # the setting changed
        await self._retry(session, progress)
        more, left = True, 0
        while more:
            todo = await self._list(session, progress)
            chosen = todo[:most] if most else todo
            await self._read_all(session, progress, chosen)
            left = len(todo) - len(chosen)
            more = not most and session.told_of_news()
        self._tools.ledger.forget()
        await self.place.save()
        await self._pay(session, progress)
        return left > 0

    async def _list(self, session: Session, progress: Progress) -> Sequence[int]:
        cursor = progress.cursor
        return progress.list(await session.uids(cursor.last_uid + 1, cursor.until, cursor.since), _now())

    async def _read_all(self, session: Session, progress: Progress, uids: Sequence[int]) -> None:
        """Read mails, page by page; while some are taken, the next ones are read. Raises TemporaryError."""
        taking: deque[asyncio.Task[TemporaryError | None]] = deque()
        trouble: TemporaryError | None = None
        async with asyncio.TaskGroup() as group:
            try:  # no task raises: Python 3.11 may then leave its parent cancelled
                for start in range(0, len(uids), _PAGE):
                    for batch in await self._plan(session, progress, uids[start : start + _PAGE]):
                        read = await self._read_ahead(session, batch, taking)
                        taking.append(task := group.create_task(self._take(progress, read)))
                        task.add_done_callback(partial(self._give_back, batch))  # also where it never began
                    await self._pay(session, progress)
            except TemporaryError as err:
                trouble = err  # what is in hand is finished first
        for met in (trouble, *(task.result() for task in taking)):
            if met is not None:
                raise met

    async def _plan(self, session: Session, progress: Progress, uids: Sequence[int]) -> Iterator[Batch]:
        """Return the batches of a page, without the mails that are settled unread."""
        _refuse_flood(progress)
        described, ends = await self._mails.describe(session, uids)
        self._settle(progress, ends)
        self._tell_lag(described)
        wanted = await self._without_known(session, progress, described)
        its = self._tools.account
        return batches(wanted, mails=its.batch_mails, size=its.batch_bytes, max_bytes=its.max_bytes)

    async def _read_ahead(
        self, session: Session, batch: Batch, taking: deque[asyncio.Task[TemporaryError | None]]
    ) -> Read:
        """Return a batch when it may be taken; its bytes are held then."""
        await self._tools.budget.take(batch.size)
        try:
            read = await self._mails.read(session, batch)
            await _turn(taking)
        except BaseException:
            self._give_back(batch)
            raise
        return read

    def _give_back(self, batch: Batch, _: object = None) -> None:
        self._tools.budget.give_back(batch.size)

    async def _without_known(
        self, session: Session, progress: Progress, described: Mapping[int, Described]
    ) -> Mapping[int, Described]:
        """Settle what was taken under other numbers, by its header fields, and return the others."""
        cursor, account = progress.cursor, self._tools.account
        doubtful = [uid for uid in described if uid <= cursor.renumbered_until]
        if not doubtful:
            return described
        heads = await self._mails.identities(session, doubtful)
        marks = {uid: mark for uid, head in heads.items() if (mark := mark_of_head(head)) is not None}
        known = await self._tools.ledger.known(marks.values())
        old = {uid for uid in doubtful if not self._history and cursor.predates(described[uid].received_at)}
        passed = {uid: KNOWN for uid in doubtful if marks.get(uid) in known}
        if not cursor.anew:
            passed |= {uid: OLD for uid in old if uid not in passed}
        elif self.folder.pays:  # what was owed under the old numbers is not known; what was paid costs little
            progress.owe(uid for uid in passed if uid not in old and may_settle(account, described[uid].size))
        for uid, reason in passed.items():
            progress.settle(uid, Passed(reason), _now())
        return {uid: its for uid, its in described.items() if uid not in passed}

    async def _take(self, progress: Progress, read: Read) -> TemporaryError | None:
        """Hand a batch over, all at the same time; the cursor follows, and is stored. Returns the trouble."""
        self._settle(progress, read.ends)
        async with asyncio.TaskGroup() as group:
            takes = [group.create_task(self._hand_over(progress, mail)) for mail in read.mails]
        try:
            await self.place.save()
        except TemporaryError as err:
            return err
        return next(filter(None, (take.result() for take in takes)), None)

    async def _hand_over(self, progress: Progress, mail: Mail, unreadable: str = "") -> TemporaryError | None:
        imported = not self._history and progress.cursor.imports(mail.uid, mail.received_at)
        facts = {"backfill": "1" if imported else "", "unreadable": unreadable, "folder": self.folder.name}
        end = await self._tools.handover.take(mail, {**facts, **self.folder.facts})
        if isinstance(end, TemporaryError):
            return end
        progress.settle(mail.uid, end, _now())
        if not isinstance(end, Unread):
            self.place.taken(mail.uid, mark_of(mail.raw))
        pays = self.folder.pays and not (imported or unreadable) and may_settle(self._tools.account, mail.size)
        if pays and isinstance(end, Taken):
            progress.owe([mail.uid])
        return None

    async def _retry(self, session: Session, progress: Progress) -> None:
        """Read again what failed, where it is due; for what was tried for days a message stands in."""
        due = progress.cursor.due(_now())[:_RETRIES]
        described, ends = await self._mails.describe(session, due) if due else ({}, {})
        self._settle(progress, ends)
        lost = progress.cursor.hopeless(_now(), timedelta(days=self._tools.account.give_up_days))
        for uid in due:
            its, reason = described.get(uid), progress.cursor.failed[uid].reason if uid in lost else ""
            if reason:
                await self._take_again(progress, uid, stand_in(self.folder.name, progress.cursor, uid, its), reason)
            elif its is not None:
                await self._take_again(progress, uid, await self._read_again(session, progress, uid, its))

    async def _read_again(self, session: Session, progress: Progress, uid: int, its: Described) -> Mail | End:
        try:
            return await self._mails.retry(session, uid, its)
        except TemporaryError as err:  # the server hangs up at it: the others come first now
            await self._take_again(progress, uid, Unread(str(err)))
            raise

    async def _take_again(self, progress: Progress, uid: int, found: Mail | End, unreadable: str = "") -> None:
        if not isinstance(found, Mail):
            progress.settle(uid, found, _now())
        elif (trouble := await self._hand_over(progress, found, unreadable)) is not None:
            raise trouble
        await self.place.save()

    def _settle(self, progress: Progress, ends: Mapping[int, End]) -> None:
        for uid, end in ends.items():
            if isinstance(end, Unread):
                self._tools.handover.unread(uid, end.reason)
            progress.settle(uid, end, _now())

    async def _pay(self, session: Session, progress: Progress) -> None:
        """Flag, move or delete what was taken; what the server refuses now is owed until the next look."""
        try:
            while uids := progress.cursor.owed[:_PAYMENT]:
                await settle_with_server(session, self._tools.account, uids)
                progress.paid(uids)
                await self.place.save()
            self.complaint = ""
        except TemporaryError as err:
            if trouble_of(err).kind != "refused":
                raise
            self.complaint = str(err)

    def _tell_lag(self, described: Mapping[int, Described]) -> None:
        oldest = min((its.received_at for its in described.values()), default=None)
        if oldest is not None and not self._history:
            self._tools.health.lag(max((_now() - oldest).total_seconds(), 0.0))


async def _turn(taking: deque[asyncio.Task[TemporaryError | None]]) -> None:
    """Wait until another batch may be taken. Raises TemporaryError, the trouble of the first in hand."""
    if len(taking) >= _IN_HAND and (trouble := await taking.popleft()) is not None:
        raise trouble


def _refuse_flood(progress: Progress) -> None:
    if progress.full():
        failed = list(progress.cursor.failed.values())
        raise TemporaryError(f"{len(failed)} mails cannot be read, so the fault is the server's: {failed[0].reason}")


def _now() -> datetime:
    return datetime.now(UTC)
