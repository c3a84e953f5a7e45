"""What only the SQLite bus promises: one process, one file."""

import asyncio
from pathlib import Path

import pytest

from support.bus import QUICK, Lane, eventually, take_one
from threadline_contracts.errors import SettingsError
from threadline_contracts.topology import TICKET_LOG, Exchange
from threadline_shared.bus import Outgoing
from threadline_shared.bus.opening import open_bus
from threadline_shared.bus.sqlite import open_sqlite_bus


async def test_without_a_url_the_bus_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    async with open_bus({"THREADLINE_DATA_DIR": str(tmp_path)}) as bus:
        await bus.publish(Outgoing(exchange=Exchange.TICKETS, key="ticket.opened.v1", body=b"{}", event_id="1"))
        assert (await anext(bus.read_log(TICKET_LOG.name))).outgoing.event_id == "1"
    assert (tmp_path / "bus.sqlite3").exists()


async def test_a_url_of_another_kind_is_refused_without_showing_it(tmp_path: Path) -> None:
    env = {"THREADLINE_DATA_DIR": str(tmp_path), "THREADLINE_BUS_URL": "redis://user:hunter2@host"}
    with pytest.raises(SettingsError, match=r"^THREADLINE_BUS_URL begins with amqp") as refusal:
        async with open_bus(env):
            pass
    assert "hunter2" not in str(refusal.value)


async def test_a_second_owner_is_refused_in_one_line(tmp_path: Path) -> None:
    async with open_sqlite_bus(tmp_path / "bus.sqlite3"):
        with pytest.raises(SettingsError, match="in use by another process"):
            async with open_sqlite_bus(tmp_path / "bus.sqlite3"):
                pass
    async with open_sqlite_bus(tmp_path / "bus.sqlite3"):
        pass


async def test_a_queue_collects_also_while_nobody_declares_it(tmp_path: Path, lane: Lane) -> None:
    async with open_sqlite_bus(tmp_path / "bus.sqlite3") as bus:
        await bus.declare([lane.queue])
    async with open_sqlite_bus(tmp_path / "bus.sqlite3") as bus:
        await bus.publish(lane.event())
        assert await bus.depth(lane.queue.name) == 1


async def test_a_backoff_outlives_the_process(tmp_path: Path, lane: Lane) -> None:
    async with open_sqlite_bus(tmp_path / "bus.sqlite3", retries=QUICK) as bus:
        await bus.declare([lane.queue])
        await bus.publish(lane.event())
        async with bus.subscribe(lane.queue.name) as subscription:
            await (await take_one(subscription)).retry("later")
    async with (
        open_sqlite_bus(tmp_path / "bus.sqlite3") as bus,
        bus.subscribe(lane.queue.name) as subscription,
    ):
        assert (await take_one(subscription)).attempts == 1


async def test_a_log_forgets_what_is_too_old(tmp_path: Path, lane: Lane) -> None:
    async with open_sqlite_bus(tmp_path / "bus.sqlite3") as bus:
        await bus.declare([lane.log])
        await bus.publish(lane.event("old", exchange=Exchange.TICKETS))
    async with open_sqlite_bus(tmp_path / "bus.sqlite3", log_max_age=0.0) as bus:
        await bus.publish(lane.event("new", exchange=Exchange.TICKETS))
        entry = await anext(bus.read_log(lane.log.name))
    assert entry.outgoing.body == b"new"


async def test_a_cancelled_publication_that_was_handed_in_wakes_its_consumer(tmp_path: Path, lane: Lane) -> None:
    async with open_sqlite_bus(tmp_path / "bus.sqlite3") as bus:
        await bus.declare([lane.queue])
        async with bus.subscribe(lane.queue.name) as subscription:
            publishing = asyncio.create_task(bus.publish(lane.event()))
            await asyncio.sleep(0)
            publishing.cancel()
            await take_one(subscription)


async def test_taking_from_a_bus_that_closes_ends(tmp_path: Path, lane: Lane) -> None:
    taking: list[asyncio.Task[object]] = []

    async def consume() -> None:
        async with bus.subscribe(lane.queue.name) as subscription:
            await subscription.take(1)

    async def ended() -> bool:
        return taking[0].done()

    async with open_sqlite_bus(tmp_path / "bus.sqlite3") as bus:
        await bus.declare([lane.queue])
        taking.append(asyncio.create_task(consume()))
        await asyncio.sleep(0.02)
    await eventually(ended)
    assert taking[0].exception() is not None
