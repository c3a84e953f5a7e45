"""The threads service whole, with RabbitMQ and PostgreSQL: contacts and suggestions as the bus tells them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

import asyncpg
import pytest
from msgspec import Struct

from support.bus import eventually
from support.threads import ACCOUNTS
from support.threads_clerk import written
from support.threads_house import KEYS
from support.threads_shelf import US, a_mail
from threadline_contracts.codec import SHAPES, decode, decode_data, encode, make_event
from threadline_contracts.commands import CommandAnswered, Decision, SuggestionDecided
from threadline_contracts.contact import ContactLinked
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.ticket import MergeSuggested, MessagePlaced, SuggestionSettled, SuggestionStatus
from threadline_contracts.topology import ALWAYS, Binding, EventType, Exchange, Queue, message_key
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_threads.app import run
from threadline_threads.keys import ticket_id

pytestmark = [pytest.mark.rabbit, pytest.mark.postgres]
ANA, PHONE, BOB, ZOE = "email:ana@a.example", "phone:+385912345678", "email:bob@b.example", "email:zoe@z.example"
T = TypeVar("T", bound=Struct)


class Helpdesk:
    """A consumer that hears everything, and speaks as a channel and as an operator."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: list[Struct] = []

    async def listen(self, queue: str) -> None:
        async with self._bus.subscribe(queue) as subscription:
            while True:
                deliveries = await subscription.take(100)
                events = [decode(delivery.body) for delivery in deliveries]
                self._heard += [decode_data(event, SHAPES[event.type]) for event in events]
                await subscription.ack(deliveries)

    async def pass_on(self, *messages: InboundMessage) -> None:
        """Pass on messages of a channel, each when the one before has its ticket."""
        key = message_key(EventType.MESSAGE_RECEIVED, "email")
        for message in messages:
            before = len(self.said(MessagePlaced))
            await self._send(Exchange.MESSAGES, key, EventType.MESSAGE_RECEIVED, MessageReceived(message=message))
            await self.hears(MessagePlaced, before + 1)

    async def ask(self, asked: SuggestionDecided) -> CommandAnswered:
        await self._send(Exchange.COMMANDS, EventType.SUGGESTION_DECIDED, EventType.SUGGESTION_DECIDED, asked)
        return (await self.hears(CommandAnswered))[-1]

    async def hears(self, shape: type[T], number: int = 1) -> Sequence[T]:
        async def enough() -> bool:
            return len(self.said(shape)) >= number

        await eventually(enough, within=20)
        return self.said(shape)

    def said(self, shape: type[T]) -> Sequence[T]:
        return [one for one in self._heard if isinstance(one, shape)]

    async def _send(self, exchange: Exchange, key: str, kind: EventType, data: Struct) -> None:
        event = make_event(kind, data, about=uuid4(), revision=0, source="test", time=datetime.now(UTC))
        await self._bus.publish(Outgoing(exchange=exchange, key=key, body=encode(event), event_id=event.id))


def ticket_of(name: str) -> UUID:
    """Return the ticket that a message opens."""
    return ticket_id(written(name).id)


async def start_over(database_url: str) -> None:
    """Let the clerk read everything again."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE threads.cursor SET sequence = 0 WHERE name = 'clerk'")
    await connection.close()


@asynccontextmanager
async def in_background(*work: asyncio.Task[None]) -> AsyncIterator[None]:
    yield
    for task in work:
        task.cancel()
    await asyncio.wait(work)


@pytest.fixture
async def helpdesk(amqp_url: str, database_url: str) -> AsyncIterator[Helpdesk]:
    """Return a helpdesk beside a running threads service."""
    env = {
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_OWN_ADDRESSES": ",".join(ACCOUNTS),
        "THREADLINE_HTTP_PORT": "0",
        "THREADLINE_DATABASE_URL": database_url,
        "THREADLINE_CLERK_PAUSE": "0.05",
    }
    hearing = Queue(name="helpdesk", bindings=(Binding(Exchange.TICKETS, "#"),))
    async with open_rabbit_bus(amqp_url) as bus:
        await bus.declare([*ALWAYS, hearing])
        found = Helpdesk(bus)
        listening, serving = asyncio.create_task(found.listen("helpdesk")), asyncio.create_task(run(env, bus))
        async with in_background(listening, serving):
            yield found


async def test_another_mail_of_a_contact_is_suggested_with_reasons(helpdesk: Helpdesk) -> None:
    await helpdesk.pass_on(written("m1", ANA), written("m2", ANA, minutes=30))
    (told,) = await helpdesk.hears(MergeSuggested)
    assert [reason.code for reason in told.suggestion.reasons] == ["only_open_ticket", "close_in_time"]
    assert (told.suggestion.ticket, told.suggestion.other) == (told.ticket.id, told.other.id)
    assert all(reason.because for reason in told.suggestion.reasons)


async def test_a_suggestion_that_is_declined_is_never_made_again(helpdesk: Helpdesk, database_url: str) -> None:
    await helpdesk.pass_on(written("m1", ANA), written("m2", ANA, minutes=30))
    (told,) = await helpdesk.hears(MergeSuggested)
    declined = SuggestionDecided(suggestion=told.suggestion.id, decision=Decision.DECLINE, by="agent:iva")
    assert (await helpdesk.ask(declined)).answer == "done"
    (settled,) = await helpdesk.hears(SuggestionSettled)
    assert (settled.suggestion.id, settled.suggestion.status) == (told.suggestion.id, SuggestionStatus.DECLINED)
    await start_over(database_url)
    await helpdesk.pass_on(written("m3", BOB, text="Order no. 4711-22"), written("m4", ZOE, text="Order no. 4711-22"))
    assert {one.ticket.id for one in await helpdesk.hears(MergeSuggested, 2)} == {told.ticket.id, ticket_of("m4")}


async def test_a_suggestion_is_promoted_when_the_participant_shows_up(helpdesk: Helpdesk) -> None:
    await helpdesk.pass_on(written("m1", ANA), written("m2", BOB, minutes=5, cites=["m1"]))
    (told,) = await helpdesk.hears(MergeSuggested)
    await helpdesk.pass_on(a_mail("m3", US, to=["bob@b.example"], cites=["m1"]))
    (settled,) = await helpdesk.hears(SuggestionSettled)
    assert (settled.suggestion.id, settled.suggestion.status) == (told.suggestion.id, SuggestionStatus.PROMOTED)


async def test_a_message_that_proves_two_names_links_them(helpdesk: Helpdesk) -> None:
    await helpdesk.pass_on(written("m1", ANA, PHONE))
    (told,) = await helpdesk.hears(ContactLinked)
    assert {identity.value for identity in told.contact.identities} == {"ana@a.example", "+385912345678"}
