"""Blobs in SQLite that messages need no longer, and who still needs them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.clues import HintKind
from threadline_threads.erasing.store import Loose
from threadline_threads.keys import hint_key
from threadline_threads.retention.emptying import needs
from threadline_threads.store import rows
from threadline_threads.store.sqlite_load import moment, stored
from threadline_threads.store.sqlite_republish import Read

_LOOSEN: Final = "INSERT OR REPLACE INTO loose_blob (blob, desk, at) VALUES (?, ?, ?)"
_LOOSE: Final = "SELECT blob, desk, at FROM loose_blob WHERE at <= ? ORDER BY blob LIMIT ?"
_HAVE: Final = "SELECT m.content FROM clue c JOIN message m ON m.id = c.message WHERE c.key = ?"
_SETTLED: Final = "DELETE FROM loose_blob WHERE blob = ? AND at = ?"


def loosen(connection: Connection, blobs: Iterable[str], desk: str, now: datetime) -> None:
    """Note that messages need these blobs no longer."""
    connection.executemany(_LOOSEN, [(blob, desk, stored(now)) for blob in blobs])


def _is_needed(connection: Connection, desk: str, blob: str) -> bool:
    found = connection.execute(_HAVE, (hint_key(desk, HintKind.BLOB, blob),))
    return any(needs(rows.message.decode(content), blob) for (content,) in found)  # no more are read than it takes


class SqliteBlobNeeds:
    """Who needs a blob."""

    _read: Read

    async def needs_blob(self, desk: str, blob: str) -> bool:
        """Return whether a message of the desk refers to a blob."""
        return await self._read(partial(_is_needed, desk=desk, blob=blob))


class SqliteBlobs:
    """The blobs of the store."""

    _writer: SqliteWriter

    async def loosen(self, blobs: Iterable[str], desk: str, now: datetime) -> None:
        """Note that messages need these blobs no longer."""
        if found := list(blobs):
            await self._writer.do(partial(loosen, blobs=found, desk=desk, now=now))

    async def loose(self, until: datetime, limit: int) -> Sequence[Loose]:
        """Return the next blobs that nobody may need."""
        found = await self._writer.read(lambda db: db.execute(_LOOSE, (stored(until), limit)).fetchall())
        return [Loose(blob, desk, moment(at)) for blob, desk, at in found]

    async def is_needed(self, blob: Loose) -> bool:
        """Return whether a message refers to a blob."""
        return await self._writer.read(partial(_is_needed, desk=blob.desk, blob=blob.blob))

    async def settled(self, blobs: Sequence[Loose]) -> None:
        """Note that these are dealt with."""
        done = [(one.blob, stored(one.at)) for one in blobs]
        await self._writer.do(lambda db: db.executemany(_SETTLED, done))

    async def compact(self) -> None:
        """Write the file anew, without what was deleted."""
        await self._writer.do(_merge_words)
        await self._writer.compact()


def _merge_words(connection: Connection) -> None:
    # What was deleted stays in the index of the words until its parts are merged.
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
