"""Blobs: raw inputs and files by id, durable before the yes; a local directory or an S3-compatible store.

Both check sizes and hashes when writing and when reading; two implementations pass one conformance suite
(`tests/conformance/test_blobs.py`). Bytes that are not what the id says are never returned as if they were.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, Protocol

from msgspec import Meta

from threadline_shared.settings import DataSettings, load

READ_MAX_BYTES: Final = 64 * 1024 * 1024
CHUNK_BYTES: Final = 256 * 1024  # of a stream


class BlobSettings(DataSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where blobs are: `blobs_url` empty is DATA_DIR/blobs, else `s3://bucket/prefix?endpoint=...&region=...`."""

    blobs_url: str = ""
    blob_max_bytes: Annotated[int, Meta(ge=1024 * 1024)] = 128 * 1024 * 1024


class Blobs(Protocol):
    """A blob store. TemporaryError: it cannot be used now. MalformedInputError: unknown, damaged, or over a limit."""

    async def keep_raw(self, desk: str, raw: bytes) -> str:
        """Return the id of a raw input when it is durable. Call it concurrently: small ones share one commit."""

    async def put(self, desk: str, content: bytes | Path, *, sha256: str) -> str:
        """Return `file_blob_id(desk, sha256)` when the content is durable; the same content again costs nothing.

        Raises MalformedInputError when the content has another hash, or is over `blob_max_bytes`.
        """

    async def read(self, blob: str, *, limit: int = READ_MAX_BYTES) -> bytes:
        """Return the whole content, checked against its id. Raises MalformedInputError when over `limit` bytes."""

    def stream(self, blob: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield the content from byte `start` up to (not with) `stop`, in chunks.

        Damage raises MalformedInputError before the last chunk at the latest: no damaged blob comes to its end. (A
        part of an object in S3 is checked for its size alone.)
        """

    async def size(self, blob: str) -> int:
        """Return how many bytes the content has."""

    async def erase(self, blob: str) -> None:
        """Return when the content is gone, for good; one that is unknown or gone already is none of our trouble.

        Nobody counts who else refers to it: that is the caller's to know. Raises MalformedInputError when the id is
        none of ours, or names the place of something else.
        """

    async def probe(self) -> None:
        """Return when the store takes writes now. Raises TemporaryError otherwise."""

    async def close(self) -> None:
        """Finish what is being written, and let go of files and connections."""


@asynccontextmanager
async def open_blobs(env: Mapping[str, str]) -> AsyncIterator[Blobs]:
    """Open the store that the settings name, and close it at the end. Raises SettingsError."""
    settings = load(BlobSettings, env)
    blobs = await _opened(settings, env)
    try:
        yield blobs
    finally:
        await blobs.close()


async def _opened(settings: BlobSettings, env: Mapping[str, str]) -> Blobs:
    if settings.blobs_url:
        from threadline_shared.blobs_s3 import open_s3  # an extra that a local installation lacks

        return open_s3(settings.blobs_url, env, max_bytes=settings.blob_max_bytes)
    from threadline_shared.blobs_local import open_local

    return await open_local(settings.data_dir / "blobs", max_bytes=settings.blob_max_bytes)
