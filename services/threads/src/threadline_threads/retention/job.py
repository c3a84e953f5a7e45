"""Takes away what is too old, a little at a time, a few times a day; one replica does it.

An event that was not announced, or that the clerk has not read, is never too old.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_shared.health import Component
from threadline_shared.log import logger
from threadline_threads.metrics import retired
from threadline_threads.retention.kinds import Kind, RetentionSettings

EVERY: Final = timedelta(hours=6)
_LOOK_SECONDS: Final = 600.0
_ROWS: Final = 500  # a step looks at, in one transaction
_PAUSE_SECONDS: Final = 0.05
_log: Final = logger()


class Swept(Struct, frozen=True):
    """How many of a kind went in one step, and behind what the next one begins (None: there is nothing more)."""

    gone: int
    behind: str | None = None


class RetentionStore(Protocol):
    """A database of tickets, as retention sees it. Every method raises TemporaryError when the database is away."""

    async def take_retention(self, now: datetime, every: timedelta) -> bool:
        """Take the turn; False when somebody had it less than `every` ago."""

    async def retire(self, kind: Kind, before: datetime, behind: str, limit: int) -> Swept:
        """Take away what is older than `before` of the next `limit` rows behind a position ("": from the start)."""


class Retention:
    """Takes away what is too old."""

    def __init__(
        self,
        store: RetentionStore,
        settings: RetentionSettings,
        *,
        rows: int = _ROWS,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._ages = settings.ages()
        self._rows = rows
        self._pause = pause

    async def run(self, component: Component) -> None:
        """Look for ever whether it is our turn."""
        while True:
            try:
                now = datetime.now(UTC)
                if self._ages and await self._store.take_retention(now, EVERY):
                    await self.sweep(now)
                component.ok()
            except TemporaryError as err:
                component.trouble(str(err))
            await self._pause(_LOOK_SECONDS)

    async def sweep(self, now: datetime) -> Mapping[Kind, int]:
        """Take away what is too old now; return how many of each kind. Raises TemporaryError."""
        gone = {kind: await self._sweep(kind, now - age) for kind, age in self._ages.items()}
        for kind, number in gone.items():
            if number:
                retired(kind).inc(number)
                _log.info("retention.done", kind=kind, gone=number)
        return gone

    async def _sweep(self, kind: Kind, before: datetime) -> int:
        gone, behind = 0, ""
        while True:
            swept = await self._store.retire(kind, before, behind, self._rows)
            gone += swept.gone
            if swept.behind is None:
                return gone
            behind = swept.behind
            await self._pause(_PAUSE_SECONDS)
