"""One process: logs, an event loop, signals, and an exit code that says how it ended.

A lost dependency is waited for; a wrong setting is one line and exit 1; only a bug ends a process that runs.
"""

import asyncio
import ctypes
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import partial
from time import monotonic
from typing import Any, Final, NoReturn

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared import log
from threadline_shared.backoff import delays
from threadline_shared.bus import Bus
from threadline_shared.health import service_component
from threadline_shared.http import serving

Body = Callable[[], Coroutine[Any, Any, None]]
Service = Callable[[Mapping[str, str], Bus], Coroutine[Any, Any, None]]
"""A service's `app.run(env, bus)`: runs until cancelled."""

_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD of malloc.h
_LARGE_BYTES: Final = 1024 * 1024
_GARBAGE: Final = (20_000, 20, 50)  # measured: a seventh of the processor's time less than by default
CLEAN: Final = 0
WRONG_SETTING: Final = 1
BUG: Final = 70  # EX_SOFTWARE of sysexits.h
DRAIN_SECONDS: Final = 9.5  # an orchestrator's patience is at least 10 s
_STEADY_SECONDS: Final = 30.0  # a service that runs for so long has what it needs, though it may not have said so
_ECHO_SECONDS: Final = 0.5
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_log: Final = log.logger()


def main(name: str, run: Service) -> NoReturn:
    """Run one service as this process ("pod"), its bus from the environment, until a signal; then exit."""
    env = dict(os.environ)

    async def with_bus() -> None:
        from threadline_shared.bus.opening import open_bus

        async with open_bus(env) as bus:
            await run(env, bus)

    sys.exit(run_process(name, lambda: _patiently(name, with_bus, partial(_waiting_room, env)), env))


def run_process(name: str, body: Body, env: Mapping[str, str], *, terminal: bool = False) -> int:
    """Run `body` until it ends or SIGTERM or SIGINT comes; returns the exit code, having said what went wrong.

    The signal cancels `body`, which has DRAIN_SECONDS to end; another one ends the process at once. `terminal`:
    logs are for people where stderr is one.
    """
    try:
        log.setup(env, terminal=terminal)
        _collect_seldom()
        _return_memory()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_until_told(name, body))
    except Exception as err:  # noqa: BLE001 - the last one to see it: say it, and turn it into an exit code
        return _farewell(name, err)
    return CLEAN


def _collect_seldom() -> None:
    """Have Python look for cycles in heaps of new objects, not after every few: a batch of messages makes thousands."""
    gc.freeze()  # what was imported stays
    gc.set_threshold(*_GARBAGE)


def _return_memory() -> None:
    """Have large blocks go back to the system when they are let go of.

    glibc raises that limit by itself, to the largest block it has seen: then one large mail after the other, in one
    thread or another, leaves holes that stay ours (measured: 337 MB instead of 175 after six of 25 MB).
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)


async def run_all(services: Mapping[str, Service], env: Mapping[str, str], bus: Bus) -> None:
    """Run services side by side until cancelled; one that loses a dependency comes back, one's bug ends them all."""
    async with asyncio.TaskGroup() as group:
        for name, run in services.items():
            group.create_task(_patiently(name, partial(run, env, bus), nullcontext), name=name)


async def until_cancelled() -> NoReturn:
    """Wait for the cancellation."""
    await asyncio.get_running_loop().create_future()
    raise RuntimeError("nobody sets this future")


async def _patiently(name: str, body: Body, room: Callable[[], Any]) -> None:
    """Run `body`; when a dependency is away, wait in the `room` (a context) and run it again."""
    part = service_component(name)
    waits, loop = delays(), asyncio.get_running_loop()
    while True:
        began, steady = loop.time(), loop.call_later(_STEADY_SECONDS, part.idle)
        try:
            return await body()
        except* TemporaryError as group:
            part.trouble("; ".join(dict.fromkeys(str(err) for err in _leaves(group))))
        finally:
            steady.cancel()
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError  # it lost the dependency while it was told to stop
        if loop.time() - began > _STEADY_SECONDS:
            waits = delays()
        async with room():
            await asyncio.sleep(next(waits))


@asynccontextmanager
async def _waiting_room(env: Mapping[str, str]) -> AsyncIterator[None]:
    """Answer the probes while the service cannot."""
    async with serving({**env, "THREADLINE_HTTP_SHARED_BY": "1"}, (), name=""):
        yield


async def _until_told(name: str, body: Body) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = asyncio.Event()

    def stop() -> None:
        told.set()
        _obey_the_next(loop)
        loop.call_later(DRAIN_SECONDS, _give_up, name)
        if task is not None:
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    _log.info("process.started", service=name, pid=os.getpid())
    try:
        await body()
    except asyncio.CancelledError:
        if not told.is_set():
            raise
    _log.info("process.stopped", service=name)


def _obey_the_next(loop: asyncio.AbstractEventLoop) -> None:
    """Let another signal end the process at once, even when the loop hangs; but not the echo of the first.

    `timeout` signals its child and then the whole process group, and so do terminals and the wrappers in them.
    """
    first = monotonic()

    def end(number: int, _: object) -> None:
        if monotonic() - first > _ECHO_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in _SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, end)


def _give_up(name: str) -> None:
    waiting = sorted(task.get_name() for task in asyncio.all_tasks())
    _log.error("process.stuck", service=name, tasks=waiting, after_seconds=DRAIN_SECONDS)
    os._exit(BUG)


def _farewell(name: str, err: Exception) -> int:
    causes = list(_leaves(err))
    wrong = [cause for cause in causes if isinstance(cause, SettingsError)]
    if wrong and all(isinstance(cause, SettingsError | TemporaryError) for cause in causes):
        for line in dict.fromkeys(" ".join(str(cause).split()) for cause in wrong):
            sys.stderr.write(f"{name}: {line}\n")
        return WRONG_SETTING
    _log.critical("process.failed", service=name, exc_info=err)
    return BUG


def _leaves(err: BaseException) -> Iterator[BaseException]:
    if isinstance(err, BaseExceptionGroup):
        for inner in err.exceptions:
            yield from _leaves(inner)
    else:
        yield err


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for every platform
        return None
    return uvloop.new_event_loop
