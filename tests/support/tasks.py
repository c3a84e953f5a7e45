"""Tasks of a store, done step by step by the test itself."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from msgspec import Struct

from support.commands import TYPES, as_command, reread
from support.threads_house import House
from threadline_shared.health import component
from threadline_threads.commands.command import read
from threadline_threads.reading import CommandRecord
from threadline_threads.tasks import LEASE, Finished, Step, Task, Tasks


async def begin(house: House, asked: Struct, command: str) -> None:
    """Ask for something that takes a while."""
    outcome = await house.store.carry_out(read(as_command(asked, id=command)), datetime.now(UTC), reread)
    assert outcome is None


async def take(house: House, asked: type[Struct], *, later: bool = False) -> Task | None:
    """Take the next task, as somebody does now, or when every lease has ended."""
    now = datetime.now(UTC) + (2 * LEASE if later else LEASE * 0)
    return await house.store.take_task(TYPES[asked], now)


async def finish(house: House, asked: type[Struct], step: Step) -> None:
    """Do the next task to its end."""
    task = await take(house, asked, later=True)
    assert task is not None
    await Tasks(house.store, task.type, step, component(task.type), lambda: None).do(task)


async def answer(house: House, command: str) -> CommandRecord:
    """Return what became of a command."""
    found = await house.reader.command(command)
    assert found is not None
    return found


def dying_after(steps: int, step: Callable[[Task], Awaitable[bytes | Finished]]) -> Step:
    """Return a step that is done so often; then the process dies, once."""
    left = [steps]

    async def mortal(task: Task) -> bytes | Finished:
        left[0] -= 1
        if left[0] == -1:
            raise KeyboardInterrupt
        return await step(task)

    return mortal
