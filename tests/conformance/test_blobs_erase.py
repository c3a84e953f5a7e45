"""What every blob store promises about erasing: the content is gone, and nothing else is."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

import pytest

from support.blobs import Store
from support.s3 import Bucket
from threadline_contracts.errors import MalformedInputError
from threadline_shared.blobs import open_blobs

SMALL = b"From: ada@example.org\r\n\r\nIt burns."
LARGE = os.urandom(1_500_000)


@pytest.mark.parametrize("raw", [SMALL, LARGE], ids=len)
async def test_what_is_erased_is_nowhere(blob_store: Store, raw: bytes) -> None:
    blob = await blob_store.blobs.keep_raw("main", raw)
    await blob_store.blobs.erase(blob)
    await blob_store.blobs.erase(blob)
    assert all(raw not in content for content in blob_store.contents().values())
    with pytest.raises(MalformedInputError):
        await blob_store.blobs.read(blob)
    with pytest.raises(MalformedInputError):
        await blob_store.blobs.size(blob)


async def test_its_neighbours_stay(blob_store: Store) -> None:
    raws = [SMALL + b" %02d." % number for number in range(20)]
    blobs = await asyncio.gather(*(blob_store.blobs.keep_raw("main", raw) for raw in raws))
    await asyncio.gather(*(blob_store.blobs.erase(blob) for blob in blobs[::2]))
    after = await blob_store.blobs.keep_raw("main", SMALL)
    assert [await blob_store.blobs.read(blob) for blob in blobs[1::2]] == raws[1::2]
    assert await blob_store.blobs.read(after) == SMALL
    gone = [raw for raw in raws[::2] if any(raw in content for content in blob_store.contents().values())]
    assert gone == []


async def test_a_file_is_erased_in_its_own_desk_alone(blob_store: Store) -> None:
    blobs = [await blob_store.blobs.put(desk, LARGE, sha256=sha256(LARGE).hexdigest()) for desk in ("main", "brand")]
    await blob_store.blobs.erase(blobs[0])
    assert await blob_store.blobs.read(blobs[1]) == LARGE
    assert await blob_store.blobs.put("main", LARGE, sha256=sha256(LARGE).hexdigest()) == blobs[0]
    assert await blob_store.blobs.read(blobs[0]) == LARGE


async def test_nothing_is_erased_under_a_wrong_id(blob_store: Store) -> None:
    one, other = [await blob_store.blobs.keep_raw(desk, SMALL) for desk in ("main", "brand")]
    for wrong in (one.replace("main.", "brand."), other.replace("brand.", "main."), "main", "../../etc/passwd"):
        with pytest.raises(MalformedInputError):
            await blob_store.blobs.erase(wrong)
    unknown = "main.pack.20260305-abcd.0.33.0123456789abcdef"
    await blob_store.blobs.erase(unknown)
    assert [await blob_store.blobs.read(blob) for blob in (one, other)] == [SMALL, SMALL]


async def test_a_pack_goes_when_nothing_in_it_is_left(bucket: Bucket) -> None:
    async with open_blobs(bucket.env) as blobs:
        kept = await asyncio.gather(*(blobs.keep_raw("main", SMALL + b" %02d." % number) for number in range(5)))
        for blob in kept[:-1]:
            await blobs.erase(blob)
        assert len(bucket.contents()) > 0
        await blobs.erase(kept[-1])
        await blobs.erase(kept[-1])
    assert bucket.contents() == {}


async def test_a_pack_of_an_earlier_day_goes_when_nothing_in_it_is_left(tmp_path: Path) -> None:
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as blobs:
        kept = await asyncio.gather(*(blobs.keep_raw("main", SMALL + b" %02d." % number) for number in range(5)))
    (pack,) = (tmp_path / "blobs" / "packs").rglob("*/*")
    older = pack.parent.parent / "20260305" / pack.name
    older.parent.mkdir()
    pack.rename(older)
    moved = [blob.replace(pack.parent.name, "20260305") for blob in kept]
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as blobs:
        for blob in moved[1:]:
            await blobs.erase(blob)
        assert await blobs.read(moved[0])
        await blobs.erase(moved[0])
    assert not older.exists()
