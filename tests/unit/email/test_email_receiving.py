"""A mail on its way in: the same mail however its bytes arrive, and no more memory than there is."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_contracts.errors import TemporaryError
from threadline_email.limits import Memory, Room
from threadline_email.receiving import BAD_LINE_ENDS, NO_ROOM, Incoming, Lines, Yard

LARGE = 300_000  # bytes: more than is kept in memory
AHEAD = b"\r\n"


def a_yard(folder: Path, *, room: int = 10_000_000, memory: int = 1_000_000, patience: float = 5.0) -> Yard:
    return Yard(Room(room), small=Room(memory // 2), memory=Memory(memory, patience=patience), folder=folder)


async def received(yard: Yard, *pieces: bytes) -> bytes | str:
    with Incoming(yard) as mail:
        for piece in pieces:
            if refusal := await mail.add(piece):
                return refusal
        return await mail.end() or await mail.content()


@given(st.binary(max_size=60) | st.text("\r\n.x", max_size=30).map(str.encode), st.integers(0, 70), st.integers(0, 70))
def test_where_the_pieces_end_makes_no_difference(content: bytes, first: int, second: int) -> None:
    data = AHEAD + content + b"\r\n"
    whole, cut = Lines(), Lines()
    expected = whole.feed(data) + whole.end()
    cuts = sorted((first, second))
    pieces = data[: cuts[0]], data[cuts[0] : cuts[1]], data[cuts[1] :]
    assert b"".join(map(cut.feed, pieces)) + cut.end() == expected
    assert cut.broken == whole.broken


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")), max_size=8))
def test_what_was_stuffed_is_unstuffed(lines: list[bytes]) -> None:
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    reading = Lines()
    assert reading.feed(AHEAD + stuffed) + reading.end() == b"".join(line + b"\r\n" for line in lines)
    assert not reading.broken


@pytest.mark.parametrize("memory", [1_000_000, 10], ids=["memory", "disk"])
async def test_a_small_mail_is_whole_wherever_it_was(tmp_path: Path, memory: int) -> None:
    assert await received(a_yard(tmp_path, memory=memory), AHEAD + b"..a\r", b"\n.", b".b\r\n") == b".a\r\n.b\r\n"


async def test_a_large_mail_is_whole_and_leaves_no_file(tmp_path: Path) -> None:
    line = b"y" * 98 + b"\r\n"
    pieces = [AHEAD, *[line * 500] * 20]
    assert await received(a_yard(tmp_path / "new"), *pieces) == line * 10_000
    assert list((tmp_path / "new").iterdir()) == []


async def test_a_bare_line_end_is_found_on_disk_too(tmp_path: Path) -> None:
    pieces = [AHEAD, b"y" * LARGE, b"\n.\n", b"y" * LARGE + b"\r\n"]
    assert await received(a_yard(tmp_path), *pieces) == BAD_LINE_ENDS


async def test_what_a_mail_held_is_given_back(tmp_path: Path) -> None:
    yard = a_yard(tmp_path, room=LARGE + 2, memory=LARGE)
    for _ in range(3):
        assert await received(yard, AHEAD, b"y" * LARGE) == b"y" * LARGE
    assert await received(yard, AHEAD, b"y" * (LARGE + 1)) == NO_ROOM
    assert yard.room.take(LARGE + 2)
    assert yard.small.take(LARGE // 2)
    assert await yard.memory.claim(LARGE) == LARGE


async def test_a_large_mail_waits_for_memory_and_then_comes_in(tmp_path: Path) -> None:
    yard = a_yard(tmp_path, memory=LARGE)
    with Incoming(yard) as first:
        await first.add(AHEAD + b"y" * LARGE)
        await first.content()
        waiting = asyncio.create_task(received(yard, AHEAD, b"z" * LARGE))
        await asyncio.sleep(0.02)
        assert not waiting.done()
    assert await waiting == b"z" * LARGE


async def test_a_slow_small_mail_keeps_no_large_one_waiting(tmp_path: Path) -> None:
    yard = a_yard(tmp_path, memory=LARGE, patience=0.02)
    with Incoming(yard) as slow:
        await slow.add(AHEAD + b"y" * (LARGE // 3))
        assert await received(yard, AHEAD, b"z" * LARGE) == b"z" * LARGE


async def test_a_large_mail_does_not_wait_for_ever(tmp_path: Path) -> None:
    yard = a_yard(tmp_path, memory=LARGE, patience=0.02)
    assert await yard.memory.claim(LARGE) == LARGE
    with pytest.raises(TemporaryError):
        await received(yard, AHEAD, b"y" * LARGE)
    yard.memory.give_back(LARGE)
    assert await received(yard, AHEAD, b"y" * LARGE) == b"y" * LARGE


async def test_a_disk_that_fails_is_a_temporary_no(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert await received(a_yard(tmp_path / "file"), AHEAD, b"y" * LARGE) == NO_ROOM


async def test_who_came_first_to_memory_is_served_first() -> None:
    memory = Memory(10, patience=5)
    assert await memory.claim(8) == 8
    large, small = asyncio.create_task(memory.claim(11)), asyncio.create_task(memory.claim(1))
    await asyncio.sleep(0)
    memory.give_back(8)
    assert await large == 10
    assert not small.done()  # else small ones would pass by for ever
    memory.give_back(10)
    assert await small == 1


async def test_who_leaves_the_line_makes_way() -> None:
    memory = Memory(10, patience=5)
    assert await memory.claim(8) == 8
    large, small = asyncio.create_task(memory.claim(10)), asyncio.create_task(memory.claim(2))
    await asyncio.sleep(0)
    large.cancel()
    assert await small == 2
