"""Cursors in the service's state. Who saves after another process did is told, and must stop."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from threadline_contracts.errors import TemporaryError
from threadline_email.imap import trouble
from threadline_email.imap.cursor import Cursor
from threadline_email.mailboxes import Mailbox
from threadline_shared.state import NAME_MAX_BYTES, State

NEW: Final = "imap"
"""The space of the cursors of what arrives."""
HISTORY: Final = "imap.history"
"""The space of the cursors of what was there before."""


def mailbox_key(mailbox: Mailbox) -> str:
    """Return the name of a mailbox in the state: of its lease, its ledger and its requests."""
    return _fitting("/".join(mailbox.key))


def record_key(mailbox: Mailbox, folder: str) -> str:
    """Return the key of a folder's cursor."""
    return _fitting("/".join((*mailbox.key, folder)))


class CursorRecord:
    """One folder's cursor, as it is stored."""

    def __init__(self, state: State, space: str, key: str) -> None:
        self._state = state
        self._space = space
        self.key: Final = key
        self._version: int | None = None

    async def load(self) -> Cursor | None:
        """Return the cursor, or None when there is none. Raises TemporaryError."""
        found = await self._state.get(self._space, self.key)
        self._version = found.version if found else None
        return decode_cursor(found.value, self._space, self.key) if found else None

    async def began(self) -> datetime:
        """Return when this folder was first to be read, be the server there or not. Raises TemporaryError."""
        space = f"{self._space}.began"
        now = datetime.now(UTC).isoformat().encode()
        while (found := await self._state.get(space, self.key)) is None:
            await self._state.put(space, self.key, now, expect=None)
        return datetime.fromisoformat(found.value.decode())

    async def save(self, cursor: Cursor) -> None:
        """Store the cursor. Raises TemporaryError, also when somebody else stored another since we loaded ours."""
        version = await self._state.put(self._space, self.key, msgspec.json.encode(cursor), expect=self._version)
        if version is None:
            raise trouble.raised("lost", "another process reads this mailbox now")
        self._version = version


def decode_cursor(value: bytes, space: str, key: str) -> Cursor:
    """Return a cursor as it was stored. Raises TemporaryError, naming the record, where that is damaged."""
    try:
        return msgspec.json.decode(value, type=Cursor)
    except msgspec.DecodeError as err:
        advice = "restore it from a backup, or delete it, and the folder begins anew"
        raise TemporaryError(f"the record {key!r} in {space!r} of the state is damaged ({err}): {advice}") from err


def _fitting(name: str) -> str:
    raw = name.encode("utf-8", "replace")
    return name if len(raw) <= NAME_MAX_BYTES else f"sha256:{sha256(raw).hexdigest()}"
