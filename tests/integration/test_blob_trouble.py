"""What can go wrong with a disk or a bucket, and what a blob store says then."""

import asyncio
import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from threadline_contracts.errors import MalformedInputError, SettingsError, TemporaryError
from threadline_shared.blobs import open_blobs
from threadline_shared.blobs_local import open_local

SMALL = b"From: ada@example.org\r\n\r\nIt burns."


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


async def test_an_unreachable_s3_store_is_a_temporary_no() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    url = "s3://bucket?endpoint=http://127.0.0.1:1&region=us-east-1"
    async with open_blobs({"THREADLINE_BLOBS_URL": url, **keys}) as blobs:
        for asking in (
            blobs.probe(),
            blobs.keep_raw("main", SMALL),
            blobs.put("main", SMALL, sha256=digest(SMALL)),
            blobs.read(f"main.sha256.{digest(SMALL)}"),
        ):
            with pytest.raises(TemporaryError):
                await asking


@pytest.mark.parametrize("url", ["http://bucket", "s3:", "s3://bucket?endpiont=x", "s3://bucket?region=a&x=1"])
async def test_a_wrong_url_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="THREADLINE_BLOBS_URL"):
        async with open_blobs({"THREADLINE_BLOBS_URL": url}):
            pass


async def test_a_full_or_broken_disk_is_a_temporary_no(tmp_path: Path) -> None:
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as blobs:
        await blobs.keep_raw("main", SMALL)
        (tmp_path / "blobs" / "main").write_text("in the way of a directory")
        with pytest.raises(TemporaryError):
            await blobs.put("main", SMALL, sha256=digest(SMALL))


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(SettingsError, match="cannot keep blobs"):
        async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}):
            pass


async def test_another_process_reads_what_was_kept(tmp_path: Path) -> None:
    env = {"THREADLINE_DATA_DIR": str(tmp_path)}
    async with open_blobs(env) as one, open_blobs(env) as other:
        ours, theirs = await one.keep_raw("main", SMALL), await other.keep_raw("main", SMALL[::-1])
        assert await other.read(ours) == SMALL
        assert await one.read(theirs) == SMALL[::-1]
    async with open_blobs(env) as later:
        assert await later.read(ours) == SMALL


async def test_a_torn_end_of_a_pack_leaves_the_earlier_ones_readable(tmp_path: Path) -> None:
    env = {"THREADLINE_DATA_DIR": str(tmp_path)}
    async with open_blobs(env) as blobs:
        kept = [await blobs.keep_raw("main", SMALL), await blobs.keep_raw("main", SMALL[::-1])]
    (pack,) = (tmp_path / "blobs" / "packs").rglob("????????????????")
    pack.write_bytes(pack.read_bytes()[:-3])
    async with open_blobs(env) as blobs:
        assert await blobs.read(kept[0]) == SMALL
        with pytest.raises(MalformedInputError):
            await blobs.read(kept[1])
        assert await blobs.read(await blobs.keep_raw("main", b"the next one")) == b"the next one"


async def test_a_full_pack_is_followed_by_another(tmp_path: Path) -> None:
    blobs = await open_local(tmp_path, max_bytes=1024, pack_max_bytes=2 * len(SMALL))
    kept = [await blobs.keep_raw("main", SMALL) for _ in range(5)]
    assert len({blob.split(".")[2] for blob in kept}) == 5
    assert [await blobs.read(blob) for blob in kept] == [SMALL] * 5
    await blobs.close()


async def test_a_disk_that_fails_all_fails_every_waiting_input_and_heals(tmp_path: Path) -> None:
    in_the_way = tmp_path / "blobs" / "packs"
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}) as blobs:
        in_the_way.write_text("no directory")
        keeping = [asyncio.ensure_future(blobs.keep_raw("main", SMALL)) for _ in range(3)]
        await asyncio.wait(keeping)
        assert [type(task.exception()) for task in keeping] == [TemporaryError] * 3
        in_the_way.unlink()
        assert await blobs.read(await blobs.keep_raw("main", SMALL)) == SMALL


async def test_what_a_crash_left_unfinished_goes_after_a_day(tmp_path: Path) -> None:
    unfinished = tmp_path / "blobs" / "unfinished"
    unfinished.mkdir(parents=True)
    for name, age in (("old", 25 * 3600), ("fresh", 3600)):
        (unfinished / name).write_bytes(b"half")
        then = time.time() - age
        os.utime(unfinished / name, (then, then))
    async with open_blobs({"THREADLINE_DATA_DIR": str(tmp_path)}):
        assert [path.name for path in unfinished.iterdir()] == ["fresh"]
