"""Where the console keeps dead letters: small rows that a list can scan, and the events' bytes beside them."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from threadline_console.dead.letter import Letter, failed_again
from threadline_shared.state import Record, State

_ROWS: Final = "dead"
_EVENTS: Final = "dead-events"
_SCAN_PAGE: Final = 1000
_FRESH_SECONDS: Final = 1.0  # every page shows the count; another replica's change may be this late

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Letter)


class Letters:
    """Dead letters in the console's state, shared by its replicas. Every method may raise TemporaryError."""

    def __init__(self, state: State, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._clock = clock
        self._listed: Sequence[Letter] = ()
        self._listed_at = float("-inf")

    async def take(self, letter: Letter, body: bytes) -> None:
        """Keep a letter: durable when this returns. One that came before updates its row."""
        await self._keep_event(letter.id, body)
        while True:
            record = await self._state.get(_ROWS, letter.id)
            row = failed_again(_decoder.decode(record.value), letter) if record else letter
            version = record.version if record else None
            if await self._state.put(_ROWS, letter.id, _encoder.encode(row), expect=version) is not None:
                self.look_again()
                return

    async def all(self) -> Sequence[Letter]:
        """Return every letter, the latest failure first."""
        if self._clock() - self._listed_at >= _FRESH_SECONDS:
            rows = [_decoder.decode(record.value) for record in await self._rows()]
            self._listed = sorted(rows, key=lambda letter: (letter.last_at, letter.id), reverse=True)
            self._listed_at = self._clock()
        return self._listed

    async def get(self, letter_id: str) -> tuple[Letter, int] | None:
        """Return a letter and its row's version, which `put_back` asks for."""
        record = await self._state.get(_ROWS, letter_id)
        return (_decoder.decode(record.value), record.version) if record else None

    async def event(self, letter_id: str) -> bytes:
        """Return the bytes of a letter's event, empty when it is gone."""
        record = await self._state.get(_EVENTS, letter_id)
        return record.value if record else b""

    async def put_back(self, letter: Letter, version: int) -> bool:
        """Change a letter's row; False when it changed since it was read."""
        changed = await self._state.put(_ROWS, letter.id, _encoder.encode(letter), expect=version)
        self.look_again()
        return changed is not None

    async def remove(self, letter: Letter) -> None:
        """Drop a letter that is no longer dead, unless it changed since it was read."""
        found = await self.get(letter.id)
        if found is None or found[0] != letter or not await self._state.delete(_ROWS, letter.id, expect=found[1]):
            return
        event = await self._state.get(_EVENTS, letter.id)
        if event is not None:
            await self._state.delete(_EVENTS, letter.id, expect=event.version)
        self.look_again()

    async def drop(self, letter_id: str) -> None:
        """Forget a letter, whatever happens to it meanwhile."""
        for space in (_EVENTS, _ROWS):
            while record := await self._state.get(space, letter_id):
                await self._state.delete(space, letter_id, expect=record.version)
        self.look_again()

    def look_again(self) -> None:
        """Let the next list be a fresh one."""
        self._listed_at = float("-inf")

    async def _keep_event(self, letter_id: str, body: bytes) -> None:
        record = await self._state.get(_EVENTS, letter_id)
        while record is None or record.value != body:
            version = record.version if record else None
            if await self._state.put(_EVENTS, letter_id, body, expect=version) is not None:
                return
            record = await self._state.get(_EVENTS, letter_id)

    async def _rows(self) -> list[Record]:
        records: list[Record] = []
        after = ""
        while True:
            page = await self._state.scan(_ROWS, after=after, limit=_SCAN_PAGE)
            records += [record for _, record in page]
            if len(page) < _SCAN_PAGE:
                return records
            after = page[-1][0]
