"""What arrives after its sender was erased, and was received before: out of a spool, a queue, a dead letter, a replay.

It is stored as a tombstone from the start. Costs next to nothing while nobody was ever erased.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Protocol

import msgspec

from threadline_contracts.errors import TemporaryError
from threadline_contracts.message import InboundMessage
from threadline_shared.log import logger
from threadline_threads.erasing.digests import Erased
from threadline_threads.erasing.store import ErasingStore
from threadline_threads.erasing.tombstones import blobs_of, is_theirs, is_tombstone, names_them, tombstone, without
from threadline_threads.identity import Contact, Customs

REFRESH_SECONDS: Final = 2.0  # less than a third of job.SETTLE: an erasure waits until everybody has looked
_log: Final = logger()


class Lately(Protocol):
    """What the handler asks of every message, before it is placed."""

    def receive(self, message: InboundMessage, content: bytes) -> tuple[InboundMessage, bytes]:
        """Return a message and its JSON as they may be stored."""

    async def loosen(self) -> None:
        """Note what blobs such messages leave behind, before they are placed. Raises TemporaryError."""


class Latecomers:
    """Knows who was erased; `run` keeps that fresh."""

    def __init__(self, store: ErasingStore, customs: Customs) -> None:
        self._store = store
        self._customs = customs
        self._erased = Erased()
        self._left: dict[str, set[str]] = {}  # by desk

    async def run(self) -> None:
        """Look for ever who was erased."""
        while True:
            with suppress(TemporaryError):  # the workers say so already, and place nothing meanwhile
                await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Look who was erased. Raises TemporaryError."""
        self._erased = await self._store.erased()

    def receive(self, message: InboundMessage, content: bytes) -> tuple[InboundMessage, bytes]:
        """Return a message and its JSON, without who was erased since it was received."""
        if not self._erased:
            return message, content
        left = self._left_of(message)
        if left is message:
            return message, content
        _log.info("message.forgotten", id=str(message.id), channel=message.channel)
        self._left.setdefault(message.desk, set()).update(
            {*blobs_of(message)} - (set() if is_tombstone(left) else {*blobs_of(left)})
        )
        return left, msgspec.json.encode(left)

    async def loosen(self) -> None:
        """Note what blobs such messages leave behind."""
        for desk in list(self._left):
            blobs = frozenset(self._left[desk])
            await self._store.loosen(blobs, desk, datetime.now(UTC))
            self._left[desk] -= blobs

    def _left_of(self, message: InboundMessage) -> InboundMessage:
        def whom(found: Iterable[Contact]) -> bool:
            return bool(self._erased.of(message.desk, found, message.received_at))

        if is_theirs(message, whom, self._customs):
            return tombstone(message)
        return without(message, whom, self._customs) if names_them(message, whom, self._customs) else message


class _Nobody:
    """Where nobody is ever erased."""

    def receive(self, message: InboundMessage, content: bytes) -> tuple[InboundMessage, bytes]:
        """Return them as they are."""
        return message, content

    async def loosen(self) -> None:
        """Nothing is left behind."""


NOBODY_ERASED: Final[Lately] = _Nobody()
