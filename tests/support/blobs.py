"""Blob stores under test, with a way to lay hands on what they stored."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from support.s3 import Bucket
from threadline_shared.blobs import Blobs, open_blobs


class Store(Protocol):
    """A blob store under test, with a way to lay hands on what it stored."""

    blobs: Blobs

    def contents(self) -> dict[str, bytes]:
        """Return everything stored, by its path or key."""

    def overwrite(self, path: str, content: bytes) -> None:
        """Damage what is stored."""


class LocalStore:
    def __init__(self, blobs: Blobs, root: Path) -> None:
        self.blobs = blobs
        self._root = root

    def contents(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self._root.rglob("*")) if path.is_file()}

    def overwrite(self, path: str, content: bytes) -> None:
        Path(path).write_bytes(content)


class BucketStore:
    def __init__(self, blobs: Blobs, bucket: Bucket) -> None:
        self.blobs = blobs
        self.contents = bucket.contents
        self.overwrite = bucket.overwrite


@pytest.fixture(params=["local", "s3"])
async def blob_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "local":
        async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as blobs:
            yield LocalStore(blobs, tmp_path)
    else:
        bucket: Bucket = request.getfixturevalue("bucket")
        async with open_blobs(bucket.env) as blobs:
            yield BucketStore(blobs, bucket)
