"""Blobs in an S3-compatible store: `<desk>/sha256/<2 hex>/<64 hex>` and `packs/<day>/<name>` below the prefix.

A pack is one object: the raw inputs that arrived while the last one was being sent. Nothing is ever
changed in place, but what is erased.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from threadline_contracts.errors import MalformedInputError, SettingsError, TemporaryError
from threadline_contracts.ids import file_blob_id
from threadline_shared.blob_ids import FileBlob, PackedBlob, check_desk, read_blob_id, read_file_id
from threadline_shared.blobs import CHUNK_BYTES, READ_MAX_BYTES
from threadline_shared.packs import (
    PACKED_BELOW,
    GroupCommit,
    Raw,
    erased_record,
    is_spent,
    new_pack,
    read_record,
    record_length,
    write_records,
)

# A door waits for the store while its source waits for the door; the spool takes over where the store is away.
_CLIENT: Final = {"connect_timeout": "3s", "read_timeout": "10s", "timeout": "120s", "allow_http": True}
_RETRY: Final = {"max_retries": 2, "retry_timeout": timedelta(seconds=5)}
_KEYS: Final = {
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
}


class S3Blobs:
    """The blob store of one process; any number share a bucket. Made by `open_s3`."""

    def __init__(self, store: Any, *, max_bytes: int) -> None:
        self._store = store
        self._max_bytes = max_bytes
        self._packs = GroupCommit(self._send_pack)

    async def keep_raw(self, desk: str, raw: bytes) -> str:
        """Keep a raw input: a small one in the next pack, a large one as an object of its own."""
        check_desk(desk)
        if len(raw) < PACKED_BELOW:
            return await self._packs.add(Raw(desk, raw))
        digest = await asyncio.to_thread(lambda: sha256(raw).hexdigest())
        return await self._create(FileBlob(desk, digest), raw, len(raw))

    async def put(self, desk: str, content: bytes | Path, *, sha256: str) -> str:
        """Keep a file under its hash."""
        blob = read_file_id(file_blob_id(desk, sha256))
        digest, size = await asyncio.to_thread(_measure, content)
        if size > self._max_bytes:
            raise MalformedInputError(f"a blob of {size} bytes: the limit is {self._max_bytes}")
        if digest != sha256:
            raise MalformedInputError(f"the content for blob {sha256} has another hash")
        return await self._create(blob, content, size)

    async def read(self, blob: str, *, limit: int = READ_MAX_BYTES) -> bytes:
        """Return the whole content."""
        what = read_blob_id(blob)
        if isinstance(what, PackedBlob):
            return await self._read_packed(what, limit)
        with _errors_named(blob):
            found = await obstore.get_async(self._store, _key(what))
            if (size := found.meta["size"]) > limit:
                raise MalformedInputError(f"a blob of {size} bytes, where {limit} are the limit")
            content = bytes(await found.bytes_async())
        if sha256(content).hexdigest() != what.sha256:
            raise MalformedInputError(f"blob {blob} is damaged")
        return content

    async def stream(self, blob: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield a part of the content; of the whole, the last chunk comes after all of it was checked."""
        what = read_blob_id(blob)
        if isinstance(what, PackedBlob):
            yield (await self._read_packed(what, READ_MAX_BYTES))[start:stop]
            return
        size = await self.size(blob)
        stop = size if stop is None else min(stop, size)
        digest, held, left = sha256(), b"", max(0, stop - start)
        if left:
            async for chunk in self._chunks(what, start, stop):
                if held:
                    yield held
                held = chunk
                digest.update(held)
                left -= len(held)
        if left or ((start, stop) == (0, size) and digest.hexdigest() != what.sha256):
            raise MalformedInputError(f"blob {blob} is damaged")
        yield held

    async def size(self, blob: str) -> int:
        """Return the content's length."""
        what = read_blob_id(blob)
        if isinstance(what, PackedBlob):
            return len(await self._read_packed(what, READ_MAX_BYTES))
        with _errors_named(blob):
            return int((await obstore.head_async(self._store, _key(what)))["size"])

    async def erase(self, blob: str) -> None:
        """Take a content away: an object whole, a packed one by writing its pack anew without it."""
        what = read_blob_id(blob)
        with _errors_named(blob), suppress(FileNotFoundError):
            if isinstance(what, PackedBlob):
                while not await self._erase_packed(what):
                    pass  # somebody else erased another one of the same pack meanwhile
            else:
                await obstore.delete_async(self._store, _key(what))

    async def probe(self) -> None:
        """Write an object; reading would not prove that we may write."""
        with _errors_named("probe"):
            await obstore.put_async(self._store, "probe", b"can this be written?")

    async def close(self) -> None:
        """Finish the commit in progress."""
        await self._packs.close()

    async def _chunks(self, blob: FileBlob, start: int, stop: int) -> AsyncIterator[bytes]:
        with _errors_named(blob.sha256):
            found = await obstore.get_async(self._store, _key(blob), options={"range": (start, stop)})
            async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)

    def _send_pack(self, raws: Sequence[Raw]) -> Sequence[str]:
        pack = new_pack()
        content, ids = write_records(pack, 0, raws)
        with _errors_named("pack"):
            obstore.put(self._store, f"packs/{pack.day}/{pack.name}", content, use_multipart=False)
        return ids

    async def _create(self, blob: FileBlob, content: bytes | Path, size: int) -> str:
        key = _key(blob)
        with _errors_named(blob.sha256):
            try:
                await obstore.put_async(self._store, key, content, mode="create")
            except AlreadyExistsError:
                # S3 checks what it stores and keeps it whole; only an object that was not ours can differ.
                if (await obstore.head_async(self._store, key))["size"] != size:
                    await obstore.put_async(self._store, key, content)
        return file_blob_id(blob.desk, blob.sha256)

    async def _read_packed(self, blob: PackedBlob, limit: int) -> bytes:
        if blob.length > limit:
            raise MalformedInputError(f"a blob of {blob.length} bytes, where {limit} are the limit")
        where, length = _pack_key(blob), record_length(blob)
        with _errors_named(blob.id()):
            record = await obstore.get_range_async(self._store, where, start=blob.offset, length=length)
        return read_record(blob, bytes(record))

    async def _erase_packed(self, blob: PackedBlob) -> bool:
        """Write the pack without a record; False when it is another pack by now."""
        found = await obstore.get_async(self._store, _pack_key(blob))
        pack = bytearray(await found.bytes_async())
        place = slice(blob.offset, blob.offset + record_length(blob))
        pack[place] = erased_record(blob, bytes(pack[place]))
        try:
            if is_spent(BytesIO(pack)):
                await obstore.delete_async(self._store, _pack_key(blob))
                return True
            await obstore.put_async(self._store, _pack_key(blob), bytes(pack), mode={"e_tag": found.meta["e_tag"]})
        except PreconditionError:
            return False
        return True


