"""kill -9 of the threads service while messages pour in: nothing lost, nothing twice, on both databases."""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from support.bus import eventually
from support.fleet import Pod
from support.threads import Draft, seeded
from support.threads_drafts import drafts
from support.threads_house import House, Said, open_house, said
from support.threads_oracle import grouped_by_definition
from threadline_contracts.codec import decode, encode, make_event
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.ticket import MessagePlaced
from threadline_contracts.topology import THREADS_MESSAGES, TICKET_LOG, EventType, Exchange, message_key
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.opening import open_bus
from threadline_shared.health import component, forget
from threadline_threads.app import run
from threadline_threads.reading import Reader
from threadline_threads.store import open_reader

DESKS, SIZE, KILLS = 60, 20, 5
CLERK = "threads/clerk"


@pytest.mark.timeout(240)
async def test_every_message_and_every_event_survives(threads_env: Mapping[str, str], tmp_path: Path) -> None:
    env = {**threads_env, "THREADLINE_DATA_DIR": str(tmp_path / "pod")}
    pod = Pod("threads", tmp_path / "pod", {**os.environ, **env})
    made = [drafts(seeded(n), SIZE, first=SIZE * n) for n in range(DESKS)]
    async with open_bus(env) as bus:
        await publish(bus, [draft.message() for some in made for draft in some] * 2)
    await kill_again_and_again(pod, env)
    async with open_bus(env) as bus:
        async with open_reader(env) as reader:
            await finish(env, reader, bus)
        async with open_house(env) as house:
            await check(house, bus, made)


async def publish(bus: Bus, messages: Sequence[InboundMessage]) -> None:
    order = list(messages)
    seeded(1).shuffle(order)
    async with asyncio.TaskGroup() as group:
        for message in order:
            group.create_task(bus.publish(as_outgoing(message)))


def as_outgoing(message: InboundMessage) -> Outgoing:
    event = make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=0,
        source="test",
        time=message.received_at,
    )
    key = message_key(event.type, message.channel)
    return Outgoing(exchange=Exchange.MESSAGES, key=key, body=encode(event), event_id=event.id)


async def kill_again_and_again(pod: Pod, env: Mapping[str, str]) -> None:
    """Kill it each time that it has come a little further."""
    async with open_reader(env) as reader:
        for number in range(1, KILLS + 1):
            await asyncio.to_thread(pod.start)
            await eventually(partial(has_placed, reader, number * DESKS * SIZE // (KILLS + 1)))
            pod.kill()


async def has_placed(reader: Reader, number: int) -> bool:
    return (await reader.totals()).messages >= number


async def finish(env: Mapping[str, str], reader: Reader, bus: Bus) -> None:
    """Let a service that nobody kills do what is left, the clerk's part as well: it tells of things, too."""
    forget(CLERK)
    task = asyncio.create_task(run(env, bus))
    await eventually(partial(nothing_is_left, reader, bus), within=60)
    task.cancel()
    await asyncio.wait([task])


async def nothing_is_left(reader: Reader, bus: Bus) -> bool:
    if component(CLERK).health().lag_seconds != 0.0:
        return False
    totals = await reader.totals()
    return not totals.unannounced and totals.messages == DESKS * SIZE and not await bus.depth(THREADS_MESSAGES.name)


async def check(house: House, bus: Bus, made: Sequence[Sequence[Draft]]) -> None:
    for some in made:
        assert await house.partition([draft.message() for draft in some]) == grouped_by_definition(some)
    stored = [decode(event.body) for event in await house.reader.events(0, 100_000)]
    announced = await heard(bus, {event.id for event in stored})
    assert set(announced) == {event.id for event in stored}  # twice perhaps, but never under another id
    told = [said(event) for event in stored]
    assert Counter(one.message.id for one in told if isinstance(one, MessagePlaced)) == Counter(
        draft.message().id for some in made for draft in some
    )
    revisions: dict[UUID, list[int]] = {}
    for one in (one for one in told if isinstance(one, Said)):
        revisions.setdefault(one.ticket.id, []).append(one.ticket.revision)
    assert all(found == [*range(1, len(found) + 1)] for found in revisions.values())


async def heard(bus: Bus, expected: set[str]) -> list[str]:
    """Return the ids in the ticket log, read until everything expected was there."""
    missing, ids = set(expected), list[str]()
    async for entry in bus.read_log(TICKET_LOG.name):
        ids.append(entry.outgoing.event_id)
        missing.discard(ids[-1])
        if not missing:
            break
    return ids
