"""The jobs beside the hot path: tasks that commands began. They yield to it, and outlive every crash."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from threadline_contracts.topology import EventType
from threadline_shared.bus import Bus
from threadline_shared.health import component
from threadline_threads.erasing.store import ErasingStore
from threadline_threads.republishing.job import Republisher, Stock
from threadline_threads.tasks import Step, Tasks, TaskStore

_KIND: Final = "task"


class Upkeep(TaskStore, Stock, ErasingStore, Protocol):
    """What these jobs ask of a store."""


async def keep_up(store: Upkeep, bus: Bus, told: Callable[[], None]) -> None:
    """Do them for ever; `told` is called when there may be something new to announce."""
    steps: dict[EventType, Step] = {EventType.REPUBLISH_REQUESTED: Republisher(store, bus).step}
    async with asyncio.TaskGroup() as group:
        for kind, step in steps.items():
            name = f"threads/{kind.partition('.requested')[0]}"
            group.create_task(Tasks(store, kind, step, component(name, kind=_KIND), told).run(), name=name)
