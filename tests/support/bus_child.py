"""A process for the tests to kill: publishes without end, or takes what is there and holds it.

Usage: python -m support.bus_child publish|hold sqlite|rabbit WHERE LANE
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from support.bus import Lane, take_all
from threadline_shared import log
from threadline_shared.bus import Bus
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_shared.bus.sqlite import open_sqlite_bus

HELD = 10


async def publish_for_ever(bus: Bus, lane: Lane, name: str) -> None:
    number = 0
    while True:
        body = f"{name}-{number}"
        await bus.publish(lane.event(body))
        os.write(1, f"{body}\n".encode())  # unbuffered: what was confirmed is known, also when we are killed
        number += 1


async def hold(bus: Bus, lane: Lane) -> None:
    async with bus.subscribe(lane.queue.name) as subscription:
        for delivery in await take_all(subscription, HELD):
            os.write(1, delivery.body + b"\n")
        await asyncio.sleep(60)


def opened(kind: str, where: str) -> AbstractAsyncContextManager[Bus]:
    return open_rabbit_bus(where) if kind == "rabbit" else open_sqlite_bus(Path(where))


async def main(role: str, kind: str, where: str, lane: str) -> None:
    async with opened(kind, where) as bus, asyncio.TaskGroup() as group:
        await bus.declare([Lane(lane).queue])
        if role == "hold":
            group.create_task(hold(bus, Lane(lane)))
        else:
            for n in range(20):
                group.create_task(publish_for_ever(bus, Lane(lane), str(n)))


def arguments() -> Sequence[str]:
    return sys.argv[1:]


if __name__ == "__main__":
    log.setup({})  # to stderr: stdout is for what was confirmed
    asyncio.run(main(*arguments()))
