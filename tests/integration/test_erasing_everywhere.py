"""A person erased in a whole gateway: placed, waiting, spooled, buried and on their way; on both kinds of installation.

What is left afterwards is searched byte by byte. Only the log of the bus may still have it, until its horizon.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from support.bus import InterruptedBus, eventually
from support.erasing import (
    DESK,
    ERASE,
    FILE,
    SHARED_FILE,
    by_bob,
    found_in_files,
    found_in_tables,
    from_quixa,
)
from support.gateway import free_port
from support.threads_house import KEYS, House, open_house
from threadline_console.app import run as run_console
from threadline_contracts.arrival import Arrival
from threadline_contracts.codec import encode, make_event
from threadline_contracts.commands import Answer
from threadline_contracts.ids import file_blob_id
from threadline_contracts.topology import DEAD_LETTERS, EventType, Exchange
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.opening import open_bus
from threadline_shared.inputs import Normalized
from threadline_shared.intake import Intake
from threadline_shared.spool import open_spool
from threadline_threads.app import run as run_threads

CHANNEL: Final = "email"
UNREADABLE: Final = b"broken\nFrom: Quixa.Marker@geheim.example\n\nsecretbody"
pytestmark = pytest.mark.timeout(180)


def read(raw: bytes, arrival: Arrival) -> Normalized:
    """Be a channel: the first line says whose mail it is, and its name."""
    who, _, name = raw.partition(b"\n")[0].decode().partition(" ")
    if who == "broken":
        raise IndexError("our bug")
    hers = who == "quixa"
    files = (FILE, SHARED_FILE) if hers else (SHARED_FILE,)
    message = from_quixa(name, *files) if hers else by_bob(name, *files, copied=False)
    contents = {file_blob_id("main", sha256(file).hexdigest()): file for file in files}
    message = replace(message, received_at=arrival.received_at, text=raw.decode())
    return Normalized(message=message, files=contents)


class Door:
    """A channel's pod, with a spool; the bus may be away from it."""

    def __init__(self, bus: InterruptedBus, intake: Intake) -> None:
        self.bus = bus
        self._intake = intake

    async def take(self, raw: bytes) -> None:
        arrival = Arrival(channel=CHANNEL, account=DESK, received_at=datetime.now(UTC))
        await self._intake.accept(raw, arrival)


@pytest.fixture(params=["alone", pytest.param("many", marks=[pytest.mark.rabbit, pytest.mark.postgres])])
def env(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    common = {
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_OWN_ADDRESSES": DESK,
        "THREADLINE_DATA_DIR": str(tmp_path),
    }
    if request.param == "alone":
        return common
    return {
        **common,
        "THREADLINE_DATABASE_URL": request.getfixturevalue("database_url"),
        "THREADLINE_BUS_URL": request.getfixturevalue("amqp_url"),
    }


@asynccontextmanager
async def a_service(service: object, env: Mapping[str, str], bus: Bus) -> AsyncIterator[None]:
    assert callable(service)
    task = asyncio.create_task(service({**env, "THREADLINE_HTTP_PORT": str(free_port())}, bus))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def a_door(env: Mapping[str, str], bus: Bus, blobs: Blobs) -> AsyncIterator[Door]:
    interrupted = InterruptedBus(bus)
    async with open_spool(env, CHANNEL) as spool:
        intake = Intake(interrupted, blobs, CHANNEL, read, spool)
        task = asyncio.create_task(intake.run())
        try:
            yield Door(interrupted, intake)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_nothing_of_theirs_is_left_but_in_the_log(env: Mapping[str, str], tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(env))
        blobs = await stack.enter_async_context(open_blobs(env))
        house = await stack.enter_async_context(open_house(env))
        door = await stack.enter_async_context(a_door(env, bus, blobs))
        await stack.enter_async_context(a_service(run_console, env, bus))
        async with a_service(run_threads, env, bus):
            await door.take(b"quixa q1\nMy secretbody")
            await door.take(b"bob b1\nHello")
            await door.take(UNREADABLE)
            await eventually(lambda: knows_her(house), within=30)
        await door.take(b"quixa q2\nwaits in the queue")
        door.bus.away = True
        await door.take(b"quixa q3\nwaits in the spool")
        await door.take(UNREADABLE + b" again")
        assert await found_in_tables(house)
        there = {Path(path).parts[0] for path in found_in_files(tmp_path)}
        assert {"blobs", "spool"} <= there
        await ask(bus)
        async with a_service(run_threads, env, bus):
            await eventually(lambda: is_condemned(house))
            door.bus.away = False
            await eventually(lambda: is_answered(house), within=60)
            await eventually(lambda: has_messages(house, 4), within=30)
            await eventually(lambda: nothing_is_found(house, tmp_path, bus), within=60)
        assert await blobs.read(file_blob_id("main", sha256(SHARED_FILE).hexdigest())) == SHARED_FILE
    await the_log_forgets(env)
    assert found_in_files(tmp_path) == []


async def knows_her(house: House) -> bool:
    return await house.reader.contact(ERASE.contact) is not None and await has_messages(house, 2)


async def has_messages(house: House, number: int) -> bool:
    return (await house.reader.totals()).messages == number


async def is_condemned(house: House) -> bool:
    return bool(await house.store.erased())


async def is_answered(house: House) -> bool:
    found = await house.reader.command("erase-her")
    return found is not None and found.answer == Answer.DONE


async def ask(bus: Bus) -> None:
    event = make_event(
        EventType.CONTACT_ERASE_REQUESTED, ERASE, about=ERASE.contact, revision=0, source="t", time=datetime.now(UTC)
    )
    event = replace(event, id="erase-her")
    await bus.publish(Outgoing(exchange=Exchange.COMMANDS, key=event.type, body=encode(event), event_id=event.id))


async def nothing_is_found(house: House, folder: Path, bus: Bus) -> bool:
    """Look into everything but the bus's file, whose log has a horizon of its own."""
    if await bus.depth(DEAD_LETTERS.name) or await found_in_tables(house):
        return False
    return not found_in_files(folder, "bus.sqlite3", "bus.sqlite3-wal", "threads.sqlite3-wal")


async def the_log_forgets(env: Mapping[str, str]) -> None:
    """Let the horizon of the log pass, where it is a file of ours."""
    if "THREADLINE_BUS_URL" not in env:
        async with open_bus({**env, "THREADLINE_BUS_LOG_DAYS": "0.00000001"}) as bus:
            news = Outgoing(exchange=Exchange.TICKETS, key="ticket.updated.v1", body=b"{}", event_id="e")
            await bus.publish(news)
