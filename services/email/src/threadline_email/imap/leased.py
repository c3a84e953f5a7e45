"""Does something as long as a lease is ours, and begins again when it is ours again."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_shared.backoff import delays
from threadline_shared.health import Component
from threadline_shared.log import logger
from threadline_shared.state import Lease, State

_RENEWALS: Final = 3  # of a lease, before it would run out
_log: Final = logger()


async def while_leased(
    state: State, name: str, seconds: float, health: Component, work: Callable[[], Awaitable[None]]
) -> None:
    """Do `work` for ever, but never while another process has the lease; one of a crashed process runs out."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    pauses = delays()
    while True:
        try:
            if (lease := await state.lease(name, holder, seconds)) is not None:
                await _hold(lease, seconds, work)
            else:
                health.idle()
                pauses = delays(most=seconds / _RENEWALS)
        except* TemporaryError as group:
            health.trouble(str(first_of(group)))
        await asyncio.sleep(next(pauses))


def first_of(err: BaseException) -> BaseException:
    """Return the first of the exceptions that tasks raised together, or the one there is."""
    while isinstance(err, BaseExceptionGroup):
        err = err.exceptions[0]
    return err


async def _hold(lease: Lease, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(_keep(lease, seconds))
            await work()
            keeping.cancel()
    finally:
        await _give_back(lease)


async def _keep(lease: Lease, seconds: float) -> None:
    """Renew the lease. Raises TemporaryError when it is lost, or too long nobody could say whether it is ours."""
    loop = asyncio.get_running_loop()
    ours_until = loop.time() + seconds
    while True:
        await asyncio.sleep(seconds / _RENEWALS)
        began = loop.time()
        try:
            async with asyncio.timeout(seconds / _RENEWALS):
                ours = await lease.renew()
        except (TemporaryError, TimeoutError) as err:
            if loop.time() + seconds / _RENEWALS >= ours_until:
                raise TemporaryError(f"the lease of {lease.name} cannot be renewed: {err}") from err
            continue
        if not ours:
            raise TemporaryError(f"the lease of {lease.name} ran out: another process may have it")
        ours_until = began + seconds


async def _give_back(lease: Lease) -> None:
    try:
        async with asyncio.timeout(1.0):
            await lease.release()
    except (TemporaryError, TimeoutError):
        _log.info("lease.left", lease=lease.name)  # it runs out by itself
