"""Tasks in SQLite."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from threadline_contracts.commands import Answer, ContactEraseRequested
from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.commands.command import Command, CommandOutcome
from threadline_threads.commands.facts import Reread
from threadline_threads.events import announcement
from threadline_threads.plan import Plan
from threadline_threads.store.sqlite_load import moment, stored
from threadline_threads.store.sqlite_save import save
from threadline_threads.tasks import LEASE, NOT_BEGUN, Finished, Task, answer_of

_BEGIN: Final = "INSERT OR IGNORE INTO task (id, type, state, begun_at, free_at) VALUES (?, ?, ?, ?, ?)"
_TASK: Final = """
    SELECT t.id, t.type, c.by, c.asked, t.state, t.begun_at, t.free_at, t.done_at
    FROM task t JOIN command c ON c.id = t.id WHERE t.id = ?
"""
_CONTACT: Final = "SELECT 1 FROM contact WHERE id = ?"
_FREE: Final = """
    SELECT id FROM task WHERE done_at IS NULL AND type = ? AND free_at <= ? ORDER BY begun_at, id LIMIT 1
"""
_TAKE: Final = "UPDATE task SET free_at = ? WHERE id = ?"
_KEEP: Final = "UPDATE task SET state = ?, free_at = ? WHERE id = ? AND free_at = ? AND done_at IS NULL RETURNING id"
_FINISH: Final = "UPDATE task SET state = ?, done_at = ? WHERE id = ? AND free_at = ? AND done_at IS NULL RETURNING id"
_ANSWER: Final = "UPDATE command SET answer = ?, because = ? WHERE id = ?"
_CONCERNED: Final = "INSERT OR IGNORE INTO command_ticket (ticket, command, position) VALUES (?, ?, ?)"


def begin(connection: Connection, command: Command, now: datetime, _: Reread) -> None:
    """Begin the task of a command, in the transaction that notes the command."""
    connection.execute(_BEGIN, (command.id, command.type, NOT_BEGUN, stored(now), stored(now)))


def begin_erasing(connection: Connection, command: Command, now: datetime, reread: Reread) -> CommandOutcome | None:
    """Begin to erase a contact, if there is one."""
    contact = command.data.contact if isinstance(command.data, ContactEraseRequested) else None
    if contact is None or not connection.execute(_CONTACT, (contact.bytes,)).fetchone():
        return CommandOutcome(answer=Answer.REFUSED, because=f"There is no contact {contact} here.")
    begin(connection, command, now, reread)
    return None


class SqliteTasks:
    """The tasks of the store."""

    def __init__(self, writer: SqliteWriter) -> None:
        self._writer = writer

    async def take_task(self, task_type: str, now: datetime) -> Task | None:
        """Take the oldest open task that nobody works at."""
        waiting = await self._writer.read(lambda db: db.execute(_FREE, (task_type, stored(now))).fetchone())
        return await self._writer.do(partial(_take, task_type=task_type, now=now)) if waiting else None

    async def keep_task(self, task: Task, state: bytes, now: datetime) -> Task | None:
        """Note how far a task is, and have it for a while more."""
        return await self._writer.do(partial(_keep, task=task, state=state, now=now))

    async def finish_task(self, task: Task, end: Finished, now: datetime) -> bool:
        """End a task, and answer its command."""
        return await self._writer.do(partial(_finish, task=task, end=end, now=now))

    async def task(self, task_id: str) -> Task | None:
        """Return a task, done or not."""
        return await self._writer.read(partial(read_task, task_id=task_id))


def read_task(connection: Connection, task_id: str) -> Task | None:
    """Return a task, done or not."""
    row: Sequence[Any] | None = connection.execute(_TASK, (task_id,)).fetchone()
    if row is None:
        return None
    task, kind, by, asked, state, begun, free, done = row
    return Task(
        id=task,
        type=kind,
        by=by,
        asked=asked,
        state=state,
        begun_at=moment(begun),
        free_at=moment(free),
        done_at=moment(done) if done is not None else None,
    )


def _take(connection: Connection, task_type: str, now: datetime) -> Task | None:
    found = connection.execute(_FREE, (task_type, stored(now))).fetchone()
    if found is None:
        return None
    connection.execute(_TAKE, (stored(now + LEASE), found[0]))
    return read_task(connection, found[0])


def _keep(connection: Connection, task: Task, state: bytes, now: datetime) -> Task | None:
    kept = connection.execute(_KEEP, (state, stored(now + LEASE), task.id, stored(task.free_at))).fetchone()
    return read_task(connection, task.id) if kept else None


def _finish(connection: Connection, task: Task, end: Finished, now: datetime) -> bool:
    ended = connection.execute(_FINISH, (end.state, stored(now), task.id, stored(task.free_at))).fetchone()
    if ended is None:
        return False
    outcome = end.outcome
    connection.execute(_ANSWER, (outcome.answer, outcome.because, task.id))
    connection.executemany(_CONCERNED, [(one.bytes, task.id, place) for place, one in enumerate(outcome.tickets)])
    save(connection, Plan(), [announcement(one, now) for one in (*end.happenings, answer_of(task, outcome))], now)
    return True
