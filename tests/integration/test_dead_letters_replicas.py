import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from support.messages import NOON
from threadline_console.dead.box import Letters
from threadline_console.dead.letter import Found, Letter, LetterState, read_letter, replayed
from threadline_shared.state import State, open_state

BODY = b"the event"


def a_letter(event_id: str = "e1", minutes: int = 0) -> Letter:
    found = Found(body=BODY, exchange="threadline.messages", key="k", event_id=event_id, headers={"queue": "q"})
    return read_letter(found, NOON + timedelta(minutes=minutes))


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    async with open_state({"THREADLINE_DATA_DIR": str(tmp_path)}, "console") as opened:
        yield opened


@pytest.fixture
def replicas(state: State) -> tuple[Letters, Letters]:
    """Return two consoles' views of one state."""
    return Letters(state), Letters(state)


async def test_two_replicas_that_take_one_letter_keep_one_row(replicas: tuple[Letters, Letters]) -> None:
    await asyncio.gather(*(letters.take(a_letter(), BODY) for letters in replicas for _ in range(5)))

    (kept,) = await replicas[0].all()
    assert (kept.times, await replicas[1].event(kept.id)) == (1, BODY)


async def test_every_failure_counts_whoever_takes_it(replicas: tuple[Letters, Letters]) -> None:
    await asyncio.gather(*(replicas[n % 2].take(a_letter(minutes=n), BODY) for n in range(10)))

    (kept,) = await replicas[0].all()
    assert kept.times == 10


async def test_a_replay_does_not_hide_a_newer_failure(replicas: tuple[Letters, Letters]) -> None:
    one, other = replicas
    await one.take(a_letter(), BODY)
    letter, version = await one.get(a_letter().id) or pytest.fail("gone")
    await other.take(a_letter(minutes=1), BODY)

    assert not await one.put_back(replayed(letter, at=NOON, after=0), version)

    (kept,) = await Letters.all(one)
    assert (kept.state, kept.times) == (LetterState.WAITING, 2)


async def test_a_letter_that_changed_is_not_removed(replicas: tuple[Letters, Letters]) -> None:
    one, other = replicas
    await one.take(a_letter(), BODY)
    await other.take(a_letter(minutes=1), BODY)

    await one.remove(a_letter())
    assert len(await other.all()) == 1

    (kept,) = await other.all()
    await one.remove(kept)
    assert await one.all() == []
    assert await one.event(kept.id) == b""


async def test_the_list_has_the_latest_failure_first(replicas: tuple[Letters, Letters]) -> None:
    for number in range(5):
        await replicas[0].take(a_letter(f"e{number}", minutes=number), BODY)

    assert [letter.event_id for letter in await replicas[0].all()] == ["e4", "e3", "e2", "e1", "e0"]


async def test_thousands_of_letters_are_listed(replicas: tuple[Letters, Letters]) -> None:
    letter = a_letter()
    letters = [replace(letter, id=f"{number:020}") for number in range(2500)]
    for start in range(0, 2500, 250):
        await asyncio.gather(*(replicas[0].take(one, BODY) for one in letters[start : start + 250]))

    assert len(await replicas[1].all()) == 2500
