"""Erases the blobs that no message needs any more: counted by reference within their desk.

A file may be on its way again with another customer's message, which nobody can see yet: so a blob waits until the
messages that waited for us have been placed, and the clerk has read what they refer to.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Final

from threadline_contracts.errors import MalformedInputError
from threadline_contracts.topology import THREADS_MESSAGES
from threadline_shared.blobs import Blobs
from threadline_shared.bus import Bus
from threadline_shared.log import logger
from threadline_threads.erasing.store import ErasingStore, Loose

PATIENCE: Final = timedelta(minutes=10)  # then it goes, although there always is something on the way
IN_HAND: Final = timedelta(seconds=2)  # for what was taken off the queue and is not committed
_SOME: Final = 50
OpenBlobs = Callable[[], AbstractAsyncContextManager[Blobs]]
_log: Final = logger()


class Sweeper:
    """Erases loose blobs; the blob store is opened only for that."""

    def __init__(
        self,
        store: ErasingStore,
        open_blobs: OpenBlobs,
        bus: Bus,
        *,
        in_hand: timedelta = IN_HAND,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._open_blobs = open_blobs
        self._bus = bus
        self._in_hand = in_hand
        self._now = now
        self._calm_since: datetime | None = None

    async def sweep(self, until: datetime) -> bool:
        """Erase some of those noted until then; return whether there are more. Raises TemporaryError."""
        some = await self._store.loose(until, _SOME)
        if not some:
            return False
        ready = [blob for blob in some if await self._is_ready(blob)]
        alone = [blob.blob for blob in ready if not await self._store.is_needed(blob)]
        if alone:
            async with self._open_blobs() as blobs:
                for blob in alone:
                    await _erase(blobs, blob)
        await self._store.settled(ready)
        return True

    async def _is_ready(self, blob: Loose) -> bool:
        """Return whether everything that was on its way when it was noted has come."""
        now = self._now()
        if now - blob.at < PATIENCE:
            if await self._bus.depth(THREADS_MESSAGES.name):
                self._calm_since = None
                return False
            self._calm_since = self._calm_since or now
            if now - max(self._calm_since, blob.at) < self._in_hand:
                return False
        return await self._store.read_up_to(blob.at + self._in_hand)


async def _erase(blobs: Blobs, blob: str) -> None:
    try:
        await blobs.erase(blob)
    except MalformedInputError as err:
        _log.warning("blob.kept", blob=blob, reason=str(err))
