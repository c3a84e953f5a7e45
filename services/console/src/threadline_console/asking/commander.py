"""Publishes commands and waits a little for their answers. It carries out nothing itself: threads does.

A command is durable on the bus before anybody waits for it, so a late answer is late, never lost.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import msgspec
from msgspec import Struct

from threadline_console.asking.commands import Asking
from threadline_contracts.codec import encode, make_event
from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import Exchange
from threadline_shared.backoff import delays
from threadline_shared.bus import Bus, Outgoing
from threadline_threads.reading import CommandRecord, Reader

PATIENCE_SECONDS: Final = 3.0
_FIRST_LOOK_SECONDS: Final = 0.01
_LOOK_SECONDS: Final = 0.1
_SOURCE: Final = "/threadline/console"


class Pending(Struct, frozen=True):
    """A command that is on the bus and not answered yet."""

    id: str


class Reused(Struct, frozen=True):
    """An id that another command had before; nothing was asked."""

    id: str


class Commander:
    """Asks threads by the bus."""

    def __init__(
        self,
        bus: Bus,
        reader: Reader,
        *,
        patience: float = PATIENCE_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._bus = bus
        self._reader = reader
        self._patience = patience
        self._now = now

    async def ask(self, asking: Asking, command: str = "") -> CommandRecord | Pending | Reused:
        """Return what became of a command; asked again under its id, what became of it the first time.

        Raises TemporaryError when neither the bus took it nor the database knows it.
        """
        known = await self._reader.command(command) if command else None
        command = command or str(uuid4())
        if known is None:
            await self._publish(asking, command)
            known = await self._answer(command)
        if known is None:
            return Pending(command)
        return known if _is_same(known, asking) else Reused(command)

    async def _publish(self, asking: Asking, command: str) -> None:
        event = make_event(asking.type, asking.data, about=asking.about, revision=0, source=_SOURCE, time=self._now())
        event = msgspec.structs.replace(event, id=command)
        await self._bus.publish(
            Outgoing(exchange=Exchange.COMMANDS, key=asking.type, body=encode(event), event_id=command)
        )

    async def _answer(self, command: str) -> CommandRecord | None:
        try:
            async with asyncio.timeout(self._patience):
                for pause in delays(_FIRST_LOOK_SECONDS, _LOOK_SECONDS):
                    if found := await self._reader.command(command):
                        return found
                    await asyncio.sleep(pause)
        except (TimeoutError, TemporaryError):
            pass  # it is on the bus: the answer comes later
        return None


def _is_same(known: CommandRecord, asking: Asking) -> bool:
    try:
        asked = msgspec.json.decode(known.asked, type=type(asking.data))
    except msgspec.MsgspecError:
        return False
    return known.type == asking.type and asked == asking.data
