"""What every blob store promises: whole or not at all, durable before the id, no id but ours."""

import asyncio
import os
from hashlib import sha256
from pathlib import Path

import pytest

from support.blobs import Store
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_shared.blobs import Blobs

SMALL = b"From: ada@example.org\r\n\r\nIt burns."
LARGE = os.urandom(1_500_000)


@pytest.fixture
def store(blob_store: Store) -> Store:
    return blob_store


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


async def streamed(blobs: Blobs, blob: str, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in blobs.stream(blob, start, stop)])


@pytest.mark.parametrize("raw", [b"", b"\0", SMALL, b"x" * (64 * 1024 - 1), b"x" * 64 * 1024, LARGE], ids=len)
async def test_a_raw_input_comes_back(store: Store, raw: bytes) -> None:
    blob = await store.blobs.keep_raw("main", raw)
    assert await store.blobs.read(blob) == raw
    assert await streamed(store.blobs, blob) == raw
    assert await store.blobs.size(blob) == len(raw)


async def test_small_raw_inputs_are_packed_and_say_so(store: Store) -> None:
    blob = await store.blobs.keep_raw("acme", SMALL)
    desk, kind, _, _, length, checksum = blob.split(".")
    assert (desk, kind, length, checksum) == ("acme", "pack", str(len(SMALL)), digest(SMALL)[:16])


async def test_raw_inputs_that_come_together_share_commits(store: Store) -> None:
    raws = [f"raw input number {n}".encode() * (n % 50) for n in range(200)]
    async with asyncio.TaskGroup() as group:
        keeping = [group.create_task(store.blobs.keep_raw("main", raw)) for raw in raws]
    assert [await store.blobs.read(task.result()) for task in keeping] == raws
    assert len(store.contents()) <= 3


async def test_a_caller_that_gives_up_does_not_disturb_the_others(store: Store) -> None:
    async with asyncio.TaskGroup() as group:
        keeping = [group.create_task(store.blobs.keep_raw("main", bytes([n]) * 1000)) for n in range(20)]
        await asyncio.sleep(0)
        keeping[3].cancel()
    assert [await store.blobs.read(task.result()) for task in keeping if not task.cancelled()] == [
        bytes([n]) * 1000 for n in range(20) if n != 3
    ]


async def test_a_file_is_known_by_its_hash(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(LARGE)
    blob = await store.blobs.put("main", path, sha256=digest(LARGE))
    assert blob == f"main.sha256.{digest(LARGE)}"
    path.unlink()
    assert await store.blobs.read(blob) == LARGE
    assert await store.blobs.put("main", LARGE, sha256=digest(LARGE)) == blob
    assert list(store.contents().values()) == [LARGE]


async def test_the_same_file_of_two_desks_is_two_blobs(store: Store) -> None:
    ours = await store.blobs.put("main", SMALL, sha256=digest(SMALL))
    assert ours == f"main.sha256.{digest(SMALL)}"
    with pytest.raises(MalformedInputError, match="unknown"):
        await store.blobs.read(f"acme.sha256.{digest(SMALL)}")


async def test_the_same_file_at_once_is_stored_once(store: Store) -> None:
    async with asyncio.TaskGroup() as group:
        putting = [group.create_task(store.blobs.put("main", LARGE, sha256=digest(LARGE))) for _ in range(5)]
    assert len({task.result() for task in putting}) == 1
    assert list(store.contents().values()) == [LARGE]


async def test_content_with_another_hash_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path.parent / f"{tmp_path.name}.upload"
    path.write_bytes(SMALL)
    for content in (SMALL, path):
        with pytest.raises(MalformedInputError, match="another hash"):
            await store.blobs.put("main", content, sha256=digest(LARGE))
    assert store.contents() == {}


async def test_a_file_over_the_limit_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path.parent / f"{tmp_path.name}.large"
    with path.open("wb") as file:
        file.truncate(128 * 1024 * 1024 + 1)
    with pytest.raises(MalformedInputError, match="the limit is 134217728"):
        await store.blobs.put("main", path, sha256="0" * 64)
    assert store.contents() == {}


async def test_a_file_that_is_gone_is_a_temporary_no(store: Store, tmp_path: Path) -> None:
    with pytest.raises(TemporaryError):
        await store.blobs.put("main", tmp_path / "gone", sha256=digest(SMALL))


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (5, 9), (700_000, 1_400_000), (1_499_999, None), (3, 9_999_999)])
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
async def test_a_part_comes_alone(store: Store, content: bytes, start: int, stop: int | None) -> None:
    blob = await store.blobs.keep_raw("main", content)
    assert await streamed(store.blobs, blob, start, stop) == content[start:stop]


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
async def test_reading_more_than_wanted_is_refused(store: Store, content: bytes) -> None:
    blob = await store.blobs.keep_raw("main", content)
    assert await store.blobs.read(blob, limit=len(content)) == content
    with pytest.raises(MalformedInputError, match="limit"):
        await store.blobs.read(blob, limit=len(content) - 1)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=len)
