"""Blobs in a local directory; the loop never waits for the disk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import ParamSpec, TypeVar

from threadline_contracts.errors import MalformedInputError, SettingsError, TemporaryError
from threadline_contracts.ids import file_blob_id
from threadline_shared.blob_folder import BlobFolder, PackWriter
from threadline_shared.blob_ids import FileBlob, check_desk, read_blob_id, read_file_id
from threadline_shared.blobs import CHUNK_BYTES, READ_MAX_BYTES
from threadline_shared.packs import PACK_MAX_BYTES, PACKED_BELOW, GroupCommit, Raw

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LocalBlobs:
    """The blob store of one process; several processes may share the directory. Made by `open_local`."""

    def __init__(self, folder: BlobFolder, *, max_bytes: int, pack_max_bytes: int = PACK_MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._writer = PackWriter(folder, pack_max_bytes)
        self._packs = GroupCommit(self._writer.append)

    async def keep_raw(self, desk: str, raw: bytes) -> str:
        """Keep a raw input: a small one in the open pack, a large one as a file of its own."""
        check_desk(desk)
        if len(raw) < PACKED_BELOW:
            return await self._packs.add(Raw(desk, raw))
        return await _off_the_loop(self._write, desk, raw)

    async def put(self, desk: str, content: bytes | Path, *, sha256: str) -> str:
        """Keep a file under its hash."""
        return await _off_the_loop(self._put, read_file_id(file_blob_id(desk, sha256)), content)

    async def read(self, blob: str, *, limit: int = READ_MAX_BYTES) -> bytes:
        """Return the whole content."""
        return await _off_the_loop(self._folder.read, read_blob_id(blob), limit)

    async def stream(self, blob: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield a part of the content, after all of it was checked."""
        source, left = await _off_the_loop(self._folder.open_part, read_blob_id(blob), start, stop)
        with source:
            while left > 0 and (chunk := await _off_the_loop(source.read, min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk

    async def size(self, blob: str) -> int:
        """Return the content's length."""
        return await _off_the_loop(self._folder.size, read_blob_id(blob))

    async def erase(self, blob: str) -> None:
        """Take a content away."""
        await _off_the_loop(self._folder.erase, read_blob_id(blob))

    async def probe(self) -> None:
        """Write a file, and take it away again."""
        await _off_the_loop(self._folder.probe)

    async def close(self) -> None:
        """Finish the commit in progress."""
        await self._packs.close()
        self._writer.close()

    def _write(self, desk: str, raw: bytes) -> str:
        return self._folder.write(FileBlob(desk, sha256(raw).hexdigest()), BytesIO(raw))

    def _put(self, blob: FileBlob, content: bytes | Path) -> str:
        with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
            if (size := source.seek(0, 2)) > self._max_bytes:
                raise MalformedInputError(f"a blob of {size} bytes: the limit is {self._max_bytes}")
            source.seek(0)
            return self._folder.write(blob, source)


async def open_local(root: Path, *, max_bytes: int, pack_max_bytes: int = PACK_MAX_BYTES) -> LocalBlobs:
    """Return the store in a directory, made when missing. Raises SettingsError when that is impossible."""
    folder = BlobFolder(root)
    try:
        await asyncio.to_thread(folder.prepare)
    except OSError as err:
        raise SettingsError(f"cannot keep blobs in {root}: {err.strerror}") from err
    return LocalBlobs(folder, max_bytes=max_bytes, pack_max_bytes=pack_max_bytes)


async def _off_the_loop(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except OSError as err:
        raise TemporaryError(f"the blob directory: {err.strerror or err}") from err
