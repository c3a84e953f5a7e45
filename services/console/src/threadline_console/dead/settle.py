"""Did the replay work? A letter goes when its message is in a ticket; one that fails again comes back by itself."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Letter, LetterState, is_input
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import EventType
from threadline_shared.health import Component
from threadline_threads.reading import Reader, StoredEvent

_EVERY_SECONDS: Final = 2.0
_PAGE: Final = 200


class _Message(Struct, frozen=True):
    raw: str | None = None


class _Data(Struct, frozen=True):
    message: _Message | None = None


class _Announced(Struct, frozen=True):
    data: _Data


_decoder: Final = msgspec.json.Decoder(_Announced)


class Settler:
    """Looks for the messages of replayed letters; remembers how far it read for each."""

    def __init__(self, letters: Letters, reader: Reader) -> None:
        self._letters = letters
        self._reader = reader
        self._read_to: dict[str, int] = {}

    async def run(self, component: Component) -> None:
        """Look every two seconds, for ever."""
        while True:
            try:
                await self.look()
            except TemporaryError as err:
                component.trouble(str(err))
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> None:
        """Drop every replayed letter whose message has arrived since. Raises TemporaryError."""
        pending = [letter for letter in await self._letters.all() if letter.state is LetterState.REPLAYED]
        self._read_to = {letter.id: self._read_to.get(letter.id, letter.after) for letter in pending}
        for letter in pending:
            if letter.event_type == EventType.MESSAGE_RECEIVED and await self._reader.trace(letter.subject):
                await self._letters.remove(letter)
        await self._look_for_inputs([letter for letter in pending if is_input(letter)])

    async def _look_for_inputs(self, inputs: Sequence[Letter]) -> None:
        if not inputs:
            return
        position = min(self._read_to[letter.id] for letter in inputs)
        arrived: set[str] = set()
        while events := await self._reader.events(position, _PAGE):
            arrived.update(raw for event in events if (raw := _raw_of(event)))
            position = events[-1].sequence
        for letter in inputs:
            self._read_to[letter.id] = max(position, self._read_to[letter.id])
            if letter.raw in arrived:
                await self._letters.remove(letter)


def _raw_of(event: StoredEvent) -> str:
    if event.type not in {EventType.TICKET_OPENED, EventType.TICKET_MESSAGE_ADDED}:
        return ""
    try:
        message = _decoder.decode(event.body).data.message
    except msgspec.MsgspecError:
        return ""
    return (message.raw or "") if message else ""
