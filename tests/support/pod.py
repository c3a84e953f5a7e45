"""Services that end in every way there is: `python -m support.pod BEHAVIOUR`, a process like a real service's."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.bus import Bus
from threadline_shared.http import serving
from threadline_shared.runtime import Service, main, until_cancelled


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def good(env: Mapping[str, str], bus: Bus) -> None:
    await bus.probe()
    try:
        async with serving(env, (), name="pod") as url:
            say(url)
            await until_cancelled()
    finally:
        say("left")


async def wrong(_: Mapping[str, str], __: Bus) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(refuse())
        group.create_task(until_cancelled())


async def refuse() -> None:
    raise SettingsError("THREADLINE_COLOUR: 'mauve' is not one of red, green")


async def buggy(_: Mapping[str, str], __: Bus) -> None:
    raise KeyError("our bug")


async def patient(env: Mapping[str, str], bus: Bus) -> None:
    """Needs a file that is not there at first."""
    if not database_is_there():
        raise TemporaryError("no database")
    await good(env, bus)


def database_is_there() -> bool:
    return Path("database").exists()


async def slow(_: Mapping[str, str], __: Bus) -> None:
    """Takes half a second to leave."""
    say("up")
    try:
        await until_cancelled()
    finally:
        await asyncio.sleep(0.5)
        say("left")


async def stubborn(_: Mapping[str, str], __: Bus) -> None:
    """Never leaves."""
    say("up")
    while True:
        try:
            await until_cancelled()
        except asyncio.CancelledError:
            say("no")


SERVICES: Mapping[str, Service] = {s.__name__: s for s in (good, wrong, buggy, patient, slow, stubborn)}

if __name__ == "__main__":
    main("pod", SERVICES[sys.argv[1]])
