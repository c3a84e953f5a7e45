"""Every service in one process: one data directory, one bus, one TaskGroup; ends on SIGINT or SIGTERM."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import SettingsError
from threadline_shared import log
from threadline_shared.bus.opening import open_bus
from threadline_shared.settings import load
from threadline_standalone import datadir
from threadline_standalone.registry import SERVICES

PATIENCE_S: Final = 10.0  # then the process ends anyway: what got a yes is on the disk already

Guest = Callable[[asyncio.Event], Awaitable[None]]


class Place(Struct, frozen=True, kw_only=True):
    """Where this process lives; the same variables that each service reads."""

    data_dir: Path = Path("var")
    token_keys: str = ""


async def keep(env: Mapping[str, str], welcome: Guest) -> None:
    """Run every service until a signal comes, or until `welcome` (called at once, beside them) sets its event.

    Raises SettingsError: a wrong setting, a taken port, a data directory in use.
    """
    place = load(Place, env)
    with datadir.owned(place.data_dir):
        inside = furnished(env, place)
        try:
            await _serve(inside, welcome)
        except BaseExceptionGroup as group:
            raise _told(group) from group


def furnished(env: Mapping[str, str], place: Place) -> Mapping[str, str]:
    """Return the environment that the services get: one HTTP listener for all, and keys that last."""
    added = {"THREADLINE_HTTP_SHARED_BY": str(len(SERVICES))}
    if not place.token_keys:
        added["THREADLINE_TOKEN_KEYS_FILE"] = str(datadir.token_keys(place.data_dir))
    return {**env, **added}


async def _serve(env: Mapping[str, str], welcome: Guest) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    async with open_bus(env) as bus, asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(env, bus), name=name) for name, run in SERVICES.items()]
        tasks.append(group.create_task(welcome(stop), name="welcome"))
        await stop.wait()
        for task in tasks:
            task.cancel()


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def leave() -> None:
        if stop.is_set():
            os._exit(os.EX_SOFTWARE)
        stop.set()
        loop.call_later(PATIENCE_S, os._exit, os.EX_SOFTWARE)

    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, leave)
