"""Bytes of fetched mails in memory: bounded, first come, first served."""

import asyncio

from threadline_email.imap.budget import Budget


async def test_who_finds_no_room_waits_for_it_and_nobody_overtakes() -> None:
    budget, order = Budget(100), list[str]()

    async def take(name: str, size: int) -> None:
        await budget.take(size)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for name, size in (("first", 60), ("large", 70), ("small", 10)):
            group.create_task(take(name, size))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == ["first"]
        budget.give_back(60)
    assert order == ["first", "large", "small"]


async def test_what_is_larger_than_all_of_it_may_come_alone() -> None:
    budget = Budget(100)
    await budget.take(500)
    budget.give_back(500)
    await budget.take(100)
