"""What grows too old in SQLite: each step looks at a few rows by their primary key, in one transaction."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.retention.emptying import emptied, without_raw
from threadline_threads.retention.job import Swept
from threadline_threads.retention.kinds import Kind
from threadline_threads.store.sqlite_blobs import loosen
from threadline_threads.store.sqlite_in import select_in
from threadline_threads.store.sqlite_load import stored
from threadline_threads.words import words_of

_TURN: Final = """
    INSERT INTO cursor (name, sequence) VALUES ('retention', ?1)
    ON CONFLICT (name) DO UPDATE SET sequence = ?1 WHERE sequence <= ?2 RETURNING sequence
"""
# The newest event stays: its number says where the next one is.
_EVENTS: Final = """
    SELECT sequence, sent_at IS NOT NULL AND committed_at < ?2
        AND sequence <= coalesce((SELECT sequence FROM cursor WHERE name = 'clerk'), 0)
        AND sequence < (SELECT max(sequence) FROM outbox), committed_at
    FROM outbox WHERE sequence > ?1 ORDER BY sequence LIMIT ?3
"""
_FORGET_EVENT: Final = "DELETE FROM outbox WHERE sequence = ?"
_WAITING: Final = "SELECT ticket FROM waiting WHERE ticket > ? ORDER BY ticket LIMIT ?"
_FORGET_WAITING: Final = """
    DELETE FROM waiting WHERE ticket > ? AND ticket <= ?
    AND EXISTS (SELECT 1 FROM message m WHERE m.id = waiting.message AND m.committed_at < ?)
"""
_CLUES: Final = "SELECT key FROM clue WHERE key > ? ORDER BY key LIMIT ?"
# By these two a person, and who else has a file, is found: they stay as long as the message.
_FORGET_CLUES: Final = """
    DELETE FROM clue WHERE key > ? AND key <= ? AND at < ? AND condition NOT IN ('contact', 'blob')
"""
_COMMANDS: Final = """
    SELECT c.id FROM command c WHERE c.at < ?
    AND NOT EXISTS (SELECT 1 FROM task t WHERE t.id = c.id AND t.done_at IS NULL) ORDER BY c.at LIMIT ?
"""
_FORGET_COMMAND: Final = (
    "DELETE FROM command_ticket WHERE command = ?",
    "DELETE FROM task WHERE id = ?",
    "DELETE FROM command WHERE id = ?",
)
_SUGGESTIONS: Final = "SELECT id, settled_at FROM suggestion WHERE id > ? ORDER BY id LIMIT ?"
_FORGET_SUGGESTION: Final = "DELETE FROM suggestion WHERE id = ?"
_TICKETS: Final = "SELECT id, status, solved_at FROM ticket WHERE id > ? ORDER BY id LIMIT ?"
_TEXTS: Final = "SELECT m.number, m.content, t.desk FROM message m JOIN ticket t ON t.id = m.ticket"
_CONTENT: Final = "UPDATE message SET content = ? WHERE number = ?"
_WORDS: Final = "INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)"
_RAWS: Final = "SELECT number FROM message WHERE number > ? ORDER BY number LIMIT ?"
_WITH_RAW: Final = """
    SELECT m.number, m.content, t.desk FROM message m JOIN ticket t ON t.id = m.ticket
    WHERE m.number > ? AND m.number <= ? AND m.committed_at < ? AND instr(m.content, CAST('"raw":null' AS BLOB)) = 0
"""

Step = Callable[[Connection, datetime, str, int], Swept]


class SqliteRetention:
    """The retiring part of the store."""

    _writer: SqliteWriter

    async def take_retention(self, now: datetime, every: timedelta) -> bool:
        """Take the turn."""
        seconds = int(now.timestamp())
        given = (seconds, seconds - int(every.total_seconds()))
        return await self._writer.do(lambda db: db.execute(_TURN, given).fetchone()) is not None

    async def retire(self, kind: Kind, before: datetime, behind: str, limit: int) -> Swept:
        """Take away what is older of the next rows."""
        return await self._writer.do(partial(_retire, step=_STEPS[kind], before=before, behind=behind, limit=limit))


def _retire(connection: Connection, step: Step, before: datetime, behind: str, limit: int) -> Swept:
    return step(connection, before, behind, limit)


def _events(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    found = connection.execute(_EVENTS, (int(behind or 0), stored(before), limit)).fetchall()
    gone = [(number,) for number, old, _ in found if old]
    connection.executemany(_FORGET_EVENT, gone)
    more = len(found) == limit and found[-1][2] < stored(before)
    return Swept(len(gone), str(found[-1][0]) if more else None)


def _waiting(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    return _between(connection, _WAITING, _FORGET_WAITING, before, behind, limit)


def _clues(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    return _between(connection, _CLUES, _FORGET_CLUES, before, behind, limit)


def _between(connection: Connection, look: str, forget: str, before: datetime, behind: str, limit: int) -> Swept:
    after = bytes.fromhex(behind)
    found = connection.execute(look, (after, limit)).fetchall()
    if not found:
        return Swept(0)
    last: bytes = found[-1][0]
    return Swept(connection.execute(forget, (after, last, stored(before))).rowcount, last.hex())


def _commands(connection: Connection, before: datetime, _: str, limit: int) -> Swept:
    ids = connection.execute(_COMMANDS, (stored(before), limit)).fetchall()
    for statement in _FORGET_COMMAND:
        connection.executemany(statement, ids)
    return Swept(len(ids), "more" if len(ids) == limit else None)


def _suggestions(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    found = connection.execute(_SUGGESTIONS, (bytes.fromhex(behind), limit)).fetchall()
    gone = [(one,) for one, settled in found if settled is not None and settled < stored(before)]
    connection.executemany(_FORGET_SUGGESTION, gone)
    return Swept(len(gone), found[-1][0].hex() if found else None)


def _closed_texts(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    found = connection.execute(_TICKETS, (bytes.fromhex(behind), limit)).fetchall()
    old = [one for one, status, since in found if status == "closed" and since is not None and since < stored(before)]
    gone = 0
    for number, content, desk in list(select_in(connection, _TEXTS, "m.ticket", old)):
        if left := emptied(content):
            connection.execute(_CONTENT, (left[1], number))
            connection.execute(_WORDS, (number, words_of(left[0])))
            loosen(connection, left[2], desk, datetime.now(UTC))
            gone += 1
    return Swept(gone, found[-1][0].hex() if found else None)


def _raw_inputs(connection: Connection, before: datetime, behind: str, limit: int) -> Swept:
    after = int(behind or 0)
    found = connection.execute(_RAWS, (after, limit)).fetchall()
    if not found:
        return Swept(0)
    gone = 0
    for number, content, desk in connection.execute(_WITH_RAW, (after, found[-1][0], stored(before))).fetchall():
        left, raw = without_raw(content)
        connection.execute(_CONTENT, (left, number))
        if raw:
            loosen(connection, [raw], desk, datetime.now(UTC))
            gone += 1
    return Swept(gone, str(found[-1][0]))


_STEPS: Final[Mapping[Kind, Step]] = {
    Kind.EVENTS: _events,
    Kind.WAITING: _waiting,
    Kind.CLUES: _clues,
    Kind.COMMANDS: _commands,
    Kind.SUGGESTIONS: _suggestions,
    Kind.CLOSED_TEXTS: _closed_texts,
    Kind.RAW_INPUTS: _raw_inputs,
}
