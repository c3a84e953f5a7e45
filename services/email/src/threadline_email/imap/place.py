"""Where the reading of one folder stands, in memory and in the state. The ledger learns of mails with the cursor."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.connection import Entered
from threadline_email.imap.cursor import Cursor, Progress
from threadline_email.imap.ledger import Ledger
from threadline_email.imap.record import CursorRecord
from threadline_shared.log import logger

_log: Final = logger()

First = Callable[[Entered, datetime], Awaitable[Cursor]]
_LOOKED: Final = timedelta(minutes=1)  # a look that found nothing is noted so often


class Place:
    """The place in one folder. `known`: only a place that somebody began is one (history)."""

    def __init__(self, record: CursorRecord, ledger: Ledger, *, known: bool = False) -> None:
        self._record = record
        self._ledger = ledger
        self._known = known
        self._progress: Progress | None = None
        self._stored: Cursor | None = None
        self._began = datetime.now(UTC)
        self.moved = False  # since it was prepared
        self._marks: dict[int, int] = {}
        self._saving = asyncio.Lock()

    @property
    def progress(self) -> Progress:
        """What is read, after `align`."""
        if self._progress is None:
            raise RuntimeError("the folder was not entered")
        return self._progress

    def forget(self) -> None:
        """Drop what is in memory: it may not be what is stored."""
        self._progress = self._stored = None
        self._marks.clear()

    async def begin(self, cursor: Cursor) -> None:
        """Start anew from a cursor. Raises TemporaryError."""
        self.forget()
        await self._record.load()
        await self._record.save(cursor)
        self._stored = cursor

    async def exists(self) -> bool:
        """Whether anything is stored. Raises TemporaryError."""
        return await self._record.load() is not None

    async def prepare(self) -> None:
        """Load what is stored, or note that reading is to begin now. Raises TemporaryError."""
        self.forget()
        self.moved = False
        self._stored = await self._record.load()
        if self._stored is None and not self._known:
            self._began = await self._record.began()

    async def align(self, entered: Entered, first: First) -> Cursor | None:
        """Return the cursor under the UIDVALIDITY of the folder as it is now; None where nobody began one.

        `first` makes the cursor of a first connection. Raises TemporaryError.
        """
        if self._progress is None:
            if self._stored is None and self._known:
                return None
            self._progress = Progress(self._stored or await first(entered, self._began))
        cursor = self._progress.cursor
        back = entered.told_next and entered.uidnext <= cursor.last_uid and not self._known  # restored from a backup
        if back or cursor.uidvalidity != entered.uidvalidity:
            _log.warning("imap.renumbered", record=self._record.key, last_uid=cursor.last_uid, uidnext=entered.uidnext)
            self._progress = Progress(cursor.renumbered(entered.uidvalidity, entered.uidnext))
        return self._progress.cursor

    def taken(self, uid: int, mark: int) -> None:
        """Say that a mail is ours, for the ledger."""
        self._marks[uid] = mark

    async def save(self) -> None:
        """Store what changed. Raises TemporaryError, also when another process reads this mailbox now."""
        async with self._saving:
            await self._save()

    async def keep(self) -> None:
        """Store what can be stored before it is forgotten; what cannot is read again."""
        if self._progress is not None:
            with suppress(TemporaryError):
                await self.save()

    async def _save(self) -> None:
        cursor, stored, marks = self.progress.cursor, self._stored, self._marks
        if stored is not None and not marks and _hardly_differs(cursor, stored):
            return
        self._marks = {}
        await self._ledger.add(list(marks.values()))
        await self._record.save(cursor)
        moved = stored is None or cursor.last_uid > stored.last_uid or cursor.failed != stored.failed
        self.moved = self.moved or moved
        self._stored = cursor


def _hardly_differs(cursor: Cursor, stored: Cursor) -> bool:
    soon = cursor.looked_at - stored.looked_at < _LOOKED and stored.looked_at > stored.began  # the first look counts
    return soon and replace(cursor, looked_at=stored.looked_at) == stored
