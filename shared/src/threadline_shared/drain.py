"""Drains a spool: in order, later and slower while the bus or the blob store is away.

An input that fails by itself is put off, and never blocks those behind it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from threadline_contracts.errors import TemporaryError
from threadline_shared.backoff import delays
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.health import component
from threadline_shared.inputs import where
from threadline_shared.log import logger
from threadline_shared.spool import Spool, Spooled, Waiting

_TOGETHER: Final = 50
_TOGETHER_BYTES: Final = 16 * 1024 * 1024
_PUT_OFF_FIRST: Final = 0.25  # seconds, then twice as long each time
_PUT_OFF_MOST: Final = 600.0
_PATIENCE: Final = 2  # failures that may yet be the end of an outage
_DISK_SECONDS: Final = 1.0  # between two looks at a disk that fails
_T = TypeVar("_T")
_log: Final = logger()

Prepare = Callable[[Spooled], Awaitable[Outgoing | None]]
Probe = Callable[[], Awaitable[None]]


class Drainer:
    """Brings the inputs of a spool to the bus. `prepare` stores an input's blobs, and returns what to publish."""

    def __init__(self, spool: Spool, bus: Bus, *, channel: str, probe: Probe, prepare: Prepare) -> None:
        self.spool: Final = spool
        self._bus = bus
        self._probe = probe
        self._prepare = prepare
        self._work = asyncio.Event()
        self._health = component(f"spool/{channel}", kind="spool")
        self._channel = channel
        self.away = False  # since the last failure, no probe has succeeded

    def outage(self, reason: str) -> None:
        """Take note that the bus or the blob store failed."""
        self.away = True
        self._health.trouble(reason)
        self._work.set()

    def wake(self) -> None:
        """Take note that there is something to drain."""
        self._work.set()

    async def run(self) -> None:
        """Drain for ever."""
        while True:
            try:
                if self.away:
                    await self._until_usable()
                await self._drain_all()
                await self._until_work()
            except TemporaryError as err:  # of the spool's own disk
                self._health.trouble(str(err))
                await asyncio.sleep(_DISK_SECONDS)

    async def _until_work(self) -> None:
        next_due = await self.spool.next_due()
        if next_due is None:
            await self.spool.recount()
            self._health.idle()
        with suppress(TimeoutError):
            async with asyncio.timeout(next_due):
                await self._work.wait()
        self._work.clear()

    async def _until_usable(self) -> None:
        for pause in delays():
            await asyncio.sleep(pause)  # also before the first: who has just failed is rarely back at once
            if self.spool.depth:
                self._health.lag(await self.spool.lag())
            if await self._usable():
                return

    async def _usable(self) -> bool:
        try:
            await self._bus.probe()
            await self._probe()
        except TemporaryError as err:
            self._health.trouble(str(err))
            return False
        self.away = False
        return True

    async def _drain_all(self) -> None:
        while not self.away and (rows := await self.spool.due(most=_TOGETHER, most_bytes=_TOGETHER_BYTES)):
            await self._drain(rows)
            self._health.lag(await self.spool.lag())

    async def _drain(self, rows: Sequence[Waiting]) -> None:
        prepared = await _together([self._prepared(row) for row in rows])
        ready = [(row, result) for row, result in zip(rows, prepared, strict=True) if not isinstance(result, Exception)]
        published = await _together([self._published(outgoing) for _, outgoing in ready])
        outcome: dict[Waiting, Outgoing | Exception | None] = dict(zip(rows, prepared, strict=True))
        outcome |= {row: result for (row, _), result in zip(ready, published, strict=True)}
        failed = {row: result for row, result in outcome.items() if isinstance(result, Exception)}
        if done := [row for row in rows if row not in failed]:
            await self.spool.forget(done)
            self._health.ok()
            _log.info("spool.drained", channel=self._channel, inputs=len(done), left=self.spool.depth)
        await self._put_off(failed)

    async def _prepared(self, row: Waiting) -> Outgoing | None:
        return await self._prepare(await self.spool.load(row))

    async def _published(self, outgoing: Outgoing | None) -> None:
        if outgoing is not None:
            await self._bus.publish(outgoing)

    async def _put_off(self, failed: dict[Waiting, Exception]) -> None:
        if any(isinstance(err, TemporaryError) for err in failed.values()) and not await self._usable():
            self.away = True
            failed = {row: err for row, err in failed.items() if not isinstance(err, TemporaryError)}
        for row, err in failed.items():
            # Everything answers, and still this one fails: it is at fault, and so are we.
            await self.spool.put_off(row, min(_PUT_OFF_MOST, _PUT_OFF_FIRST * 2.0**row.attempts))
            if row.attempts >= _PATIENCE or not isinstance(err, TemporaryError):
                self._health.trouble(f"an input cannot be drained: {where(err)}")
                cause = where(err)
                _log.error("spool.stuck", channel=self._channel, row=row.id, attempts=row.attempts + 1, cause=cause)


async def _together(calls: Sequence[Coroutine[Any, Any, _T]]) -> list[_T | Exception]:
    """Run calls at once, begun in their order; return what each returned or raised."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_caught(call)) for call in calls]
    return [task.result() for task in tasks]


async def _caught(call: Coroutine[Any, Any, _T]) -> _T | Exception:
    try:
        return await call
    except Exception as err:  # noqa: BLE001 - its row is put off, and the others go on
        return err
