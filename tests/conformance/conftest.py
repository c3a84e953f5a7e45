"""The buses that pass one suite."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from support.bus import QUICK
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus

OpenBus = Callable[[], AbstractAsyncContextManager[Bus]]


@asynccontextmanager
async def open_memory() -> AsyncIterator[Bus]:
    bus = MemoryBus(retries=QUICK)
    yield bus
    await bus.close()


@pytest.fixture(params=["memory"])
def open_bus_again() -> OpenBus:
    """Return what opens a bus; each time the same messages, except in memory."""
    return open_memory


@pytest.fixture
async def bus(open_bus_again: OpenBus) -> AsyncIterator[Bus]:
    async with open_bus_again() as bus:
        yield bus
