"""The jobs beside the hot path: tasks that commands began, what arrives late, what is too old or needed by nobody.

They yield to the hot path, and outlive every crash.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import EventType
from threadline_shared.bus import Bus
from threadline_shared.health import Component, component
from threadline_threads.erasing.job import Eraser
from threadline_threads.erasing.late import Latecomers
from threadline_threads.erasing.loose import OpenBlobs, Sweeper
from threadline_threads.erasing.shapes import Rules
from threadline_threads.erasing.store import ErasingStore
from threadline_threads.republishing.job import Republisher, Stock
from threadline_threads.retention.job import Retention, RetentionStore
from threadline_threads.retention.kinds import RetentionSettings
from threadline_threads.tasks import Step, Tasks, TaskStore

SWEEP_SECONDS: Final = 30.0
_KIND: Final = "task"


class Upkeep(TaskStore, Stock, ErasingStore, RetentionStore, Protocol):
    """What these jobs ask of a store."""


class Means(Struct, frozen=True):
    """What these jobs work with; `told` is to be called when there may be something new to announce."""

    store: Upkeep
    bus: Bus
    open_blobs: OpenBlobs
    rules: Rules
    retention: RetentionSettings
    told: Callable[[], None]


async def keep_up(means: Means, latecomers: Latecomers) -> None:
    """Do them for ever."""
    store, bus = means.store, means.bus
    sweeper = Sweeper(store, means.open_blobs, bus)
    steps: dict[EventType, Step] = {
        EventType.REPUBLISH_REQUESTED: Republisher(store, bus).step,
        EventType.CONTACT_ERASE_REQUESTED: Eraser(store, bus, sweeper, means.rules).step,
    }
    async with asyncio.TaskGroup() as group:
        group.create_task(latecomers.run(), name="latecomers")
        group.create_task(_sweep(sweeper, component("threads/blobs", kind=_KIND)), name="blobs")
        retention = Retention(store, means.retention)
        group.create_task(retention.run(component("threads/retention", kind=_KIND)), name="retention")
        for kind, step in steps.items():
            name = f"threads/{kind.partition('.requested')[0]}"
            group.create_task(Tasks(store, kind, step, component(name, kind=_KIND), means.told).run(), name=name)


async def _sweep(sweeper: Sweeper, part: Component) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        try:
            while await sweeper.sweep(until=datetime.now(UTC)):
                part.ok()
                await asyncio.sleep(1)
        except TemporaryError as err:
            part.trouble(str(err))
