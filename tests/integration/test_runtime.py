"""A service as a process: how it starts, waits, and ends."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from support.bus import eventually
from support.logs import Logs
from support.worker import holds
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.bus import Bus
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.health import component, forget
from threadline_shared.runtime import Service, run_all, until_cancelled

TESTS = Path(__file__).parents[1]


@asynccontextmanager
async def pod(folder: Path, behaviour: str, **env: str) -> AsyncIterator[Process]:
    settings = {"PYTHONPATH": str(TESTS), "THREADLINE_DATA_DIR": str(folder), "THREADLINE_HTTP_PORT": "0", **env}
    command = (sys.executable, "-m", "support.pod", behaviour)
    process = await asyncio.create_subprocess_exec(*command, env=settings, cwd=folder, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def said(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()


async def ended(process: Process) -> tuple[int | None, str, list[dict[str, Any]]]:
    """Return the exit code, what was still printed, and the log."""
    out, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, out.decode().strip(), [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    async with pod(tmp_path, "good") as process:
        assert (await said(process)).startswith("http://127.0.0.1:")
        process.send_signal(number)
        code, out, log = await ended(process)

    assert (code, out) == (0, "left")
    assert [line["event"] for line in log] == ["process.started", "process.stopped"]


async def test_a_wrong_setting_is_one_line_and_exit_1(tmp_path: Path) -> None:
    async with pod(tmp_path, "wrong") as process:
        _, err = await process.communicate()

    *log, line = err.decode().splitlines()
    assert (process.returncode, line) == (1, "pod: THREADLINE_COLOUR: 'mauve' is not one of red, green")
    assert len(log) <= 1


async def test_a_wrong_log_level_is_one_line_too(tmp_path: Path) -> None:
    async with pod(tmp_path, "good", THREADLINE_LOG_LEVEL="loud") as process:
        _, err = await process.communicate()

    says = "pod: THREADLINE_LOG_LEVEL: 'loud' is not one of debug, error, info, warning\n"
    assert (process.returncode, err.decode()) == (1, says)


async def test_a_bug_is_logged_with_its_traceback(tmp_path: Path) -> None:
    async with pod(tmp_path, "buggy") as process:
        code, _, log = await ended(process)

    assert code == 70
    assert log[-1]["event"] == "process.failed"
    assert "KeyError" in log[-1]["exception"]


async def test_a_lost_dependency_is_waited_for_and_readiness_says_so(tmp_path: Path, unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with pod(tmp_path, "patient", THREADLINE_HTTP_PORT=str(unused_tcp_port)) as process:
        async with aiohttp.ClientSession() as client:
            await eventually(lambda: readiness(client, url, 503, "no database"), within=20)
            (tmp_path / "database").touch()
            assert await said(process) == url
            await eventually(lambda: readiness(client, url, 200, ""), within=20)
        process.terminate()
        code, _, log = await ended(process)

    assert code == 0
    assert [line["event"] for line in log].count("component.troubled") == 1


async def readiness(client: aiohttp.ClientSession, url: str, status: int, reason: str) -> bool:
    try:
        async with client.get(f"{url}/readyz") as response:
            return response.status == status and reason in await response.text()
    except aiohttp.ClientError:
        return False  # nobody listens at this moment


async def test_it_takes_the_time_it_needs_to_leave(tmp_path: Path) -> None:
    async with pod(tmp_path, "slow") as process:
        await said(process)
        process.terminate()
        code, out, _ = await ended(process)

    assert (code, out) == (0, "left")


async def test_signals_after_the_first_end_it_at_once(tmp_path: Path) -> None:
    async with pod(tmp_path, "stubborn") as process:
        await said(process)
        process.terminate()
        assert await said(process) == "no"
        await eventually(lambda: insist(process), within=5)
        code, _, _ = await ended(process)

    assert code == -signal.SIGTERM


async def insist(process: Process) -> bool:
    if process.returncode is None:
        process.terminate()
    return process.returncode is not None


async def test_a_signal_that_comes_twice_at_once_is_one(tmp_path: Path) -> None:
    async with pod(tmp_path, "slow") as process:
        await said(process)
        process.terminate()
        await asyncio.sleep(0.05)
        process.terminate()
        code, out, _ = await ended(process)

    assert (code, out) == (0, "left")


@pytest.mark.deep
async def test_one_that_never_leaves_is_ended_within_10_seconds(tmp_path: Path) -> None:
    async with pod(tmp_path, "stubborn") as process:
        await said(process)
        process.terminate()
        async with asyncio.timeout(10):
            code, _, log = await ended(process)

    assert (code, log[-1]["event"]) == (70, "process.stuck")


class Runs:
    """A service that counts its runs; `fails(run)` may raise, else it runs until cancelled."""

    def __init__(self, fails: Callable[[int], None] = lambda _: None) -> None:
        self.runs = self.left = 0
        self._fails = fails

    async def __call__(self, _: Mapping[str, str], __: Bus) -> None:
        self.runs += 1
        try:
            self._fails(self.runs)
            await until_cancelled()
        finally:
            self.left += 1


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    forget("service/a")
    forget("service/b")


@asynccontextmanager
async def running(bus: MemoryBus, services: Mapping[str, Service]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(run_all(services, {}, bus))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_services_run_side_by_side_until_cancelled(memory_bus: MemoryBus) -> None:
    a, b = Runs(), Runs()
    async with running(memory_bus, {"a": a, "b": b}):
        await eventually(lambda: holds(a.runs == b.runs == 1))

    assert (a.left, b.left) == (1, 1)


async def test_one_service_that_loses_a_dependency_comes_back_alone(memory_bus: MemoryBus, logs: Logs) -> None:
    def fails(run: int) -> None:
        if run < 4:
            raise ExceptionGroup("both", [TemporaryError("no database"), TemporaryError("no database")])

    a, b = Runs(fails), Runs()
    async with running(memory_bus, {"a": a, "b": b}):
        await eventually(lambda: holds(a.runs == 4))

    assert b.runs == 1
    assert component("service/a").health().reason == "no database"
    assert len(logs.lines("component.troubled")) == 1


@pytest.mark.parametrize("error", [KeyError("our bug"), SettingsError("THREADLINE_X: wrong")])
async def test_one_services_bug_or_setting_ends_them_all(memory_bus: MemoryBus, error: Exception) -> None:
    def fails(_: int) -> None:
        raise error

    b = Runs()
    with pytest.RaisesGroup(type(error), flatten_subgroups=True):
        await run_all({"b": b, "a": Runs(fails)}, {}, memory_bus)
    assert (b.runs, b.left) == (1, 1)


async def test_a_dependency_lost_while_leaving_does_not_bring_a_service_back(memory_bus: MemoryBus) -> None:
    async def leaves_badly(_: Mapping[str, str], __: Bus) -> None:
        try:
            await until_cancelled()
        finally:
            begun.append(1)
            raise TemporaryError("gone")

    begun: list[int] = []
    task = asyncio.create_task(run_all({"a": leaves_badly}, {}, memory_bus))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)

    assert begun == [1]