@pytest.mark.parametrize("damage", ["flipped", "shorter", "longer", "empty"])
async def test_a_damaged_blob_is_never_returned(store: Store, content: bytes, damage: str) -> None:
    blob = await store.blobs.keep_raw("main", content)
    (path, stored), *_ = store.contents().items()
    flipped = stored[:-9] + bytes([stored[-9] ^ 1]) + stored[-8:]
    damaged = {"flipped": flipped, "shorter": stored[:-1], "longer": b"!" + stored, "empty": b""}[damage]
    store.overwrite(path, damaged)
    with pytest.raises(MalformedInputError):
        await store.blobs.read(blob)
    with pytest.raises(MalformedInputError):
        await streamed(store.blobs, blob)


async def test_putting_a_damaged_file_again_mends_it(store: Store) -> None:
    blob = await store.blobs.put("main", LARGE, sha256=digest(LARGE))
    (path,) = store.contents()
    store.overwrite(path, LARGE[:1000])
    await store.blobs.put("main", LARGE, sha256=digest(LARGE))
    assert await store.blobs.read(blob) == LARGE


async def test_a_raw_input_cannot_be_read_as_another_desks(store: Store) -> None:
    blob = await store.blobs.keep_raw("main", SMALL)
    with pytest.raises(MalformedInputError):
        await store.blobs.read(blob.replace("main", "acme", 1))


async def test_an_id_of_a_pack_that_reaches_elsewhere_is_refused(store: Store) -> None:
    blob = await store.blobs.keep_raw("main", SMALL)
    desk, kind, pack, offset, length, checksum = blob.split(".")
    for place in (f"{offset}.{int(length) - 1}", f"{int(offset) + 1}.{length}", f"999999999.{length}", "0.0"):
        with pytest.raises(MalformedInputError):
            await store.blobs.read(f"{desk}.{kind}.{pack}.{place}.{checksum}")


@pytest.mark.parametrize(
    "blob",
    [
        "",
        "main",
        "main.sha256." + "0" * 64,
        "main.sha256." + "0" * 63,
        "main.sha256." + "0" * 64 + "\n",
        "main.sha256./etc/passwd",
        "../main.sha256." + "0" * 64,
        "main.pack.20260305-abcd.0.10.0123456789abcdef",
        "main.pack.20260305-../../x.0.10.0123456789abcdef",
        "main.pack.20260305-abcd.00.10.0123456789abcdef",
        "main.pack.20260305-abcd.0.99999999999999999999.0123456789abcdef",
        "Main.sha256." + "0" * 64,
        "main\0.sha256." + "0" * 64,
    ],
)
async def test_an_unknown_id_is_malformed(store: Store, blob: str) -> None:
    for asking in (store.blobs.read(blob), store.blobs.size(blob), streamed(store.blobs, blob)):
        with pytest.raises(MalformedInputError):
            await asking


@pytest.mark.parametrize("desk", ["", "..", "a/b", "Main", "x" * 33, "main\n", "1st"])
async def test_a_desk_that_is_no_name_gets_no_folder(store: Store, desk: str) -> None:
    with pytest.raises(MalformedInputError):
        await store.blobs.put(desk, SMALL, sha256=digest(SMALL))
    for raw in (SMALL, LARGE):
        with pytest.raises(MalformedInputError):
            await store.blobs.keep_raw(desk, raw)
    assert store.contents() == {}


async def test_a_store_that_works_answers_a_probe(store: Store) -> None:
    await store.blobs.probe()


async def test_a_closed_store_is_a_temporary_no(store: Store) -> None:
    await store.blobs.close()
    with pytest.raises(TemporaryError):
        await store.blobs.keep_raw("main", SMALL)
