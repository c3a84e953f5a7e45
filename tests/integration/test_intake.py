"""Accepted means durable: when `accept` returns, the input is on the bus or on the disk, whatever was away."""

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from support.intakes import THE_BUG, Home, a_home, at_work, normalize
from support.messages import a_message, an_arrival, an_attachment
from threadline_contracts.arrival import Arrival, InputBuried, ReplayRequested
from threadline_contracts.codec import decode, decode_data, encode, make_event
from threadline_contracts.errors import TemporaryError
from threadline_contracts.message import Problem
from threadline_contracts.outcome import Accepted, Buried, Skipped
from threadline_contracts.topology import ALWAYS, DEAD_LETTERS, THREADS_MESSAGES, EventType, Exchange, message_key
from threadline_shared.blobs import open_blobs
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.sqlite import open_sqlite_bus
from threadline_shared.health import component
from threadline_shared.intake import Normalized
from threadline_shared.spool import open_spool

ARRIVAL = an_arrival()


@pytest.fixture
def env(tmp_path: Path) -> Mapping[str, str]:
    return {"THREADLINE_DATA_DIR": str(tmp_path)}


@pytest.fixture(params=["memory", "sqlite"])
async def bus(request: pytest.FixtureRequest, memory_bus: Bus, tmp_path: Path) -> AsyncIterator[Bus]:
    if request.param == "memory":
        yield memory_bus
    else:
        async with open_sqlite_bus(tmp_path / "bus.sqlite3") as opened:
            await opened.declare(ALWAYS)
            yield opened


@pytest.fixture
async def home(env: Mapping[str, str], bus: Bus) -> AsyncIterator[Home]:
    async with a_home(env, bus) as opened:
        yield opened


@pytest.fixture
async def running(home: Home) -> AsyncIterator[Home]:
    async with at_work(home):
        yield home


async def test_an_input_is_on_the_bus_before_the_yes_and_its_raw_bytes_are_kept(home: Home) -> None:
    outcome = await home.intake.accept(b"m1\nIt burns.", ARRIVAL)
    (message,) = await home.published(1)
    assert outcome == Accepted(message.id, message.reference)
    assert message == a_message("m1", text="m1\nIt burns.", raw=message.raw)
    assert await home.blobs.read(message.raw or "") == b"m1\nIt burns."


async def test_the_same_input_twice_is_the_same_event(home: Home) -> None:
    assert await home.intake.accept(b"m1", ARRIVAL) == await home.intake.accept(b"m1", ARRIVAL)
    one, other = await home.deliveries(THREADS_MESSAGES.name, 2)
    assert one.event_id == other.event_id == decode(one.body).id
    assert one.key == "message.received.v1.email"


async def test_what_is_no_message_is_skipped(home: Home) -> None:
    assert await home.intake.accept(b"skip", ARRIVAL) == Skipped("a keep-alive")
    assert await home.nothing_waits()


async def test_a_large_input_is_normalised_off_the_loop_and_goes_by_reference(home: Home) -> None:
    text = "m1\n" + "It burns.\n" * 20_000
    await home.intake.accept(text.encode(), ARRIVAL)
    (message,) = await home.published(1)
    assert message.text_ref is not None
    assert await home.blobs.read(message.text_ref.blob) == text.encode()
    assert await home.blobs.read(message.raw or "") == text.encode()


async def test_files_are_durable_before_the_yes(home: Home, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"a photo")
    file = an_attachment(b"a photo")
    await home.intake.accept(b"m1", replace(ARRIVAL, files=(file,)), {file.blob: upload})
    upload.unlink()
    (message,) = await home.published(1)
    assert message.attachments == (file,)
    assert await home.blobs.read(file.blob) == b"a photo"


async def test_files_out_of_the_raw_input_are_stored_too(env: Mapping[str, str], memory_bus: Bus) -> None:
    file = an_attachment(b"inside the mail")

    def normalizer(_: bytes, __: Arrival) -> Normalized:
        return Normalized(message=a_message(attachments=(file,)), files={file.blob: b"inside the mail"})

    async with a_home(env, memory_bus, normalizer) as home:
        await home.intake.accept(b"m1", ARRIVAL)
        assert await home.blobs.read(file.blob) == b"inside the mail"


@pytest.mark.parametrize("desk", ["main", "acme"])
async def test_a_file_that_is_not_what_it_says_buries_the_input(home: Home, tmp_path: Path, desk: str) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(b"a photo" if desk == "acme" else b"another photo")
    file = an_attachment(b"a photo")
    outcome = await home.intake.accept(b"m1", an_arrival(desk=desk, files=(file,)), {file.blob: upload})
    assert isinstance(outcome, Buried)
    assert await home.bus.depth(THREADS_MESSAGES.name) == 0


