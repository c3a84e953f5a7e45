"""Promises 1 and 2 under kill -9: whatever got a yes is there exactly once, and its events are too."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest

from support.crowd import Crowd, conversations
from support.gateway import Gateway
from threadline_contracts.topology import TICKET_LOG
from threadline_shared.bus.opening import open_bus
from threadline_standalone.stream import events

NO_LIMIT: Final = """
[[form.forms]]
id = "contact"
rates = {address_per_hour = 1_000_000, address_per_day = 1_000_000, form_per_day = 1_000_000}
"""
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

    before = await asyncio.to_thread(newest)
    while await asyncio.to_thread(newest) == before:
        await asyncio.sleep(0.005)


async def while_it_starts_again(gateway: Gateway, _: Crowd, dice: random.Random) -> None:
    gateway.kill()
    gateway.launch()
    await asyncio.sleep(dice.uniform(0.2, 2.0))


async def while_it_stops(gateway: Gateway, _: Crowd, dice: random.Random) -> None:
    gateway.signal(signal.SIGTERM)
    await asyncio.sleep(dice.uniform(0, 0.3))


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


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
async def test_a_long_campaign_of_kills_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    await campaign(tmp_path, kills=50 * len(MOMENTS), dice=random.Random(seed))  # noqa: S311 - a repeatable order


async def campaign(folder: Path, *, kills: int, dice: random.Random) -> None:
    (folder / "threadline.toml").write_text(NO_LIMIT)
    gateway = Gateway(folder, {"THREADLINE_CONFIG": str(folder / "threadline.toml")})
    crowd = Crowd("127.0.0.1", gateway.smtp_port, gateway.url)
    moments = [MOMENTS[number % len(MOMENTS)] for number in range(kills)]
    dice.shuffle(moments)
    try:
        await asyncio.to_thread(gateway.start)
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(crowd.write_mails(f"ana{number}", random.Random(dice.random())))  # noqa: S311
            for number in range(2):
                group.create_task(crowd.fill_in_forms(f"ivo{number}"))
            for moment in moments:
                await moment(gateway, crowd, dice)
                gateway.kill()
                await asyncio.to_thread(gateway.start)
            crowd.go_home()
        await everything_is_there_once(gateway, crowd)
    finally:
        gateway.end()


async def everything_is_there_once(gateway: Gateway, crowd: Crowd) -> None:
    assert crowd.refused == []
    expected = conversations(crowd.written)
    await until_as_many(gateway, len(crowd.written))
    tickets = [gateway.ticket(row["id"]) for row in gateway.tickets()]
    placed = Counter(key_of(message) for ticket in tickets for message in ticket["messages"])
    assert placed == Counter(one.key for one in crowd.written)
    assert sorted(sorted(key_of(message) for message in ticket["messages"]) for ticket in tickets) == sorted(
        sorted(keys) for keys in expected.values()
    )
    told = told_events(gateway)
    assert gateway.stop() == 0
    announced = await announced_events(gateway, set(told))
    assert Counter(told.values()) == {
        "ticket.opened.v1": len(tickets),
        "ticket.message_added.v1": len(crowd.written) - len(tickets),
    }
    assert set(announced) == set(told)


def key_of(message: dict[str, Any]) -> str:
    return str(message["external_id"] if message["channel"] == "email" else message["reference"])


async def until_as_many(gateway: Gateway, messages: int) -> None:
    async with asyncio.timeout(60):
        while sum(row["message_count"] for row in gateway.tickets()) < messages:
            await asyncio.sleep(0.05)


def told_events(gateway: Gateway) -> dict[str, str]:
    """Return id -> type of every event that the API tells of, each one once."""
    found: dict[str, str] = {}
    total = gateway.get("/events/last")
    for sent in events(gateway.remote.lines("/api/v1/events", {"Last-Event-ID": "0"})):
        found[sent.id] = sent.type
    return found
