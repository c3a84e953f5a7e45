"""The threads service whole: message events in, ticket events out, and what happens when something is wrong."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from support.bus import eventually, take_all, take_one
from support.threads_house import KEYS, House, open_house, said
from support.threads_shelf import a_mail, a_token
from threadline_contracts.codec import Event, decode, encode, make_event
from threadline_contracts.errors import SettingsError
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.ticket import MessagePlaced
from threadline_contracts.topology import (
    DEAD_LETTERS,
    THREADS_MESSAGES,
    TICKET_LOG,
    Binding,
    EventType,
    Exchange,
    Queue,
    message_key,
)
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.memory import MemoryBus
from threadline_threads.app import run

# Placed messages alone: what the clerk says of them comes whenever it comes.
HELPDESK = Queue(
    name="helpdesk",
    bindings=(Binding(Exchange.TICKETS, "ticket.opened.#"), Binding(Exchange.TICKETS, "ticket.message_added.#")),
)


def as_event(message: InboundMessage) -> Event:
    return make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=message.version,
        source="test",
        time=message.received_at,
    )


async def publish(bus: Bus, *events: Event) -> None:
    key = message_key(EventType.MESSAGE_RECEIVED, "email")
    for event in events:
        await bus.publish(Outgoing(exchange=Exchange.MESSAGES, key=key, body=encode(event), event_id=event.id))


async def placed(bus: Bus, number: int) -> list[MessagePlaced]:
    async with bus.subscribe(HELPDESK.name) as subscription:
        told = [said(decode(delivery.body)) for delivery in await take_all(subscription, number)]
    return [one for one in told if isinstance(one, MessagePlaced)]


@asynccontextmanager
async def serving(env: Mapping[str, str], bus: Bus) -> AsyncIterator[None]:
    task = asyncio.create_task(run(env, bus))
    yield
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    bus = MemoryBus()
    await bus.declare([HELPDESK, DEAD_LETTERS, THREADS_MESSAGES, TICKET_LOG])
    yield bus
    await bus.close()


async def test_messages_become_ticket_events(threads_env: Mapping[str, str], bus: Bus) -> None:
    mails = [a_mail(f"m{n}", cites=[f"m{n - 1}"] if n % 4 else []) for n in range(40)]
    async with serving(threads_env, bus):
        await publish(bus, *map(as_event, mails))
        told = await placed(bus, 40)
    assert {one.message.id: one.message for one in told} == {mail.id: mail for mail in mails}
    assert len({one.ticket.id for one in told}) == 10


async def test_fields_of_a_newer_channel_travel_on(threads_env: Mapping[str, str], bus: Bus) -> None:
    event = as_event(a_mail("m1"))
    data = msgspec.json.decode(event.data)
    data["message"]["mood"] = {"angry": True}
    async with serving(threads_env, bus):
        await publish(bus, replace(event, data=msgspec.Raw(msgspec.json.encode(data))))
        async with bus.subscribe(HELPDESK.name) as subscription:
            body = (await take_one(subscription)).body
    assert msgspec.json.decode(body)["data"]["message"]["mood"] == {"angry": True}


async def test_a_forged_token_is_noted_on_the_message(threads_env: Mapping[str, str], bus: Bus) -> None:
    forged = a_mail("m1", tokens=[a_token(a_mail("m0"), key="k1", secret=b"guessed")])
    async with serving(threads_env, bus):
        await publish(bus, as_event(forged))
        (told,) = await placed(bus, 1)
    assert [problem.code for problem in told.message.problems] == ["forged_token"]


async def test_what_cannot_be_read_or_kept_is_buried_alone(threads_env: Mapping[str, str], bus: Bus) -> None:
    unreadable = replace(as_event(a_mail("m1")), data=msgspec.Raw(b'{"message": 1}'))
    newer = replace(as_event(a_mail("m2")), type="message.received.v2")
    nul = as_event(replace(a_mail("m3"), external_id="a\0b"))
    async with serving(threads_env, bus):
        await publish(bus, unreadable, newer, nul, as_event(a_mail("m4")))
        (told,) = await placed(bus, 1)
        async with bus.subscribe(DEAD_LETTERS.name) as dead:
            reasons = sorted(delivery.headers["reason"] for delivery in await take_all(dead, 3))
    assert told.message == a_mail("m4")
    assert "NUL" in reasons[0]
    assert "message.received v2 is not a version this service knows (v1)" in reasons[1]
    assert "Expected" in reasons[2]


async def test_our_own_addresses_take_no_part(threads_env: Mapping[str, str], bus: Bus) -> None:
    env = {**threads_env, "THREADLINE_OWN_ADDRESSES": "boss@desk.example, all@desk.example"}
    first = a_mail("m1", to=["boss@desk.example"])
    async with serving(env, bus):
        await publish(bus, as_event(first), as_event(a_mail("m2", "boss@desk.example", cites=["m1"])))
        told = await placed(bus, 2)
    assert len({one.ticket.id for one in told}) == 2


async def test_without_keys_it_does_not_start(bus: Bus) -> None:
    with pytest.raises(SettingsError, match="THREADLINE_TOKEN_KEYS"):
        await run({}, bus)


@pytest.mark.postgres
async def test_a_database_that_goes_away_costs_no_message_an_attempt(
    database_url: str, postgres_server: str, bus: Bus
) -> None:
    env = {"THREADLINE_DATABASE_URL": database_url, "THREADLINE_TOKEN_KEYS": KEYS, "THREADLINE_HTTP_PORT": "0"}
    async with open_house(env) as house, serving(env, bus):
        await publish(bus, as_event(a_mail("m1")))
        await placed(bus, 1)
        async with database_away(postgres_server, database_url):
            await publish(bus, *(as_event(a_mail(f"m{n}")) for n in range(2, 30)))
            await asyncio.sleep(0.05)
        await eventually(partial(messages_are, house, 29))
    assert await bus.depth(DEAD_LETTERS.name) == 0


async def messages_are(house: House, number: int) -> bool:
    return (await house.reader.totals()).messages == number


@asynccontextmanager
async def database_away(server: str, url: str) -> AsyncIterator[None]:
    """Throw everybody out of a database, and let nobody in until the block ends."""
    name = url.rpartition("/t_")[2].partition("?")[0]
    admin = await asyncpg.connect(server)
    await admin.execute(f'ALTER DATABASE "t_{name}" ALLOW_CONNECTIONS false')
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", f"t_{name}")
    yield
    await admin.execute(f'ALTER DATABASE "t_{name}" ALLOW_CONNECTIONS true')
    await admin.close()
