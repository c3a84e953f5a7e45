"""Packs: small raw inputs of any desk, one record behind the other; those that arrive together are written together.

A record is a line (`threadline-raw <desk> <length> <sha256>`) and the raw bytes, so that a pack can be read without
any index, and a reader can check whose it is and that it is whole.
"""

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from secrets import token_hex
from typing import IO, Final, NamedTuple

from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_shared.blob_ids import CHECKSUM_LENGTH, PackedBlob

PACKED_BELOW: Final = 64 * 1024  # a larger raw input is a blob of its own
PACK_MAX_BYTES: Final = 256 * 1024 * 1024  # then a process begins another pack
COMMIT_MAX_BYTES: Final = 8 * 1024 * 1024  # of what is written together
_MAGIC: Final = b"threadline-raw"
_ERASED: Final = b"0" * 64
_RECORD: Final = re.compile(rb"threadline-raw [a-z0-9_-]+ (?P<length>[0-9]{1,15}) (?P<sha256>[0-9a-f]{64})\n")
_HEAD_MAX_BYTES: Final = 256


class Raw(NamedTuple):
    """A raw input on its way into a pack."""

    desk: str
    content: bytes


class PackName(NamedTuple):
    """A pack's name: the day it was begun (UTC) and something nobody else draws."""

    day: str
    name: str


def new_pack() -> PackName:
    """Return the name of a pack that nobody has."""
    return PackName(today(), token_hex(8))


def today() -> str:
    """Return the day as packs are named."""
    return f"{datetime.now(UTC):%Y%m%d}"


def yesterday() -> str:
    """Return the day before."""
    return f"{datetime.now(UTC) - timedelta(days=1):%Y%m%d}"


def write_records(pack: PackName, offset: int, raws: Sequence[Raw]) -> tuple[bytes, Sequence[str]]:
    """Return the bytes to append to a pack at `offset`, and the ids of the raw inputs in them."""
    parts: list[bytes] = []
    ids: list[str] = []
    for desk, content in raws:
        digest = sha256(content).hexdigest()
        head = _head(desk, len(content), digest)
        ids.append(PackedBlob(desk, *pack, offset, len(content), digest[:CHECKSUM_LENGTH]).id())
        parts += [head, content]
        offset += len(head) + len(content)
    return b"".join(parts), ids


def record_length(blob: PackedBlob) -> int:
    """Return how many bytes of its pack a blob takes, from its offset on."""
    return len(_head(blob.desk, blob.length, "0" * 64)) + blob.length


def read_record(blob: PackedBlob, record: bytes) -> bytes:
    """Return the raw input out of its record. Raises MalformedInputError when the record is not what the id says."""
    content = record[record_length(blob) - blob.length :]
    digest = sha256(content).hexdigest()
    if not digest.startswith(blob.checksum) or record != _head(blob.desk, blob.length, digest) + content:
        raise MalformedInputError(f"blob {blob.id()} is unknown or damaged")
    return content


def erased_record(blob: PackedBlob, record: bytes) -> bytes:
    """Return what to write in the place of a record: as long, and without its content and hash.

    Raises MalformedInputError when it is the record of something else; one that is erased, whole or in part, is not.
    """
    head = _head(blob.desk, blob.length, "0" * 64)
    if not record.startswith(head[: -len("0" * 64 + "\n")]):
        raise MalformedInputError(f"blob {blob.id()} is unknown or damaged")
    return head + bytes(blob.length)


def is_spent(pack: IO[bytes]) -> bool:
    """Return whether every record of a pack is erased; what a crash cut off at its end was never confirmed."""
    while match := _RECORD.fullmatch(pack.readline(_HEAD_MAX_BYTES)):
        if match["sha256"] != _ERASED:
            return False
        pack.seek(int(match["length"]), os.SEEK_CUR)
    return True


def _head(desk: str, length: int, digest: str) -> bytes:
    return b"%s %s %d %s\n" % (_MAGIC, desk.encode(), length, digest.encode())


class _Waiting(NamedTuple):
    raw: Raw
    kept_as: "asyncio.Future[str]"


class GroupCommit:
    """Collects raw inputs while the last ones are being written, off the loop, and then writes them at once."""

    def __init__(self, write: Callable[[Sequence[Raw]], Sequence[str]]) -> None:
        self._write = write
        self._writer = ThreadPoolExecutor(1, "packs")
        self._waiting: list[_Waiting] = []
        self._busy = False
        self._closed = False

    async def add(self, raw: Raw) -> str:
        """Return the blob's id when it is durable. Raises what `write` raises; cancelling stops no write."""
        if self._closed:
            raise TemporaryError("the blob store is closed")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(raw, loop.create_future())
        self._waiting.append(waiting)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin, loop)  # so that all who come in this turn of the loop come along
        return await waiting.kept_as

    async def close(self) -> None:
        """Let the write in progress end; what still waits fails with TemporaryError."""
        self._closed = True
        waiting, self._waiting = self._waiting, []
        _tell(waiting, TemporaryError("the blob store is closed"))
        await asyncio.to_thread(self._writer.shutdown)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = self._next_batch()
        self._busy = bool(batch)
        if batch:
            writing = loop.run_in_executor(self._writer, self._write, [waiting.raw for waiting in batch])
            writing.add_done_callback(partial(self._end, loop, batch))

    def _next_batch(self) -> Sequence[_Waiting]:
        size, end = 0, 0
        while end < len(self._waiting) and size < COMMIT_MAX_BYTES:
            size += len(self._waiting[end].raw.content)
            end += 1
        batch, self._waiting = self._waiting[:end], self._waiting[end:]
        return batch

    def _end(
        self, loop: asyncio.AbstractEventLoop, batch: Sequence[_Waiting], written: "asyncio.Future[Sequence[str]]"
    ) -> None:
        self._begin(loop)  # the next ones first: their disk works while we tell
        _tell(batch, written.exception() or written.result())


def _tell(batch: Sequence[_Waiting], result: Sequence[str] | BaseException) -> None:
    for index, waiting in enumerate(batch):
        if waiting.kept_as.done():  # its caller was cancelled
            continue
        if isinstance(result, BaseException):
            waiting.kept_as.set_exception(result)
        else:
            waiting.kept_as.set_result(result[index])
