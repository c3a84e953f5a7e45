"""Several replicas group the same conversations at once: as one would, without twins, deadlocks or lost events."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from support.threads import Draft, incomings, seeded
from support.threads_drafts import deliveries, drafts
from support.threads_house import House, Said, open_house, said
from support.threads_oracle import grouped_by_definition
from threadline_contracts.codec import decode
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import MessagePlaced
from threadline_threads.store import open_store
from threadline_threads.store.protocol import Store

SIZE = 20  # messages of a desk


def desks(dice: random.Random, count: int) -> list[list[Draft]]:
    return [drafts(dice, SIZE, first=SIZE * n) for n in range(count)]


async def hammer(stores: Sequence[Store], made: Sequence[Sequence[Draft]], dice: random.Random) -> None:
    """Deliver every message at least twice: batches that mix all desks, in any order, to any replica, all at once."""
    piles: list[list[Draft]] = [[] for _ in stores]
    for draft in [one for some in made for one in some] * 2:
        dice.choice(piles).append(draft)
    async with asyncio.TaskGroup() as group:
        for store, pile in zip(stores, piles, strict=True):
            group.create_task(place_all(store, list(deliveries(dice, pile))))


async def place_all(store: Store, batches: Sequence[Sequence[InboundMessage]]) -> None:
    for batch in batches:
        await store.place(incomings(batch), datetime.now(UTC))


async def check(house: House, made: Sequence[Sequence[Draft]]) -> None:
    """The grouping is the oracle's; every message is told once, and no revision is missing or told twice."""
    for some in made:
        assert await house.partition([draft.message() for draft in some]) == grouped_by_definition(some)
    events = [decode(stored.body) for stored in await house.history()]
    assert [stored.sequence for stored in await house.history()] == sorted({*range(1, len(events) + 1)})
    assert len({event.id for event in events}) == len(events)
    told = [said(event) for event in events]
    messages = Counter(one.message.id for one in told if isinstance(one, MessagePlaced))
    assert messages == Counter(draft.message().id for some in made for draft in some)
    revisions: dict[UUID, list[int]] = {}
    for one in (one for one in told if isinstance(one, Said)):
        revisions.setdefault(one.ticket.id, []).append(one.ticket.revision)
    assert all(found == [*range(1, len(found) + 1)] for found in revisions.values())  # and in this order


async def run(env: Mapping[str, str], *, replicas: int, desks_made: int, seed: int) -> None:
    dice = seeded(seed)
    made = desks(dice, desks_made)
    async with AsyncExitStack() as stack, open_house(env) as house:
        stores = [await stack.enter_async_context(open_store(env)) for _ in range(replicas)]
        await hammer(stores, made, dice)
        await check(house, made)


@pytest.mark.postgres
@pytest.mark.parametrize("replicas", [1, 2, 4])
async def test_any_number_of_replicas_groups_as_the_definition(database_url: str, replicas: int) -> None:
    await run({"THREADLINE_DATABASE_URL": database_url}, replicas=replicas, desks_made=20, seed=replicas)
    assert await deadlocks(database_url) == 0


@pytest.mark.postgres
async def test_also_behind_pgbouncer_in_transaction_mode(pgbouncer_url: str) -> None:
    env = {"THREADLINE_DATABASE_URL": pgbouncer_url, "THREADLINE_DATABASE_STATEMENT_CACHE": "0"}
    await run(env, replicas=3, desks_made=6, seed=3)


async def test_one_process_with_a_file_groups_as_the_definition(tmp_path: object) -> None:
    dice = seeded(5)
    made = desks(dice, 20)
    async with open_house({"THREADLINE_DATA_DIR": str(tmp_path)}) as house:
        await hammer([house.store] * 3, made, dice)
        await check(house, made)


@pytest.mark.postgres
@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 130))
async def test_so_it_does_again_and_again(database_url: str, seed: int) -> None:
    await run({"THREADLINE_DATABASE_URL": database_url}, replicas=4, desks_made=40, seed=seed)
    assert await deadlocks(database_url) == 0


async def deadlocks(url: str) -> int:
    connection = await asyncpg.connect(url)
    found = await connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    await connection.close()
    return int(found)
