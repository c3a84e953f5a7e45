"""Commands on the bus: carried out once, answered on the exchange of tickets, and buried when they cannot be read."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace

from support.bus import QUICK, take_all
from support.commands import IVA, a_merge, a_split, a_status, an_unmerge, as_command, data_of, home
from support.threads_house import KEYS, House, open_house
from support.threads_shelf import a_mail, a_token
from threadline_contracts.codec import Event, decode, encode
from threadline_contracts.commands import Answer, CommandAnswered
from threadline_contracts.ticket import Status, TicketMerged
from threadline_contracts.topology import ALWAYS, DEAD_LETTERS, Binding, Exchange, Queue
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.memory import MemoryBus
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_threads.app import run

HELPDESK = Queue(
    name="helpdesk", bindings=(Binding(Exchange.TICKETS, "command.#"), Binding(Exchange.TICKETS, "ticket.merged.#"))
)
ANSWERS = Queue(name="answers", bindings=(Binding(Exchange.TICKETS, "command.#"),))


async def publish(bus: Bus, *commands: Event) -> None:
    for event in commands:
        await bus.publish(Outgoing(exchange=Exchange.COMMANDS, key=event.type, body=encode(event), event_id=event.id))


async def heard(bus: Bus, number: int, queue: Queue = HELPDESK) -> list[Event]:
    """Return the next events that the helpdesk hears."""
    async with bus.subscribe(queue.name) as subscription:
        deliveries = await take_all(subscription, number, within=20)
        await subscription.ack(deliveries)
        return [decode(delivery.body) for delivery in deliveries]


async def answers(bus: Bus, number: int) -> dict[str, CommandAnswered]:
    """Return the answers among the next events, by the command's id."""
    told = [data_of(event) for event in await heard(bus, number)]
    return {one.command_id: one for one in told if isinstance(one, CommandAnswered)}


async def buried(bus: Bus, number: int) -> dict[str, str]:
    """Return why the next dead letters are dead, by their ids."""
    async with bus.subscribe(DEAD_LETTERS.name) as dead:
        deliveries = await take_all(dead, number)
        return {delivery.event_id: delivery.headers["reason"] for delivery in deliveries}


@asynccontextmanager
async def serving(env: Mapping[str, str], bus: Bus) -> AsyncIterator[None]:
    task = asyncio.create_task(run(env, bus))
    yield
    task.cancel()
    await asyncio.wait([task])


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    bus = MemoryBus()
    await bus.declare([HELPDESK, *ALWAYS])
    yield bus
    await bus.close()


async def test_a_command_is_answered_after_what_it_does(house: House, bus: Bus) -> None:
    await house.place(a_mail("m1"), a_mail("m2"))
    one, two = await home(house, a_mail("m1")), await home(house, a_mail("m2"))
    async with serving(house.env, bus):
        await publish(bus, as_command(a_merge(one, two, because="one fire"), id="c1"))
        merged, answer = [data_of(event) for event in await heard(bus, 2)]
    assert isinstance(merged, TicketMerged)
    assert isinstance(answer, CommandAnswered)
    assert (merged.ticket.id, merged.root.id, merged.link.because) == (one, two, "one fire")
    assert (answer.command_id, answer.answer, answer.by) == ("c1", Answer.DONE, IVA)


async def test_commands_of_one_batch_are_done_in_their_order(house: House, bus: Bus) -> None:
    await house.place(a_mail("m1"), a_mail("m2"))
    one, two = await home(house, a_mail("m1")), await home(house, a_mail("m2"))
    wishes = [a_status(one, status) for status in (Status.SOLVED, Status.PENDING, Status.PENDING, Status.CLOSED)]
    await publish(bus, *(as_command(wish, id=f"c{number}") for number, wish in enumerate(wishes)))
    await publish(bus, as_command(an_unmerge(two), id="c4"))
    async with serving(house.env, bus):
        told = await answers(bus, 5)
    assert [told[f"c{n}"].answer for n in range(5)] == ["done", "done", "unchanged", "done", "refused"]
    assert (await house.header(a_mail("m1"))).status == Status.CLOSED


async def test_what_cannot_be_read_is_answered_and_buried_and_the_others_are_done(house: House, bus: Bus) -> None:
    await house.place(a_mail("m1"))
    one = await home(house, a_mail("m1"))
    fine = as_command(a_status(one, Status.SOLVED), id="fine")
    broken = replace(as_command(a_status(one, Status.SOLVED), id="broken"), data=msgspec.Raw(b'{"ticket": 1}'))
    later = replace(as_command(a_merge(one, one), id="later"), type="reply.requested.v1")
    event = replace(as_command(a_merge(one, one), id="no-command"), type="message.received.v1")
    await publish(bus, broken, later, event, fine)
    async with serving(house.env, bus):
        told, dead = await answers(bus, 3), await buried(bus, 3)
    assert {name: one.answer for name, one in told.items()} == {
        "fine": Answer.DONE,
        "broken": Answer.REFUSED,
        "later": Answer.REFUSED,
    }
    assert (told["broken"].by, told["fine"].by) == ("threads", IVA)
    assert dead["broken"] == told["broken"].because
    assert dead["later"] == "reply.requested.v1 is no command that this version carries out"
    assert dead["no-command"] == "message.received.v1 is no command"


async def test_a_split_reads_the_messages_on_the_terms_they_came_in_by(house: House, bus: Bus) -> None:
    by_token = a_mail("m2", "bob@b.example", tokens=[a_token(a_mail("m1"))])
    await house.place(a_mail("m1"), by_token)
    old = await home(house, by_token)
    async with serving(house.env, bus):
        await publish(bus, as_command(a_split(by_token), id="c1"))
        told = await answers(bus, 1)
    await house.place(a_mail("m3", "cyd@c.example", tokens=[a_token(a_mail("m1"))]))
    assert told["c1"].answer is Answer.DONE
    assert await home(house, by_token) == told["c1"].tickets[0] != old
    assert await home(house, a_mail("m3")) == old  # the token is of the first message, and stays with it


@pytest.mark.rabbit
@pytest.mark.postgres
async def test_on_rabbit_and_postgres_with_two_replicas(amqp_url: str, database_url: str) -> None:
    env = {"THREADLINE_DATABASE_URL": database_url, "THREADLINE_TOKEN_KEYS": KEYS, "THREADLINE_HTTP_PORT": "0"}
    mails = [a_mail(f"m{n}") for n in range(12)]
    async with AsyncExitStack() as stack, open_house(env) as house:
        buses = [await stack.enter_async_context(open_rabbit_bus(amqp_url, retries=QUICK)) for _ in range(3)]
        await buses[0].declare([ANSWERS, *ALWAYS])
        for bus in buses[1:]:
            await stack.enter_async_context(serving(env, bus))
        await house.place(*mails)
        homes = [await home(house, mail) for mail in mails]
        merges = [as_command(a_merge(one, two), id=f"c{n}") for n, (one, two) in enumerate(pairwise(homes))]
        await publish(buses[0], *merges, *merges)
        told = [data_of(event) for event in await heard(buses[0], len(merges), ANSWERS)]
        assert {await house.root(mail) for mail in mails} == {homes[-1]}
    answered = sorted(one.command_id for one in told if isinstance(one, CommandAnswered))
    assert answered == sorted(event.id for event in merges)
