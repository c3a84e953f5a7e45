"""A spool's part when a person is erased: what would never reach threads by itself.

What drains becomes a tombstone there. But what no normaliser understands goes to the dead letters, and what is stuck
goes nowhere: of these, the person's are dropped here, before the spool drains again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from threadline_contracts.codec import Event, decode, decode_data
from threadline_contracts.contact import ErasureRequested
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.message import MessageReceived
from threadline_contracts.outcome import Buried
from threadline_contracts.topology import erasures
from threadline_shared.backoff import delays
from threadline_shared.blobs import Blobs
from threadline_shared.bus import Bus
from threadline_shared.health import component
from threadline_shared.inputs import Normalizer, Said, say
from threadline_shared.log import logger
from threadline_shared.sought import Sought
from threadline_shared.spool import Spool, Spooled, Waiting
from threadline_shared.worker import work

_SOME: Final = 50
_FIRST_LOOK_SECONDS: Final = 0.05
_LOOK_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 30.0  # for what waited at the start; then the spool drains all the same
_log: Final = logger()


class Forgetter:
    """Serves the erasures that one spool is asked for."""

    def __init__(self, bus: Bus, blobs: Blobs, channel: str, normalize: Normalizer, spool: Spool) -> None:
        self._bus = bus
        self._blobs = blobs
        self._channel = channel
        self._normalize = normalize
        self._spool = spool
        self._queue = erasures(channel, spool.id)
        self._health = component(f"worker/{channel}.erasures", kind="worker")
        self._ahead = 0
        self._asked = asyncio.Event()
        self._done = asyncio.Event()

    async def run(self) -> None:
        """Serve them for ever."""
        self._ahead = await self._waiting()
        self._asked.set()
        self._note(0)
        await work(self._bus, self._queue.name, self._forget, probe=self._bus.probe, component=self._health)

    async def caught_up(self) -> None:
        """Return when what was asked while nobody was here is done; without a bus, nothing drains anyway."""
        await self._asked.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._done.wait()

    async def _waiting(self) -> int:
        for pause in delays(_FIRST_LOOK_SECONDS, _LOOK_SECONDS):
            try:
                await self._bus.declare([self._queue])
                return await self._bus.depth(self._queue.name)
            except TemporaryError as err:
                self._health.trouble(str(err))
                await asyncio.sleep(pause)
        return 0

    def _note(self, done: int) -> None:
        self._ahead -= done
        if self._ahead <= 0:
            self._done.set()

    async def _forget(self, events: Sequence[Event]) -> None:
        for event in events:
            await self._search(decode_data(event, ErasureRequested))
        self._note(len(events))

    async def _search(self, asked: ErasureRequested) -> None:
        sought, behind, dropped = Sought(asked.identities), 0, 0
        while rows := await self._spool.rows(behind, _SOME):
            behind = rows[-1].id
            for row in rows:
                item = await self._spool.load(row)
                in_time = item.arrival.received_at <= asked.before and item.arrival.desk == asked.desk
                if in_time and await self._is_theirs(row, item, sought):
                    await self._drop(row, item)
                    dropped += 1
        await self._spool.compact()
        _log.info("spool.forgot", channel=self._channel, contact=str(asked.contact), inputs=dropped)

    async def _is_theirs(self, row: Waiting, item: Spooled, sought: Sought) -> bool:
        raw = item.raw if item.raw is not None else await self._read(item.kept_as)
        said = await asyncio.to_thread(say, self._normalize, raw, item.arrival, item.kept_as)
        if isinstance(said.outcome, Buried):
            return sought.came_by(item.arrival.facts) or sought.is_in(raw)
        return row.attempts > 0 and _wrote(said, sought)

    async def _read(self, blob: str) -> bytes:
        try:
            return await self._blobs.read(blob)
        except MalformedInputError:  # gone, or too large to look at
            return b""

    async def _drop(self, row: Waiting, item: Spooled) -> None:
        with suppress(MalformedInputError):
            await self._blobs.erase(item.kept_as)
        await self._spool.forget([row])


def _wrote(said: Said, sought: Sought) -> bool:
    if said.outgoing is None:
        return False
    return sought.wrote(decode_data(decode(said.outgoing.body), MessageReceived).message)
