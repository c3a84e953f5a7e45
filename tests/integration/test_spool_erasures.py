"""Erasing a person reaches the spool of every pod, also of one that was down: its queue waits for it."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from support.bus import eventually
from support.intakes import Home, a_home, at_work
from support.messages import NOON, an_arrival
from threadline_contracts.codec import encode, make_event
from threadline_contracts.commands import IdentityName
from threadline_contracts.contact import ErasureRequested
from threadline_contracts.topology import DEAD_LETTERS, EventType, Exchange
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.memory import MemoryBus

ANA = IdentityName(kind="email", value="ana@a.example")
HERS = b"fail\nFrom: Ana@a.example"
ANOTHERS = b"fail\nFrom: bob@b.example"


@pytest.fixture
def env(tmp_path: Path) -> Mapping[str, str]:
    return {"THREADLINE_DATA_DIR": str(tmp_path)}


async def a_pod_goes_down(env: Mapping[str, str], bus: MemoryBus) -> None:
    """Have a spool take two inputs that nobody understands, and then its pod end."""
    async with a_home(env, bus) as home, at_work(home):
        await eventually(lambda: is_declared(bus, home))
        home.bus.away = home.blobs.away = True
        for raw in (HERS, ANOTHERS):
            await home.intake.accept(raw, an_arrival())


async def is_declared(bus: Bus, home: Home) -> bool:
    assert home.spool is not None
    try:
        await bus.depth(f"email.erasures.{home.spool.id}")
    except Exception:  # noqa: BLE001 - there is no such queue
        return False
    return True


async def erase(bus: Bus, *, hours: int = 1) -> None:
    asked = ErasureRequested(contact=UUID(int=1), desk="main", identities=(ANA,), before=NOON + timedelta(hours=hours))
    event = make_event(EventType.ERASURE_REQUESTED, asked, about=UUID(int=1), revision=0, source="t", time=NOON)
    await bus.publish(Outgoing(exchange=Exchange.COMMANDS, key=event.type, body=encode(event), event_id=event.id))


def anywhere(folder: Path, text: bytes) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


async def buried(home: Home, number: int) -> list[str]:
    return [str(delivery.headers) for delivery in await home.deliveries(DEAD_LETTERS.name, number)]


async def test_what_nobody_understands_is_dropped_before_it_is_a_dead_letter(
    env: Mapping[str, str], memory_bus: MemoryBus, tmp_path: Path
) -> None:
    await a_pod_goes_down(env, memory_bus)
    await erase(memory_bus)
    async with a_home(env, memory_bus) as home, at_work(home):
        await home.drained()
        assert len(await buried(home, 1)) == 1
        assert await home.nothing_waits()
    assert anywhere(tmp_path, b"Ana@a.example") == []
    assert anywhere(tmp_path, b"bob@b.example") != []


async def test_what_came_later_stays(env: Mapping[str, str], memory_bus: MemoryBus) -> None:
    await a_pod_goes_down(env, memory_bus)
    await erase(memory_bus, hours=-1)
    async with a_home(env, memory_bus) as home, at_work(home):
        assert len(await buried(home, 2)) == 2


async def test_what_is_understood_goes_to_threads_as_ever(env: Mapping[str, str], memory_bus: MemoryBus) -> None:
    async with a_home(env, memory_bus) as home, at_work(home):
        await eventually(lambda: is_declared(memory_bus, home))
        home.bus.away = True
        await home.intake.accept(b"m1\nFrom: Ana@a.example", an_arrival())
        await erase(memory_bus)
        home.bus.away = False
        assert len(await home.published(1)) == 1


async def test_a_spool_keeps_its_name(env: Mapping[str, str], memory_bus: MemoryBus) -> None:
    names = []
    for _ in range(2):
        async with a_home(env, memory_bus) as home:
            assert home.spool is not None
            names.append(home.spool.id)
    assert names[0] == names[1]
