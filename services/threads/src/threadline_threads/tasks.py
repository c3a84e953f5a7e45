"""What takes longer than a command may: done in steps, by one process at a time, and gone on with after a crash.

A command that begins a task is answered when the task is done. Every step may be repeated: it was not noted as done
when its process died. Whoever works at a task has it for LEASE; then another may go on with it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_shared.backoff import delays
from threadline_shared.health import Component
from threadline_shared.log import logger
from threadline_threads.commands.command import Command, CommandOutcome, Malformed, answered
from threadline_threads.plan import Happening

LEASE: Final = timedelta(seconds=30)
NOT_BEGUN: Final = b"{}"
_POLL_SECONDS: Final = 1.0
_log: Final = logger()


class Task(Struct, frozen=True, kw_only=True):
    """A task: the command that asked for it, by whom, and how far it is (`state`, JSON of its type's own)."""

    id: str
    type: str
    by: str
    asked: bytes
    state: bytes
    begun_at: datetime
    free_at: datetime
    done_at: datetime | None = None


class Finished(Struct, frozen=True):
    """The end of a task: how its command is answered, and what else is told of it in the same transaction."""

    outcome: CommandOutcome
    state: bytes
    happenings: Sequence[Happening] = ()


def answer_of(task: Task, outcome: CommandOutcome) -> Happening:
    """Return the answer to a task's command."""
    command = Command(id=task.id, type=task.type, data=Malformed(""), by=task.by, asked=task.asked)
    return answered(command, outcome)


Step = Callable[[Task], Awaitable[bytes | Finished]]
"""Does a little of a task; returns how far it is now, or its end."""


class TaskStore(Protocol):
    """Where tasks are. Every method raises TemporaryError when the database is away."""

    async def take_task(self, task_type: str, now: datetime) -> Task | None:
        """Take the oldest open task that nobody works at, until `now` + LEASE."""

    async def keep_task(self, task: Task, state: bytes, now: datetime) -> Task | None:
        """Note how far a task is, and have it for LEASE more; None when another has it."""

    async def finish_task(self, task: Task, end: Finished, now: datetime) -> bool:
        """End a task, and answer its command; False when another has it."""

    async def task(self, task_id: str) -> Task | None:
        """Return a task, done or not."""


class Tasks:
    """Does the tasks of one type, one after the other; `told` is called when there may be something to announce."""

    def __init__(
        self, store: TaskStore, task_type: str, step: Step, component: Component, told: Callable[[], None]
    ) -> None:
        self._store = store
        self._type = task_type
        self._step = step
        self._component = component
        self._told = told

    async def run(self) -> None:
        """Do tasks for ever. What fails is tried again when its lease has ended; others do not wait for it."""
        waits = delays()
        while True:
            try:
                await self._look()
                waits = delays()
            except TemporaryError as err:
                self._component.trouble(str(err))
                await asyncio.sleep(next(waits))
            except Exception:  # noqa: BLE001 - our bug must not end the process: the task stays, for whoever mends it
                _log.exception("task.failed", type=self._type)
                self._component.trouble(f"a task fails: {self._type}")
                await asyncio.sleep(_POLL_SECONDS)  # its lease still runs: others of its type come first

    async def do(self, task: Task) -> None:
        """Do a task to its end, or until another has it. Raises TemporaryError, and what the step raises."""
        current: Task | None = task
        while current is not None:
            result = await self._step(current)
            current = await self._noted(current, result)
            self._component.ok()
            self._told()

    async def _look(self) -> None:
        if task := await self._store.take_task(self._type, datetime.now(UTC)):
            await self.do(task)
        else:
            self._component.idle()
            await asyncio.sleep(_POLL_SECONDS)

    async def _noted(self, task: Task, result: bytes | Finished) -> Task | None:
        now = datetime.now(UTC)
        if not isinstance(result, Finished):
            return await self._store.keep_task(task, result, now)
        if await self._store.finish_task(task, result, now):
            _log.info("task.done", type=self._type, id=task.id, answer=result.outcome.answer)
        return None
