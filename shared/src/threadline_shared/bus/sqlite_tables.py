"""The tables of the SQLite bus, and every statement on them; refuses to know of tasks and loops.

A message stands in `message` (written once) and in `place` (narrow, changed by every loan), once for each queue it is
in. Loans live as long as the process: the file has one owner, who voids them when it opens it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from threadline_contracts.topology import Exchange, Queue, QueueKind
from threadline_shared.bus import LogEntry, Outgoing
from threadline_shared.sqlite import Connection

# `ready` is 0, or the moment (Unix time) a backoff ends; those whose backoff ended go first, that a backlog does not
# keep them waiting for ever. `loan` is 0, or the number of the subscription that has it.
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS queue (name TEXT PRIMARY KEY, declaration BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, key TEXT NOT NULL, event_id TEXT NOT NULL, headers BLOB NOT NULL,
    body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS place (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, ready REAL NOT NULL, attempts INTEGER NOT NULL, loan INTEGER NOT NULL,
    lent INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS place_ready ON place (queue, ready DESC, id) WHERE loan = 0;
CREATE INDEX IF NOT EXISTS place_loan ON place (loan) WHERE loan <> 0;
CREATE TABLE IF NOT EXISTS log (
    position INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, at REAL NOT NULL, exchange TEXT NOT NULL,
    key TEXT NOT NULL, event_id TEXT NOT NULL, headers BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS log_queue ON log (queue, position);
"""
_INSERT_MESSAGE: Final = "INSERT INTO message (exchange, key, event_id, headers, body) VALUES (?, ?, ?, ?, ?)"
_INSERT_PLACE: Final = "INSERT INTO place (id, queue, ready, attempts, loan, lent) VALUES (?, ?, 0, 0, 0, 0)"
_INSERT_LOG: Final = "INSERT INTO log (queue, at, exchange, key, event_id, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT_READY: Final = """
SELECT place.id, attempts, lent, exchange, key, event_id, headers, body FROM place JOIN message USING (id)
WHERE queue = ? AND loan = 0 AND ready <= ? ORDER BY ready DESC, place.id LIMIT ?"""
_SELECT_LOG: Final = """
SELECT position, exchange, key, event_id, headers, body FROM log WHERE queue = ? AND position > ?
ORDER BY position LIMIT ?"""
_DELETE_OLD: Final = """
DELETE FROM log WHERE position IN (SELECT position FROM log WHERE queue = ? AND at < ? ORDER BY position LIMIT ?)"""
_SWEEP_MAX: Final = 10_000  # rows at once, so that nobody waits long behind a sweep

_headers_decoder: Final = msgspec.json.Decoder(dict[str, str])
_queue_decoder: Final = msgspec.json.Decoder(Queue)
Routed = tuple[Sequence[Queue], Outgoing]
Lent = tuple[int, int]  # a place's id, and the loan it is under


class Row(Struct, frozen=True):
    """A message on loan."""

    id: int
    attempts: int
    redelivered: bool
    exchange: str
    key: str
    event_id: str
    headers: Mapping[str, str]
    body: bytes


def void_loans(connection: Connection) -> None:
    """Forget the loans of the process before; `lent` remembers that somebody had them."""
    connection.execute("UPDATE place SET loan = 0 WHERE loan <> 0")


def touch(connection: Connection) -> None:
    """Write something."""
    connection.execute("PRAGMA user_version = 1")


def declare(connection: Connection, queues: Sequence[Queue]) -> None:
    """Remember queues: they collect messages also while nobody declares them."""
    rows = [(queue.name, msgspec.json.encode(queue)) for queue in queues]
    connection.executemany("REPLACE INTO queue VALUES (?, ?)", rows)


def declared(connection: Connection) -> Sequence[Queue]:
    """Return all queues ever declared."""
    rows = connection.execute("SELECT declaration FROM queue").fetchall()
    return [_queue_decoder.decode(declaration) for (declaration,) in rows]


def insert_all(connection: Connection, going: Sequence[Routed]) -> None:
    """Put messages into the queues of each."""
    for queues, outgoing in going:
        insert(connection, queues, outgoing)


def insert(connection: Connection, queues: Sequence[Queue], outgoing: Outgoing) -> None:
    """Put a message into every one of the queues."""
    headers = msgspec.json.encode(outgoing.headers) if outgoing.headers else b""
    values = (str(outgoing.exchange), outgoing.key, outgoing.event_id, headers, outgoing.body)
    for queue in queues:
        if queue.kind is QueueKind.LOG:
            connection.execute(_INSERT_LOG, (queue.name, time.time(), *values))
        else:
            row = connection.execute(_INSERT_MESSAGE, values).lastrowid
            connection.execute(_INSERT_PLACE, (row, queue.name))


def lend(connection: Connection, queue: str, loan: int, limit: int) -> Sequence[Row]:
    """Put up to `limit` ready messages on loan."""
    rows = [_row(row) for row in connection.execute(_SELECT_READY, (queue, time.time(), limit))]
    connection.executemany("UPDATE place SET loan = ?, lent = lent + 1 WHERE id = ?", [(loan, row.id) for row in rows])
    return rows


def seconds_to_next(connection: Connection, queue: str) -> float | None:
    """Return when the next backoff ends; None when none runs."""
    query = "SELECT min(ready) FROM place WHERE queue = ? AND loan = 0"
    (ready,) = connection.execute(query, (queue,)).fetchone()
    return None if ready is None else max(0.0, ready - time.time())


def delete(connection: Connection, lent: Sequence[Lent]) -> None:
    """Delete what is on these loans."""
    query = "DELETE FROM message WHERE id = (SELECT id FROM place WHERE id = ? AND loan = ?)"
    connection.executemany(query, lent)
    connection.executemany("DELETE FROM place WHERE id = ? AND loan = ?", lent)


def take_back(connection: Connection, lent: Sequence[Lent]) -> None:
    """End loans as if they had never been."""
    connection.executemany("UPDATE place SET loan = 0, lent = lent - 1 WHERE id = ? AND loan = ?", lent)


def take_all_back(connection: Connection, loan: int) -> None:
    """End every loan of one number, as if it had never been."""
    connection.execute("UPDATE place SET loan = 0, lent = lent - 1 WHERE loan = ? AND loan <> 0", (loan,))


def delay(connection: Connection, lent: Sequence[Lent], seconds: float) -> None:
    """End loans with a failure counted and a backoff."""
    query = "UPDATE place SET loan = 0, attempts = attempts + 1, ready = ? WHERE id = ? AND loan = ?"
    connection.executemany(query, [(time.time() + seconds, *row) for row in lent])


def depth(connection: Connection, queue: str) -> int:
    """Return how many wait."""
    query = "SELECT count(*) FROM place WHERE queue = ? AND loan = 0"
    return int(connection.execute(query, (queue,)).fetchone()[0])


def read_log(connection: Connection, queue: str, after: int, limit: int) -> Sequence[LogEntry]:
    """Return the next entries of a log."""
    return [_entry(row) for row in connection.execute(_SELECT_LOG, (queue, after, limit))]


def sweep(connection: Connection, queue: str, max_age: float) -> None:
    """Delete the oldest entries of a log that are older than `max_age` seconds."""
    connection.execute(_DELETE_OLD, (queue, time.time() - max_age, _SWEEP_MAX))


def _row(row: tuple[int, int, int, str, str, str, bytes, bytes]) -> Row:
    place, attempts, lent, exchange, key, event_id, headers, body = row
    return Row(place, attempts, lent > 0, exchange, key, event_id, _headers(headers), body)


def _entry(row: tuple[int, str, str, str, bytes, bytes]) -> LogEntry:
    position, exchange, key, event_id, headers, body = row
    outgoing = Outgoing(exchange=Exchange(exchange), key=key, body=body, event_id=event_id, headers=_headers(headers))
    return LogEntry(position=position, outgoing=outgoing)


def _headers(raw: bytes) -> Mapping[str, str]:
    return _headers_decoder.decode(raw) if raw else {}
