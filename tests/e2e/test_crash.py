"""Promises 1 and 2 under kill -9: whatever got a yes is there exactly once, and its events are too."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from support.crowd import WELCOMING, Crowd
from support.gateway import Gateway, until
from support.ledger import everything_is_there_once, the_log_tells_the_same

Moment = Callable[[Gateway, Crowd, random.Random], Awaitable[None]]


async def at_random(_: Gateway, __: Crowd, dice: random.Random) -> None:
    await asyncio.sleep(dice.uniform(0, 0.4))


async def in_the_middle_of_an_input(_: Gateway, crowd: Crowd, __: random.Random) -> None:
    await crowd.began.wait()


async def right_after_a_yes(_: Gateway, crowd: Crowd, __: random.Random) -> None:
    await crowd.accepted.wait()


async def as_a_ticket_appears(gateway: Gateway, _: Crowd, __: random.Random) -> None:
    def newest() -> Any:
        return gateway.get("/tickets", limit="1")["items"]

    before = newest()
    await asyncio.to_thread(until, lambda: newest() != before)


async def while_it_starts_again(gateway: Gateway, _: Crowd, dice: random.Random) -> None:
    gateway.kill()
    gateway.launch()
    await asyncio.sleep(dice.uniform(0.2, 2.0))


async def while_it_stops(gateway: Gateway, _: Crowd, dice: random.Random) -> None:
    gateway.signal(signal.SIGTERM)
    await asyncio.sleep(dice.uniform(0, 0.3))


async def when_it_has_stopped_in_order(gateway: Gateway, crowd: Crowd, dice: random.Random) -> None:
    await crowd.accepted.wait()
    await asyncio.sleep(dice.uniform(0, 0.3))
    assert await asyncio.to_thread(gateway.stop, signal.SIGTERM) == 0


MOMENTS: Final[tuple[Moment, ...]] = (
    at_random,
    in_the_middle_of_an_input,
    right_after_a_yes,
    as_a_ticket_appears,
    while_it_starts_again,
    while_it_stops,
)


@pytest.mark.timeout(300)
async def test_after_a_kill_at_any_moment_every_accepted_input_is_there_exactly_once(tmp_path: Path) -> None:
    await campaign(tmp_path, kills=4 * len(MOMENTS), dice=random.Random(4711))  # noqa: S311 - a repeatable order


@pytest.mark.timeout(300)
async def test_a_stop_under_load_is_clean_and_loses_nothing(tmp_path: Path) -> None:
    await campaign(tmp_path, kills=5, moments=[when_it_has_stopped_in_order], dice=random.Random(1))  # noqa: S311


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
async def test_a_long_campaign_of_kills_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    await campaign(tmp_path, kills=50 * len(MOMENTS), dice=random.Random(seed))  # noqa: S311 - a repeatable order


async def campaign(folder: Path, *, kills: int, dice: random.Random, moments: Sequence[Moment] = MOMENTS) -> None:
    (folder / "threadline.toml").write_text(WELCOMING)
    gateway = Gateway(folder, {"THREADLINE_CONFIG": str(folder / "threadline.toml")})
    crowd = Crowd("127.0.0.1", gateway.smtp_port, gateway.url)
    order = [moments[number % len(moments)] for number in range(kills)]
    dice.shuffle(order)
    try:
        await asyncio.to_thread(gateway.start)
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(crowd.write_mails(f"ana{number}", random.Random(dice.random())))  # noqa: S311
            for number in range(2):
                group.create_task(crowd.fill_in_forms(f"ivo{number}"))
            for moment in order:
                await moment(gateway, crowd, dice)
                gateway.kill()
                await asyncio.to_thread(gateway.start)
            crowd.go_home()
        told = await asyncio.to_thread(everything_is_there_once, gateway, crowd, at_least=kills)
        assert gateway.stop() == 0
        await the_log_tells_the_same(gateway.env, told)
    finally:
        gateway.end()