def open_s3(url: str, env: Mapping[str, str], *, max_bytes: int) -> S3Blobs:
    """Return the store of `s3://bucket/prefix?endpoint=...&region=...`, with AWS_* keys. Raises SettingsError."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.netloc or not options.keys() <= {"endpoint", "region"}:
        raise SettingsError("THREADLINE_BLOBS_URL must be s3://bucket/prefix, with ?endpoint=URL&region=NAME if needed")
    options |= {option: env[name] for name, option in _KEYS.items() if env.get(name)}
    try:
        prefix = parts.path.strip("/") or None
        store = S3Store(parts.netloc, prefix=prefix, client_options=_CLIENT, retry_config=_RETRY, **options)
    except BaseError as err:
        raise SettingsError(f"THREADLINE_BLOBS_URL: {_first_line(err)}") from err
    return S3Blobs(store, max_bytes=max_bytes)


@contextmanager
def _errors_named(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as err:
        raise MalformedInputError(f"blob {what} is unknown") from err
    except BaseError as err:
        if "416 Range Not Satisfiable" in str(err):  # behind the end: no pack of ours is that short
            raise MalformedInputError(f"blob {what} is unknown or damaged") from err
        raise TemporaryError(f"the blob store: {_first_line(err)}") from err
    except OSError as err:  # of a file to send
        raise TemporaryError(f"a file for the blob store: {err.strerror or err}") from err


def _pack_key(blob: PackedBlob) -> str:
    return f"packs/{blob.day}/{blob.name}"


def _key(blob: FileBlob) -> str:
    return f"{blob.desk}/sha256/{blob.sha256[:2]}/{blob.sha256}"


def _measure(content: bytes | Path) -> tuple[str, int]:
    try:
        with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
            return file_digest(source, "sha256").hexdigest(), source.tell()
    except OSError as err:
        raise TemporaryError(f"a file for the blob store: {err.strerror or err}") from err


def _first_line(err: BaseException) -> str:
    return str(err).split("\n", 1)[0][:300]