@pytest.mark.parametrize(
    "error",
    [IndexError(THE_BUG), LookupError(), RecursionError(), MemoryError(), TemporaryError("not the normaliser's word")],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_a_normaliser_raises_is_buried_readable_and_a_yes(
    env: Mapping[str, str], memory_bus: Bus, error: Exception
) -> None:
    def normalizer(_: bytes, __: Arrival) -> Normalized:
        raise error

    async with a_home(env, memory_bus, normalizer) as home:
        outcome = await home.intake.accept(b"what no parser understands", ARRIVAL)
        (delivery,) = await home.deliveries(DEAD_LETTERS.name, 1)
        assert isinstance(outcome, Buried)
        assert await home.blobs.read(outcome.raw) == b"what no parser understands"
    buried = decode_data(decode(delivery.body), InputBuried)
    assert buried == InputBuried(arrival=ARRIVAL, raw=outcome.raw, reason=outcome.reason)
    assert delivery.key == "input.buried.v1.email"
    assert delivery.headers["reason"] == outcome.reason
    assert outcome.reason.startswith(f"{type(error).__name__} in test_intake.py:")


async def test_a_message_that_breaks_the_contract_is_buried_here(env: Mapping[str, str], memory_bus: Bus) -> None:
    broken = a_message(problems=(Problem(code="No Code!"),))
    async with a_home(env, memory_bus, lambda *_: Normalized(message=broken)) as home:
        outcome = await home.intake.accept(b"m1", ARRIVAL)
        assert isinstance(outcome, Buried)
        assert "problems" in outcome.reason


async def test_an_arrival_that_no_event_could_carry_is_buried_all_the_same(home: Home) -> None:
    facts = {f"fact {n}": "\udc80" * 1000 for n in range(200)}
    assert isinstance(await home.intake.accept(b"fail", an_arrival(facts=facts)), Buried)
    assert len(await home.take(DEAD_LETTERS.name, 1)) == 1


async def test_a_replay_after_the_fix_publishes_the_message(running: Home) -> None:
    outcome = await running.intake.accept(b"fail\nno more", ARRIVAL)
    assert isinstance(outcome, Buried)
    (event,) = await running.take(DEAD_LETTERS.name, 1)
    running.intake._normalize = lambda raw, arrival: normalize(raw.replace(b"fail", b"mended"), arrival)
    await running.bus.publish(a_replay(decode_data(event, InputBuried)))
    (message,) = await running.published(1)
    assert message == a_message("mended", text="mended\nno more", raw=outcome.raw)


async def test_a_replay_before_the_fix_is_buried_again_as_the_same_letter(running: Home) -> None:
    await running.intake.accept(b"fail", ARRIVAL)
    (first,) = await running.take(DEAD_LETTERS.name, 1)
    await running.bus.publish(a_replay(decode_data(first, InputBuried)))
    (second,) = await running.take(DEAD_LETTERS.name, 1)
    assert second == first


async def test_a_replay_of_what_nobody_kept_becomes_a_dead_letter(running: Home) -> None:
    lost = InputBuried(arrival=ARRIVAL, raw=f"main.sha256.{'0' * 64}", reason="")
    await running.bus.publish(a_replay(lost))
    (delivery,) = await running.deliveries(DEAD_LETTERS.name, 1)
    assert "unknown" in delivery.headers["reason"]


def a_replay(buried: InputBuried) -> Outgoing:
    event = make_event(
        EventType.INPUT_REPLAY_REQUESTED,
        ReplayRequested(arrival=buried.arrival, raw=buried.raw),
        about=a_message().id,
        revision=1,
        source="/threadline/console",
        time=buried.arrival.received_at,
    )
    key = message_key(EventType.INPUT_REPLAY_REQUESTED, "email")
    return Outgoing(exchange=Exchange.COMMANDS, key=key, body=encode(event), event_id=event.id)


async def test_without_a_spool_a_missing_bus_or_blob_store_is_a_temporary_no(
    env: Mapping[str, str], memory_bus: Bus
) -> None:
    async with a_home({**env, "THREADLINE_SPOOL_DIR": "off"}, memory_bus) as home:
        for away in (home.bus, home.blobs):
            away.away = True
            with pytest.raises(TemporaryError, match="away"):
                await home.intake.accept(b"m1", ARRIVAL)
            away.away = False
        assert await home.nothing_waits()
        assert isinstance(await home.intake.accept(b"m1", ARRIVAL), Accepted)


async def test_every_outcome_is_counted_and_logged_without_a_word_of_the_input(home: Home) -> None:
    account = an_arrival(account=f"{secrets.token_hex(4)}@localhost")
    with capture_logs() as logs:
        for raw in (b"m1\nsecret", b"skip", b"fail\nsecret", b"m2"):
            await home.intake.accept(raw, account)
    health = component(f"email/{account.account}").health()
    assert health.counts == {"accepted": 2, "skipped": 1, "buried": 1}
    assert [line["event"] for line in logs] == ["message.taken", "input.skipped", "input.buried", "message.taken"]
    assert THE_BUG not in str(logs)
    assert "secret" not in str(logs)


async def test_after_a_kill_every_acknowledged_input_is_in_the_spool(env: Mapping[str, str]) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "support.intake_child", env["THREADLINE_DATA_DIR"]),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert child.stdout is not None
    acknowledged = [await child.stdout.readline() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    acknowledged += (await child.stdout.read()).splitlines(keepends=True)
    await child.wait()
    async with open_blobs(env) as blobs, open_spool(env, "email") as spool:
        assert spool is not None
        found = [await spool.load(row) for row in await spool.due(most=100_000, most_bytes=2**40)]
        kept = {await blobs.read(item.kept_as) if item.raw is None else item.raw for item in found}
    assert {line.strip() for line in acknowledged if line.endswith(b"\n")} <= kept
    assert len(kept) == len(found) >= 300
