"""The buses that pass one suite."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from support.bus import QUICK
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_shared.bus.sqlite import open_sqlite_bus

OpenBus = Callable[[], AbstractAsyncContextManager[Bus]]


@asynccontextmanager
async def open_memory() -> AsyncIterator[Bus]:
    bus = MemoryBus(retries=QUICK)
    yield bus
    await bus.close()


def opener_of_sqlite(path: Path) -> OpenBus:
    return partial(open_sqlite_bus, path, retries=QUICK)


def opener_of_rabbit(url: str) -> OpenBus:
    return partial(open_rabbit_bus, url, retries=QUICK)


@pytest.fixture(params=["memory", "sqlite", pytest.param("rabbit", marks=pytest.mark.rabbit)])
def open_bus_again(request: pytest.FixtureRequest, tmp_path: Path) -> OpenBus:
    """Return what opens a bus; each time the same messages, except in memory."""
    if request.param == "sqlite":
        return opener_of_sqlite(tmp_path / "bus.sqlite3")
    if request.param == "rabbit":
        return opener_of_rabbit(request.getfixturevalue("amqp_url"))
    return open_memory


@pytest.fixture
async def bus(open_bus_again: OpenBus) -> AsyncIterator[Bus]:
    async with open_bus_again() as bus:
        yield bus
