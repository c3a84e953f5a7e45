"""What every blob store promises about erasing: the content is gone, and nothing else is."""

import asyncio
import os
from hashlib import sha256

import pytest

from support.blobs import Store
from threadline_contracts.errors import MalformedInputError

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
