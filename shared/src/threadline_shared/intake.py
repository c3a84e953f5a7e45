"""Between every door and the bus: raw bytes durable, normalised, published; only then does a door say yes.

Where the bus or the blob store is away, the local spool takes the input instead. What no normaliser understands is
buried: kept, visible, replayable. Only trouble of our own makes a temporary no (TemporaryError).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from threadline_contracts.arrival import Arrival, ReplayRequested
from threadline_contracts.codec import Event, decode_data
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.ids import file_blob_id
from threadline_contracts.outcome import Outcome, Skipped
from threadline_contracts.topology import replays
from threadline_shared.backoff import delays
from threadline_shared.blob_ids import read_file_id
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.daemon_threads import DaemonThreads
from threadline_shared.drain import Drainer
from threadline_shared.forgetting import Forgetter
from threadline_shared.health import component
from threadline_shared.inputs import Normalized, Normalizer, Said, bury, say, sayable
from threadline_shared.log import logger
from threadline_shared.outcomes import tell, tell_refusal
from threadline_shared.spool import Spool, Spooled, open_spool
from threadline_shared.worker import work

__all__ = ["Intake", "Normalized", "Normalizer", "open_intake"]

_INLINE_BYTES: Final = 64 * 1024  # a larger input is normalised in a thread, and the loop goes on
# Threads of their own: a normaliser may have inputs wait in them, and disks and digests must not wait for those.
_READERS: Final = DaemonThreads(256, "normalise")
_RAW_MAX_BYTES: Final = 1024 * 1024 * 1024  # of a raw input to be replayed: whatever a door took
_NONE: Final[Mapping[str, Path]] = MappingProxyType({})
_log: Final = logger()


class Intake:
    """Takes the inputs of one channel. Made by `open_intake`; its `run` must run beside the doors."""

    def __init__(self, bus: Bus, blobs: Blobs, channel: str, normalize: Normalizer, spool: Spool | None) -> None:
        self._bus = bus
        self._blobs = blobs
        self._channel = channel
        self._normalize = normalize
        self._drainer: Drainer | None = None
        self._forgetter: Forgetter | None = None
        if spool is not None:
            self._drainer = Drainer(spool, bus, channel=channel, probe=blobs.probe, prepare=self._prepare)
            self._forgetter = Forgetter(bus, blobs, channel, normalize, spool)

    async def accept(self, raw: bytes, arrival: Arrival, files: Mapping[str, Path] = _NONE) -> Outcome:
        """Return how an input ended, when that is durable: on the bus, or fsynced in the spool.

        `files`: the content of `arrival.files` by blob id, where the door has it; not needed after the return. Raises
        TemporaryError when nothing could take the input: then the source must keep it, and offer it again.
        """
        started = perf_counter()
        try:
            outcome = await self._accept(raw, arrival, files)
        except TemporaryError as err:
            tell_refusal(arrival, err)
            raise
        tell(outcome, arrival, perf_counter() - started)
        return outcome

    async def run(self) -> None:
        """Drain the spool, and serve replays and erasures, for ever."""
        async with asyncio.TaskGroup() as group:
            if self._drainer and self._forgetter:
                group.create_task(self._forgetter.run(), name=f"forget {self._channel}")
                group.create_task(self._drain(self._drainer, self._forgetter), name=f"drain {self._channel}")
            group.create_task(self._serve_replays(), name=f"replay {self._channel}")

    async def _drain(self, drainer: Drainer, forgetter: Forgetter) -> None:
        await forgetter.caught_up()  # else what somebody erased meanwhile would go to the dead letters
        await drainer.run()

    async def _accept(self, raw: bytes, arrival: Arrival, files: Mapping[str, Path]) -> Outcome:
        drainer = self._drainer
        if drainer is None:
            kept_as = await self._blobs.keep_raw(arrival.desk, raw)
            return await self._publish(raw, arrival, kept_as, files)
        drainer.spool.check_disk()
        kept_as = ""
        if not drainer.away:  # else every input would wait for the same time-out
            try:
                kept_as = await self._blobs.keep_raw(arrival.desk, raw)
                return await self._publish(raw, arrival, kept_as, files)
            except TemporaryError as err:
                drainer.outage(str(err))
        outcome = await self._keep_in(drainer.spool, raw, arrival, kept_as, files)
        drainer.wake()
        return outcome

    async def _publish(self, raw: bytes, arrival: Arrival, kept_as: str, files: Mapping[str, Path]) -> Outcome:
        said = await self._stored(await self._say(raw, arrival, kept_as), raw, arrival, kept_as, files)
        if said.outgoing is not None:
            await self._bus.publish(said.outgoing)
        return said.outcome

    async def _keep_in(
        self, spool: Spool, raw: bytes, arrival: Arrival, kept_as: str, files: Mapping[str, Path]
    ) -> Outcome:
        held = None if kept_as else raw
        kept_as = kept_as or file_blob_id(arrival.desk, sha256(raw).hexdigest())  # where the drainer will put it
        outcome = (await self._say(raw, arrival, kept_as)).outcome
        if isinstance(outcome, Skipped):
            return outcome
        content = {blob: await _read(path) for blob, path in files.items()}
        await spool.keep(Spooled(arrival=sayable(arrival), kept_as=kept_as, raw=held, files=content))
        return replace(outcome, spooled=True)

    async def _prepare(self, item: Spooled) -> Outgoing | None:
        arrival = item.arrival
        if item.raw is None:
            raw = await self._blobs.read(item.kept_as, limit=_RAW_MAX_BYTES)
        else:
            raw = item.raw
            await self._put(arrival.desk, item.kept_as, raw)
        said = await self._say(raw, arrival, item.kept_as)
        return (await self._stored(said, raw, arrival, item.kept_as, item.files)).outgoing

    async def _say(self, raw: bytes, arrival: Arrival, kept_as: str) -> Said:
        if len(raw) <= _INLINE_BYTES:
            return say(self._normalize, raw, arrival, kept_as)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_READERS, say, self._normalize, raw, arrival, kept_as)

    async def _stored(
        self, said: Said, raw: bytes, arrival: Arrival, kept_as: str, files: Mapping[str, Path] | Mapping[str, bytes]
    ) -> Said:
        """Make the files of an input durable. What cannot be stored under its name is a reason to bury the input."""
        contents: Mapping[str, bytes | Path] = {**files, **said.blobs}
        try:
            for blob, content in contents.items():
                await self._put(arrival.desk, blob, content)
        except MalformedInputError as err:
            return bury(raw, arrival, kept_as, err)
        return said

    async def _put(self, desk: str, blob: str, content: bytes | Path) -> None:
        if await self._blobs.put(desk, content, sha256=read_file_id(blob).sha256) != blob:
            raise MalformedInputError(f"blob {blob} belongs to another desk than {desk}")

    async def _serve_replays(self) -> None:
        queue = replays(self._channel)
        health = component(f"worker/{queue.name}", kind="worker")
        for pause in delays():
            try:
                await self._bus.declare([queue])
                break
            except TemporaryError as err:
                health.trouble(str(err))
                await asyncio.sleep(pause)
        await work(self._bus, queue.name, self._replay, probe=self._blobs.probe, component=health)

    async def _replay(self, events: Sequence[Event]) -> None:
        for event in events:
            request = decode_data(event, ReplayRequested)
            raw = await self._blobs.read(request.raw, limit=_RAW_MAX_BYTES)
            outcome = await self._publish(raw, request.arrival, request.raw, _NONE)
            _log.info("input.replayed", channel=self._channel, raw=request.raw, outcome=type(outcome).__name__.lower())


async def _read(path: Path) -> bytes:
    try:
        return await asyncio.to_thread(path.read_bytes)
    except OSError as err:
        raise TemporaryError(f"a file of the input: {err.strerror}") from err


@asynccontextmanager
async def open_intake(env: Mapping[str, str], bus: Bus, channel: str, normalize: Normalizer) -> AsyncIterator[Intake]:
    """Open a channel's intake with its blob store and its spool. Raises SettingsError."""
    async with open_blobs(env) as blobs, open_spool(env, channel) as spool:
        yield Intake(bus, blobs, channel, normalize, spool)
