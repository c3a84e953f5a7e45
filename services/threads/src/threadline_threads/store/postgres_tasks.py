"""Tasks in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from threadline_contracts.commands import Answer, ContactEraseRequested
from threadline_threads.commands.command import Command, CommandOutcome
from threadline_threads.commands.facts import Reread
from threadline_threads.events import announcement
from threadline_threads.plan import Plan
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox
from threadline_threads.store.postgres_save import save
from threadline_threads.store.postgres_transaction import transaction
from threadline_threads.tasks import LEASE, NOT_BEGUN, Finished, Task, answer_of

_BEGIN: Final = """
    INSERT INTO threads.task (id, type, state, begun_at, free_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING
"""
_CONTACT: Final = "SELECT EXISTS (SELECT FROM threads.contact WHERE id = $1)"
_COLUMNS: Final = "t.id, t.type, c.by, c.asked, t.state, t.begun_at, t.free_at, t.done_at"
_TAKE: Final = f"""
    UPDATE threads.task t SET free_at = $3 FROM threads.command c
    WHERE c.id = t.id AND t.id = (
        SELECT id FROM threads.task WHERE done_at IS NULL AND type = $1 AND free_at <= $2
        ORDER BY begun_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING {_COLUMNS}
"""  # noqa: S608 - our own column names
# Whoever has it wrote `free_at`: another value is another's.
_KEEP: Final = f"""
    UPDATE threads.task t SET state = $3, free_at = $4 FROM threads.command c
    WHERE c.id = t.id AND t.id = $1 AND t.free_at = $2 AND t.done_at IS NULL RETURNING {_COLUMNS}
"""  # noqa: S608
_FINISH: Final = """
    UPDATE threads.task SET state = $3, done_at = $4 WHERE id = $1 AND free_at = $2 AND done_at IS NULL RETURNING id
"""
_ANSWER: Final = "UPDATE threads.command SET answer = $2, because = $3, tickets = $4 WHERE id = $1"
_TASK: Final = f"""
    SELECT {_COLUMNS} FROM threads.task t JOIN threads.command c ON c.id = t.id WHERE t.id = $1
"""  # noqa: S608


async def begin(connection: Connection, command: Command, now: datetime, _: Reread) -> None:
    """Begin the task of a command, in the transaction that notes the command."""
    await connection.execute(_BEGIN, command.id, command.type, NOT_BEGUN, now)


async def begin_erasing(
    connection: Connection, command: Command, now: datetime, reread: Reread
) -> CommandOutcome | None:
    """Begin to erase a contact, if there is one."""
    contact = command.data.contact if isinstance(command.data, ContactEraseRequested) else None
    if not await connection.fetchval(_CONTACT, contact):
        return CommandOutcome(answer=Answer.REFUSED, because=f"There is no contact {contact} here.")
    await begin(connection, command, now, reread)
    return None


class PostgresTasks(PostgresOutbox):
    """The tasks of the store."""

    async def take_task(self, task_type: str, now: datetime) -> Task | None:
        """Take the oldest open task that nobody works at."""
        with errors_named():
            return _task(await self._pool.fetch(_TAKE, task_type, now, now + LEASE))

    async def keep_task(self, task: Task, state: bytes, now: datetime) -> Task | None:
        """Note how far a task is, and have it for a while more."""
        with errors_named():
            return _task(await self._pool.fetch(_KEEP, task.id, task.free_at, state, now + LEASE))

    async def finish_task(self, task: Task, end: Finished, now: datetime) -> bool:
        """End a task, and answer its command."""
        with errors_named():
            async with transaction(self._pool) as connection:
                if await connection.fetchval(_FINISH, task.id, task.free_at, end.state, now) is None:
                    return False
                outcome = end.outcome
                await connection.execute(_ANSWER, task.id, outcome.answer, outcome.because, outcome.tickets)
                happenings = [*end.happenings, answer_of(task, outcome)]
                await save(connection, Plan(), [announcement(one, now) for one in happenings], now)
                return True

    async def task(self, task_id: str) -> Task | None:
        """Return a task, done or not."""
        with errors_named():
            return _task(await self._pool.fetch(_TASK, task_id))


def _task(rows: Sequence[asyncpg.Record]) -> Task | None:
    if not rows:
        return None
    task, kind, by, asked, state, begun, free, done = rows[0]
    return Task(id=task, type=kind, by=by, asked=asked, state=state, begun_at=begun, free_at=free, done_at=done)
