"""The spool takes over where the bus or the blob store is away, and brings everything to the bus later."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from support.bus import eventually
from support.intakes import Home, a_home, at_work
from support.messages import an_arrival, an_attachment
from threadline_contracts.arrival import InputBuried
from threadline_contracts.codec import decode_data
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_contracts.outcome import Accepted, Buried, Skipped
from threadline_contracts.topology import DEAD_LETTERS
from threadline_shared import metrics
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.health import ComponentState, component
from threadline_shared.spool import open_spool

ARRIVAL = an_arrival()


@pytest.fixture
def env(tmp_path: Path) -> Mapping[str, str]:
    return {"THREADLINE_DATA_DIR": str(tmp_path)}


@pytest.fixture
async def home(env: Mapping[str, str], memory_bus: MemoryBus) -> AsyncIterator[Home]:
    async with a_home(env, memory_bus) as opened:
        yield opened


@pytest.fixture
async def running(home: Home) -> AsyncIterator[Home]:
    async with at_work(home):
        yield home


async def test_with_the_bus_away_an_input_is_spooled_and_published_once_after_its_return(running: Home) -> None:
    running.bus.away = True
    outcome = await running.intake.accept(b"m1", ARRIVAL)
    assert isinstance(outcome, Accepted)
    assert outcome.spooled
    assert running.depth == 1
    running.bus.away = False
    (message,) = await running.published(1)
    assert message.id == outcome.id
    assert await running.blobs.read(message.raw or "") == b"m1"
    await running.drained()
    assert await running.nothing_waits()


async def test_with_the_blob_store_away_the_raw_input_is_in_the_row(running: Home) -> None:
    running.blobs.away = True
    outcome = await running.intake.accept(b"m1", ARRIVAL)
    assert isinstance(outcome, Accepted)
    assert running.spool is not None
    (row,) = await running.spool.due(most=10, most_bytes=1)
    assert (await running.spool.load(row)).raw == b"m1"
    running.blobs.away = False
    (message,) = await running.published(1)
    assert message.raw == f"main.sha256.{sha256(b'm1').hexdigest()}"
    assert await running.blobs.read(message.raw) == b"m1"


async def test_with_the_bus_away_the_row_of_a_kept_input_does_not_hold_it_twice(home: Home) -> None:
    home.bus.away = True
    await home.intake.accept(b"m1", ARRIVAL)
    assert home.spool is not None
    (row,) = await home.spool.due(most=10, most_bytes=1)
    item = await home.spool.load(row)
    assert item.raw is None
    assert await home.blobs.read(item.kept_as) == b"m1"


async def test_a_burial_is_spooled_too_and_names_the_blob_it_will_have(running: Home) -> None:
    running.bus.away = running.blobs.away = True
    outcome = await running.intake.accept(b"fail", ARRIVAL)
    assert isinstance(outcome, Buried)
    assert outcome.spooled
    running.bus.away = running.blobs.away = False
    (event,) = await running.take(DEAD_LETTERS.name, 1)
    assert decode_data(event, InputBuried).raw == outcome.raw
    assert await running.blobs.read(outcome.raw) == b"fail"


async def test_what_is_no_message_needs_no_spool(home: Home) -> None:
    home.blobs.away = True
    assert await home.intake.accept(b"skip", ARRIVAL) == Skipped("a keep-alive")
    assert home.depth == 0


async def test_files_wait_in_the_spool_with_their_input(running: Home, tmp_path: Path) -> None:
    running.blobs.away = True
    upload = tmp_path / "upload"
    upload.write_bytes(b"a photo")
    file = an_attachment(b"a photo")
    await running.intake.accept(b"m1", replace(ARRIVAL, files=(file,)), {file.blob: upload})
    upload.unlink()
    running.blobs.away = False
    (message,) = await running.published(1)
    assert message.attachments == (file,)
    assert await running.blobs.read(file.blob) == b"a photo"


async def test_the_spool_is_drained_in_the_order_of_arrival(running: Home) -> None:
    running.bus.away = True
    for n in range(120):
        await running.intake.accept(b"m%d" % n, ARRIVAL)
    running.bus.away = False
    messages = await running.published(120)
    assert [message.external_id for message in messages] == [f"m{n}@example.org" for n in range(120)]


async def test_while_something_is_away_nobody_waits_for_it(home: Home) -> None:
    home.blobs.away = True
    for n in range(20):
        await home.intake.accept(b"m%d" % n, ARRIVAL)
    assert home.blobs.asked == 1
    assert home.depth == 20


async def test_after_an_outage_inputs_go_straight_to_the_bus_again(running: Home) -> None:
    running.bus.away = True
    await running.intake.accept(b"m1", ARRIVAL)
    running.bus.away = False
    await running.drained()
    outcome = await running.intake.accept(b"m2", ARRIVAL)
    assert isinstance(outcome, Accepted)
    assert not outcome.spooled


async def test_what_was_spooled_before_a_restart_is_drained_after_it(
    env: Mapping[str, str], memory_bus: MemoryBus
) -> None:
    async with a_home(env, memory_bus) as home:
        home.bus.away = True
        for n in range(3):
            await home.intake.accept(b"m%d" % n, ARRIVAL)
    async with a_home(env, memory_bus) as home, asyncio.TaskGroup() as group:
        assert home.depth == 3
        task = group.create_task(home.intake.run())
        assert len(await home.published(3)) == 3
        await home.drained()
        task.cancel()


async def test_a_row_that_cannot_be_drained_does_not_block_those_behind_it(home: Home) -> None:
    home.bus.away = True
    for n in range(3):
        await home.intake.accept(b"m%d" % n, ARRIVAL)
    assert home.spool is not None
    await home.spool._writer.do(lambda db: db.execute("UPDATE inputs SET arrival = 'torn' WHERE id = 1"))
    home.bus.away = False
    async with asyncio.TaskGroup() as group:
        task = group.create_task(home.intake.run())
        assert [message.external_id for message in await home.published(2)] == ["m1@example.org", "m2@example.org"]
        await eventually(lambda: is_in_trouble("spool/email", "an input cannot be drained"))
        task.cancel()
    assert home.depth == 1


async def is_in_trouble(name: str, reason: str) -> bool:
    health = component(name).health()
    return health.state is ComponentState.TROUBLE and reason in health.reason


async def test_an_input_whose_blob_alone_cannot_be_read_waits_while_others_pass(home: Home, tmp_path: Path) -> None:
    home.bus.away = True
    outcome = await home.intake.accept(b"m0\n" + b"x" * 70_000, ARRIVAL)
    assert isinstance(outcome, Accepted)
    (blob,) = (tmp_path / "blobs" / "main").rglob("?" * 64)
    blob.unlink()
    blob.mkdir()  # as unreadable as a bad sector
    await home.intake.accept(b"m1", ARRIVAL)
    home.bus.away = False
    async with asyncio.TaskGroup() as group:
        task = group.create_task(home.intake.run())
        assert [message.external_id for message in await home.published(1)] == ["m1@example.org"]
        await eventually(lambda: is_in_trouble("spool/email", "an input cannot be drained"))
        task.cancel()
    assert home.depth == 1


async def test_a_full_spool_is_a_temporary_no(env: Mapping[str, str], memory_bus: MemoryBus) -> None:
    async with a_home({**env, "THREADLINE_SPOOL_MAX_BYTES": "5000"}, memory_bus) as home:
        home.blobs.away = True
        await home.intake.accept(b"m" * 1000, ARRIVAL)
        with pytest.raises(TemporaryError, match="full"):
            await home.intake.accept(b"n" * 5000, ARRIVAL)
        assert home.depth == 1


async def test_many_at_once_do_not_pass_the_limit_together(env: Mapping[str, str], memory_bus: MemoryBus) -> None:
    async with a_home({**env, "THREADLINE_SPOOL_MAX_BYTES": "20000"}, memory_bus) as home:
        home.blobs.away = True
        accepting = [asyncio.ensure_future(home.intake.accept(b"%04d" % n * 250, ARRIVAL)) for n in range(50)]
        await asyncio.wait(accepting)
        assert {type(task.exception()) for task in accepting if task.exception()} == {TemporaryError}
        assert home.spool is not None
        assert 10 <= home.depth < 20
        assert home.spool.bytes <= 20_000


async def test_a_disk_past_its_watermark_is_a_temporary_no(env: Mapping[str, str], memory_bus: MemoryBus) -> None:
    async with a_home({**env, "THREADLINE_DISK_MIN_FREE_BYTES": str(2**60)}, memory_bus) as home:
        with pytest.raises(TemporaryError, match="nearly full"):
            await home.intake.accept(b"m1", ARRIVAL)
        assert await home.nothing_waits()
        assert component("email/support@localhost").health().state is ComponentState.TROUBLE


async def test_depth_and_age_are_told(home: Home) -> None:
    home.bus.away = True
    await home.intake.accept(b"m1", ARRIVAL)
    assert metrics.spool_depth("email")._value.get() == 1
    assert metrics.spool_bytes("email")._value.get() > 500
    assert home.spool is not None
    assert 0 <= await home.spool.lag() < 60


async def test_a_spool_that_cannot_be_opened_is_named(env: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    with pytest.raises(SettingsError, match="spool"):
        async with open_spool(env, "email"):
            pass


async def test_two_channels_have_two_spools(env: Mapping[str, str], tmp_path: Path) -> None:
    elsewhere = {**env, "THREADLINE_SPOOL_DIR": str(tmp_path / "elsewhere")}
    async with open_spool(elsewhere, "email"), open_spool(elsewhere, "form"):
        assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["email", "form"]


async def test_a_spool_belongs_to_one_process(env: Mapping[str, str]) -> None:
    async with open_spool(env, "email"):
        with pytest.raises(SettingsError, match="THREADLINE_SPOOL_DIR"):
            async with open_spool(env, "email"):
                pass
    async with open_spool(env, "email"):
        pass
