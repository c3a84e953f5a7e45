"""Intakes for the tests: a normaliser that does what the input says, a blob store that can be away, and one home."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from support.bus import InterruptedBus, eventually, take_all
from support.messages import a_message
from threadline_contracts.arrival import Arrival
from threadline_contracts.codec import Event, decode, decode_data
from threadline_contracts.errors import TemporaryError
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.outcome import Skipped
from threadline_contracts.topology import DEAD_LETTERS, THREADS_MESSAGES
from threadline_shared.blobs import READ_MAX_BYTES, Blobs, open_blobs
from threadline_shared.bus import Bus, Delivery
from threadline_shared.intake import Intake, Normalized, Normalizer
from threadline_shared.spool import Spool, open_spool

THE_BUG: Final = "the parser's bug"


def normalize(raw: bytes, arrival: Arrival) -> Normalized | Skipped:
    """Return a message named by the first line, whose text is the input; "skip" and "fail" do what they say."""
    text = raw.decode()
    name = text.partition("\n")[0]
    if name == "skip":
        return Skipped("a keep-alive")
    if name.startswith("fail"):
        raise IndexError(THE_BUG)
    message = a_message(name[:80], desk=arrival.desk, channel=arrival.channel, text=text, attachments=arrival.files)
    return Normalized(message=message)


class InterruptedBlobs:
    """A blob store that raises TemporaryError while `away` is set; `asked` counts what came to it."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.away = False
        self.asked = 0

    async def keep_raw(self, desk: str, raw: bytes) -> str:
        await self.probe()
        return await self._blobs.keep_raw(desk, raw)

    async def put(self, desk: str, content: bytes | Path, *, sha256: str) -> str:
        await self.probe()
        return await self._blobs.put(desk, content, sha256=sha256)

    async def read(self, blob: str, *, limit: int = READ_MAX_BYTES) -> bytes:
        await self.probe()
        return await self._blobs.read(blob, limit=limit)

    def stream(self, blob: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        return self._blobs.stream(blob, start, stop)

    async def size(self, blob: str) -> int:
        return await self._blobs.size(blob)

    async def erase(self, blob: str) -> None:
        await self.probe()
        await self._blobs.erase(blob)

    async def probe(self) -> None:
        self.asked += 1
        if self.away:
            raise TemporaryError("the blob store is away")
        await self._blobs.probe()

    async def close(self) -> None:
        await self._blobs.close()


class Home(Struct, kw_only=True):
    """An intake with everything round it."""

    intake: Intake
    bus: InterruptedBus
    blobs: InterruptedBlobs
    spool: Spool | None

    @property
    def depth(self) -> int:
        return self.spool.depth if self.spool else 0

    async def published(self, number: int) -> Sequence[InboundMessage]:
        """Return that many messages off the bus; fails when they do not come."""
        events = await self.take(THREADS_MESSAGES.name, number)
        return [decode_data(event, MessageReceived).message for event in events]

    async def take(self, queue: str, number: int) -> Sequence[Event]:
        return [decode(delivery.body) for delivery in await self.deliveries(queue, number)]

    async def deliveries(self, queue: str, number: int) -> Sequence[Delivery]:
        async with self.bus.subscribe(queue) as subscription:
            taken = await take_all(subscription, number)
            await subscription.ack(taken)
        return taken

    async def nothing_waits(self) -> bool:
        """Whether neither messages nor dead letters are on the bus."""
        return await self.bus.depth(THREADS_MESSAGES.name) == 0 == await self.bus.depth(DEAD_LETTERS.name)

    async def drained(self) -> None:
        """Wait until the spool is empty."""
        await eventually(self._is_drained)

    async def _is_drained(self) -> bool:
        return self.depth == 0


@asynccontextmanager
async def a_home(env: Mapping[str, str], bus: Bus, normalizer: Normalizer = normalize) -> AsyncIterator[Home]:
    """Open an intake of channel `email` whose bus and blob store can be sent away."""
    interrupted = InterruptedBus(bus)
    async with open_blobs(env) as opened, open_spool(env, "email") as spool:
        blobs = InterruptedBlobs(opened)
        intake = Intake(interrupted, blobs, "email", normalizer, spool)
        yield Home(intake=intake, bus=interrupted, blobs=blobs, spool=spool)


@asynccontextmanager
async def at_work(home: Home) -> AsyncIterator[Home]:
    """Let the intake of a home drain its spool and serve replays meanwhile."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(home.intake.run())
        yield home
        task.cancel()
