"""What every state promises: nobody overwrites blindly, no reader passes an item, no two hold one lease."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from threadline_contracts.errors import MalformedInputError, SettingsError
from threadline_shared.state import Record, State, open_state


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("database_url", marks=pytest.mark.postgres),
        pytest.param("pgbouncer_url", marks=[pytest.mark.postgres, pytest.mark.deep]),
    ]
)
def env(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    if request.param == "sqlite":
        return {"THREADLINE_DATA_DIR": str(tmp_path)}
    return {"THREADLINE_DATABASE_URL": request.getfixturevalue(request.param)}


@pytest.fixture
async def state(env: Mapping[str, str]) -> AsyncIterator[State]:
    async with open_state(env, "chat") as opened:
        yield opened


@pytest.fixture
async def replica(env: Mapping[str, str], state: State) -> AsyncIterator[State]:
    if "THREADLINE_DATA_DIR" in env:
        yield state  # a file has one owner
    else:
        async with open_state(env, "chat") as opened:
            yield opened


async def test_a_record_comes_back(state: State) -> None:
    version = await state.put("cursors", "inbox", b"\0\xff", expect=None)
    assert version is not None
    assert await state.get("cursors", "inbox") == Record(b"\0\xff", version)
    assert await state.get("cursors", "another") is None
    assert await state.get("another", "inbox") is None


async def test_only_who_saw_the_latest_version_may_write(state: State) -> None:
    first = await state.put("cursors", "inbox", b"1", expect=None)
    second = await state.put("cursors", "inbox", b"2", expect=first)
    assert second is not None
    assert await state.put("cursors", "inbox", b"late", expect=first) is None
    assert await state.put("cursors", "inbox", b"new", expect=None) is None
    assert not await state.delete("cursors", "inbox", expect=first or 0)
    assert await state.get("cursors", "inbox") == Record(b"2", second)


async def test_a_record_that_is_not_there_cannot_be_changed(state: State) -> None:
    assert await state.put("cursors", "inbox", b"1", expect=1) is None
    assert not await state.delete("cursors", "inbox", expect=1)
    assert await state.get("cursors", "inbox") is None


async def test_a_record_made_again_is_another_one(state: State) -> None:
    first = await state.put("cursors", "inbox", b"1", expect=None)
    assert first is not None
    assert await state.delete("cursors", "inbox", expect=first)
    second = await state.put("cursors", "inbox", b"1", expect=None)
    assert second != first
    assert await state.put("cursors", "inbox", b"late", expect=first) is None


async def test_of_many_who_write_at_once_one_wins(state: State) -> None:
    async with asyncio.TaskGroup() as group:
        writing = [group.create_task(state.put("cursors", "inbox", b"%d" % n, expect=None)) for n in range(20)]
    assert sum(task.result() is not None for task in writing) == 1


async def test_counting_by_compare_and_set_loses_no_step(state: State) -> None:
    await state.put("counts", "all", b"0", expect=None)

    async def count() -> None:
        while True:
            record = await state.get("counts", "all")
            assert record is not None
            if await state.put("counts", "all", b"%d" % (int(record.value) + 1), expect=record.version):
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(count())
    record = await state.get("counts", "all")
    assert record is not None
    assert record.value == b"10"


async def test_a_space_is_read_page_by_page_in_the_order_of_its_keys(state: State) -> None:
    keys = ["", " ", "A", "B", "_", "a", "a/b", "ab", "é", "z", "\U0001f600", "\uffff"]
    for key in reversed(keys):
        await state.put("space", key, key.encode(), expect=None)
        await state.put("other", key, b"", expect=None)
    found, after = await state.scan("space", limit=1), ""
    assert [key for key, _ in found] == [" "]  # the empty key comes behind nothing
    found = []
    while page := await state.scan("space", after=after, limit=5):
        found += page
        after = page[-1][0]
    assert [key for key, _ in found] == sorted(keys[1:])
    assert all(record.value == key.encode() for key, record in found)


async def test_a_log_is_read_in_the_order_of_its_positions(state: State) -> None:
    assert await state.append("talk", [b"a", b"b"]) == 2
    assert await state.append("talk", [b"c"]) == 3
    assert await state.append("other", [b"x"]) == 1
    assert await state.read("talk") == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert await state.read("talk", after=1, limit=1) == [(2, b"b")]
    assert await state.read("talk", after=3) == []
    assert await state.read("unknown") == []


async def test_appending_nothing_tells_the_last_position(state: State) -> None:
    assert await state.append("talk", []) == 0
    await state.append("talk", [b"a"])
    assert await state.append("talk", []) == 1


async def test_no_reader_ever_passes_an_item(state: State, replica: State) -> None:
    seen: list[int] = []

    async def write(through: State) -> None:
        for n in range(15):
            await through.append("talk", [b"%d" % m for m in range(n % 3 + 1)])

    async def follow() -> None:
        while len(seen) < 4 * 30:
            page = await replica.read("talk", after=seen[-1] if seen else 0, limit=7)
            seen.extend(position for position, _ in page)

    async with asyncio.TaskGroup() as group:
        group.create_task(follow())
        for through in (state, replica, state, replica):
            group.create_task(write(through))
    assert seen == list(range(1, 4 * 30 + 1))


async def test_a_lease_has_one_holder(state: State) -> None:
    async with asyncio.TaskGroup() as group:
        taking = [group.create_task(state.lease("inbox", f"replica {n}", 60)) for n in range(10)]
    assert sum(task.result() is not None for task in taking) == 1
    assert await state.lease("another", "replica 1", 60) is not None


async def test_a_released_lease_is_free_at_once_and_its_fence_grows(state: State) -> None:
    fences: list[int] = []
    for n in range(4):
        lease = await state.lease("inbox", f"replica {n}", 60)
        assert lease is not None
        assert lease.name == "inbox"
        fences.append(lease.fence)
        assert await lease.renew()
        await lease.release()
        assert not await lease.renew()
    assert all(before < after for before, after in pairwise(fences))


async def test_an_expired_holder_has_lost_it_for_good(state: State) -> None:
    late = await state.lease("inbox", "slow", 0.02)
    assert late is not None
    await asyncio.sleep(0.04)
    lease = await state.lease("inbox", "quick", 60)
    assert lease is not None
    assert lease.fence > late.fence
    assert not await late.renew()
    await late.release()
    assert await lease.renew()


async def test_an_expired_holder_has_lost_it_even_when_nobody_else_came(state: State) -> None:
    late = await state.lease("inbox", "slow", 0.02)
    assert late is not None
    await asyncio.sleep(0.04)
    assert not await late.renew()


async def test_what_was_written_is_there_after_the_next_start(env: Mapping[str, str]) -> None:
    async with open_state(env, "chat") as state:
        await state.put("space", "key", b"value", expect=None)
        await state.append("talk", [b"a"])
        lease = await state.lease("inbox", "before", 60)
    async with open_state(env, "chat") as state:
        record = await state.get("space", "key")
        assert record is not None
        assert record.value == b"value"
        assert await state.append("talk", [b"b"]) == 2
        assert lease is not None
        assert await state.lease("inbox", "after", 60) is None


async def test_two_services_have_nothing_in_common(env: Mapping[str, str], state: State) -> None:
    await state.put("space", "key", b"chat's", expect=None)
    async with open_state(env, "email") as other:
        assert await other.get("space", "key") is None


async def test_services_that_start_at_once_do_not_disturb_each_other(env: Mapping[str, str]) -> None:
    if "THREADLINE_DATA_DIR" in env:
        return  # a file has one owner

    async def start(n: int) -> None:
        async with open_state(env, "voice") as state:
            await state.append("starts", [b"%d" % n])

    async with asyncio.TaskGroup() as group:
        for n in range(8):
            group.create_task(start(n))
    async with open_state(env, "voice") as state:
        assert await state.append("starts", []) == 8


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 513])
async def test_a_name_that_no_database_can_keep_is_refused(state: State, name: str) -> None:
    for asking in (
        state.get("space", name),
        state.put(name, "key", b"", expect=None),
        state.delete("space", name, expect=1),
        state.scan(name),
        state.append(name, [b""]),
        state.read(name),
        state.lease(name, "me", 1),
    ):
        with pytest.raises(MalformedInputError):
            await asking


async def test_a_state_that_works_answers_a_probe(state: State) -> None:
    await state.probe()


@pytest.mark.parametrize("service", ["", "../x", "Chat", "a-b", "a" * 33])
async def test_a_service_that_is_no_name_is_refused(env: Mapping[str, str], service: str) -> None:
    with pytest.raises(SettingsError):
        async with open_state(env, service):
            pass
