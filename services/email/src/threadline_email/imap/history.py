"""What was in a mailbox before its first connection: imported on request, when nothing new waits, as `backfill=1`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

import msgspec
from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_email.imap.cursor import Cursor
from threadline_email.imap.folder import Folder, FolderReader, Tools
from threadline_email.imap.record import HISTORY, CursorRecord, mailbox_key, record_key
from threadline_email.imap.session import Session
from threadline_email.imap.trouble import trouble_of
from threadline_email.mailboxes import Mailbox
from threadline_shared.state import Record, State

_REQUESTS: Final = "imap.backfill"
_STEP: Final = 1000  # mails; then new ones have their turn


class Backfill(Struct, frozen=True):
    """A request: mails since a day, or all."""

    since: date | None


async def request_backfill(state: State, mailbox: Mailbox, since: date | None) -> None:
    """Have the older mails of a mailbox imported, those since a day or all. Raises TemporaryError."""
    key, value = mailbox_key(mailbox), msgspec.json.encode(Backfill(since))
    stored = None
    while stored is None:
        found = await state.get(_REQUESTS, key)
        stored = await state.put(_REQUESTS, key, value, expect=found.version if found else None)


class History:
    """The history of one mailbox. `setting`: what `backfill` says."""

    def __init__(self, state: State, mailbox: Mailbox, tools: Tools, folders: Sequence[Folder]) -> None:
        self._state = state
        self._key = mailbox_key(mailbox)
        self._setting = tools.account.backfill
        self._readers = {folder.name: _reader(state, mailbox, tools, folder) for folder in folders}
        self._left = dict(self._readers)
        self._ensured: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether there may be mails to import."""
        return bool(self._left)

    @property
    def moved(self) -> bool:
        """Whether anything was imported since it was prepared."""
        return any(reader.place.moved for reader in self._readers.values())

    async def prepare(self) -> None:
        """Load what is to be imported. Raises TemporaryError."""
        self._left = dict(self._readers)
        for reader in self._readers.values():
            await reader.place.prepare()

    async def ensure(self, folder: str, cursor: Cursor) -> None:
        """Begin a folder's history where the settings ask for it, and it never began. Raises TemporaryError."""
        if not self._setting or folder in self._ensured:
            return
        if not await self._readers[folder].place.exists():
            await self.begin(folder, cursor, None if self._setting == "all" else date.fromisoformat(self._setting))
        self._ensured.add(folder)

    async def begin(self, folder: str, cursor: Cursor, since: date | None) -> None:
        """Import a folder's mails up to the place of its cursor, those since a day or all. Raises TemporaryError."""
        now = datetime.now(UTC)
        last = max(cursor.last_uid, cursor.renumbered_until)
        begun = Cursor(
            uidvalidity=cursor.uidvalidity,
            last_uid=0 if last else 1,  # an empty folder has none
            until=last or 1,
            since=since,
            renumbered_until=last,  # what was taken in the meantime is known
            began=now,
            looked_at=now,
        )
        await self._readers[folder].place.begin(begun)
        self._left[folder] = self._readers[folder]

    async def requested(self) -> Record | None:
        """Return a request that has not begun. Raises TemporaryError."""
        return await self._state.get(_REQUESTS, self._key)

    async def begun(self, request: Record) -> None:
        """Forget a request, now that every folder has begun. Raises TemporaryError."""
        await self._state.delete(_REQUESTS, self._key, expect=request.version)

    async def step(self, session: Session) -> None:
        """Import some mails. Raises TemporaryError."""
        name, reader = next(iter(self._left.items()))
        try:
            more = await reader.enter(session) is not None and await reader.catch_up(session, most=_STEP)
        except TemporaryError as err:
            if trouble_of(err).kind != "folder":
                raise
            more = False  # the job tells of a folder that cannot be opened; the others' history goes on
        if not more:
            self._left.pop(name, None)


async def is_requested(state: State, mailbox: Mailbox) -> bool:
    """Return whether a request waits to be begun. Raises TemporaryError."""
    return await state.get(_REQUESTS, mailbox_key(mailbox)) is not None


def since_of(request: Record) -> date | None:
    """Return the day that a request names."""
    return msgspec.json.decode(request.value, type=Backfill).since


def _reader(state: State, mailbox: Mailbox, tools: Tools, folder: Folder) -> FolderReader:
    past = Folder(folder.name, {**folder.facts, "backfill": "1"}, pays=False)
    return FolderReader(past, tools, CursorRecord(state, HISTORY, record_key(mailbox, folder.name)), history=True)
