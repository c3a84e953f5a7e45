"""Dead letters that go: those of a person who is erased, and those that are too old; with what only they refer to."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Letter
from threadline_console.dead.told import Told, read_told
from threadline_contracts.codec import Event, decode_data
from threadline_contracts.contact import ErasureRequested
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.topology import CONSOLE_ERASURES, DEAD_LETTERS
from threadline_shared.backoff import delays
from threadline_shared.blobs import Blobs
from threadline_shared.bus import Bus
from threadline_shared.health import Component
from threadline_shared.log import logger
from threadline_shared.sought import Sought
from threadline_shared.state import State
from threadline_shared.worker import work
from threadline_threads.needing import BlobNeeds

_PATIENCE_SECONDS: Final = 30.0  # for the dead letters that are on their way
_LOOK_SECONDS: Final = 0.05
_EVERY_SECONDS: Final = 3600.0
_log: Final = logger()


class LetterForgetter:
    """Forgets letters, on request and by age."""

    def __init__(self, bus: Bus, letters: Letters, state: State, blobs: Blobs, needs: BlobNeeds) -> None:
        self._bus = bus
        self._letters = letters
        self._state = state
        self._blobs = blobs
        self._needs = needs

    async def run(self, component: Component) -> None:
        """Serve erasures for ever."""
        await work(self._bus, CONSOLE_ERASURES.name, self._forget, probe=self._state.probe, component=component)

    async def retire(
        self, days: int, component: Component, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Drop letters that old, for ever; 0: none."""
        while days:
            try:
                await self.drop_before(now() - timedelta(days=days))
                component.ok()
            except TemporaryError as err:
                component.trouble(str(err))
            await asyncio.sleep(_EVERY_SECONDS)

    async def drop_before(self, moment: datetime) -> int:
        """Drop the letters that last failed before then; return how many. Raises TemporaryError."""
        old = [letter for letter in await self._letters.all() if letter.last_at < moment]
        for letter in old:
            await self._drop(letter, read_told(await self._letters.event(letter.id)))
        if old:
            await self._state.compact()
            _log.info("letters.retired", letters=len(old))
        return len(old)

    async def _forget(self, events: Sequence[Event]) -> None:
        await self._letters_arrived()
        for event in events:
            await self._search(decode_data(event, ErasureRequested))
        await self._state.compact()

    async def _search(self, asked: ErasureRequested) -> None:
        sought, dropped = Sought(asked.identities), 0
        for letter in await self._letters.all():
            body = await self._letters.event(letter.id)
            told = read_told(body)
            in_time = told.desk in {"", asked.desk} and (told.received_at or letter.first_at) <= asked.before
            if in_time and await self._is_theirs(told, body, sought):
                await self._drop(letter, told)
                dropped += 1
        _log.info("letters.forgot", contact=str(asked.contact), letters=dropped)

    async def _is_theirs(self, told: Told, body: bytes, sought: Sought) -> bool:
        if told.message:
            return sought.wrote(told.message)
        if sought.came_by(told.facts) or sought.is_in(body):
            return True
        return told.raw != "" and sought.is_in(await self._read(told.raw))

    async def _drop(self, letter: Letter, told: Told) -> None:
        await self._letters.drop(letter.id)
        shared = [blob for blob in told.files if await self._needs.needs_blob(told.desk, blob)]
        for blob in filter(None, (told.raw, *told.files)):
            if blob not in shared:
                with suppress(MalformedInputError):
                    await self._blobs.erase(blob)

    async def _letters_arrived(self) -> None:
        """Wait until the letters that are on their way are here."""
        for pause in delays(_LOOK_SECONDS, _PATIENCE_SECONDS / 4):
            if pause > _PATIENCE_SECONDS / 8 or not await self._bus.depth(DEAD_LETTERS.name):
                break
            await asyncio.sleep(pause)
        self._letters.look_again()

    async def _read(self, blob: str) -> bytes:
        try:
            return await self._blobs.read(blob)
        except MalformedInputError:
            return b""
