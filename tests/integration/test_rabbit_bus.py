"""What only RabbitMQ can do to us: queues deleted or of other settings, strangers, the broker's own limits, TLS."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import aio_pika
import pytest

from support.bus import QUICK, Lane, an_event, publish_until_confirmed, take_one
from support.packages import program
from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_contracts.topology import ALWAYS, DEAD_LETTERS, THREADS_MESSAGES, TICKET_LOG, Exchange
from threadline_shared.bus import Bus
from threadline_shared.bus.opening import open_bus
from threadline_shared.bus.rabbit import open_rabbit_bus
from threadline_shared.bus.rabbit_topology import DELIVERY_LIMIT, rung

pytestmark = pytest.mark.rabbit


@pytest.fixture
async def bus(amqp_url: str, lane: Lane) -> AsyncIterator[Bus]:
    async with open_rabbit_bus(amqp_url, retries=QUICK) as bus:
        await bus.declare([lane.queue, lane.dead])
        yield bus


@pytest.fixture
async def stranger(amqp_url: str) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """Return a channel of somebody else."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        yield channel


async def test_a_url_opens_rabbitmq_with_everything_that_always_exists(
    amqp_url: str, stranger: aio_pika.abc.AbstractChannel
) -> None:
    async with open_bus({"THREADLINE_BUS_URL": amqp_url}) as bus:
        for queue in ALWAYS:
            await stranger.declare_queue(queue.name, passive=True)
        await bus.publish(an_event(exchange=Exchange.MESSAGES))
        await bus.publish(an_event(exchange=Exchange.TICKETS, key="ticket.opened.v1"))
        assert await bus.depth(THREADS_MESSAGES.name) == 1
        assert (await anext(bus.read_log(TICKET_LOG.name))).outgoing.key == "ticket.opened.v1"


async def test_a_url_that_is_none_is_the_operators_to_mend() -> None:
    async with open_rabbit_bus("amqp://host:port/vhost") as bus:
        with pytest.raises(SettingsError, match="THREADLINE_BUS_URL"):
            await bus.probe()


async def test_a_queue_deleted_under_its_consumer_is_made_again(
    bus: Bus, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    async with bus.subscribe(lane.queue.name) as subscription:
        await stranger.queue_delete(lane.queue.name)
        await publish_until_confirmed(bus, lane.event("after"))
        assert (await take_one(subscription)).body == b"after"


async def test_a_retry_queue_that_was_deleted_is_made_again(
    bus: Bus, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).retry("first")
        delivery = await take_one(subscription)
        await stranger.queue_delete(rung(lane.queue.name, QUICK.delay(0)))
        await stranger.queue_delete(rung(lane.queue.name, QUICK.delay(1)))
        await delivery.retry("second")
        assert (await take_one(subscription)).attempts == 2


async def test_a_retry_that_meets_no_queue_stays_on_loan_and_succeeds_when_repeated(
    bus: Bus, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    for _ in range(2):
        await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).retry("makes the queue")
        delivery = await take_one(subscription)
        await stranger.queue_delete(rung(lane.queue.name, QUICK.delay(0)))
        with pytest.raises(TemporaryError):
            await delivery.retry("meets none")
        await delivery.retry("makes it again")


async def test_one_that_kills_every_consumer_is_buried_by_the_broker_with_a_reason(
    bus: Bus, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    event = lane.event("deadly")
    await bus.publish(event)
    queue = await stranger.get_queue(lane.queue.name)
    for _ in range(DELIVERY_LIMIT + 1):
        message = await queue.get(timeout=5)
        assert message is not None
        await message.reject(requeue=True)
    async with bus.subscribe(lane.dead.name) as dead_letters:
        dead = await take_one(dead_letters)
    assert (dead.body, dead.exchange, dead.key, dead.event_id) == (b"deadly", event.exchange, event.key, event.event_id)
    assert "delivery limit" in dead.headers["reason"]
    assert dead.headers["queue"] == lane.queue.name
    assert dead.headers["buried_at"]


async def test_a_dead_letter_is_never_given_up_by_the_broker(
    bus: Bus, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    await bus.publish(lane.event("precious", exchange=Exchange.DEAD))
    queue = await stranger.get_queue(DEAD_LETTERS.name)
    for _ in range(DELIVERY_LIMIT + 5):
        message = await queue.get(timeout=5)
        assert message is not None
        await message.reject(requeue=True)
    assert await bus.depth(DEAD_LETTERS.name) == 1


async def test_a_queue_of_other_settings_is_used_as_it_is(
    amqp_url: str, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    await stranger.declare_queue(lane.queue.name, durable=True)
    async with open_rabbit_bus(amqp_url) as bus:
        await bus.declare([lane.queue])
        await bus.publish(lane.event("x"))
        async with bus.subscribe(lane.queue.name) as subscription:
            assert (await take_one(subscription)).body == b"x"


async def test_what_a_stranger_put_straight_into_a_queue_can_be_buried(
    bus: Bus, lane: Lane, stranger: aio_pika.abc.AbstractChannel
) -> None:
    await stranger.default_exchange.publish(aio_pika.Message(b"?", headers={"n": 1}), lane.queue.name)
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).bury("not ours")
    async with bus.subscribe(DEAD_LETTERS.name) as dead_letters:
        dead = await take_one(dead_letters)
    assert (dead.exchange, dead.key, dead.body) == ("", lane.queue.name, b"?")


async def test_what_is_released_often_keeps_its_attempts(bus: Bus, lane: Lane) -> None:
    await bus.publish(lane.event())
    async with bus.subscribe(lane.queue.name) as subscription:
        await (await take_one(subscription)).retry("once")
        for _ in range(DELIVERY_LIMIT + 5):
            delivery = await take_one(subscription)
            assert delivery.attempts == 1
            await delivery.release()


async def test_two_replicas_share_a_queue(amqp_url: str, bus: Bus, lane: Lane) -> None:
    async with (
        open_rabbit_bus(amqp_url) as other,
        other.subscribe(lane.queue.name, prefetch=1) as theirs,
        bus.subscribe(lane.queue.name, prefetch=1) as ours,
    ):
        for n in range(2):
            await bus.publish(lane.event(str(n)))
        assert {(await take_one(ours)).body, (await take_one(theirs)).body} == {b"0", b"1"}


def a_certificate(folder: Path) -> Path:
    """Make a certificate of 127.0.0.1, and `key.pem` beside it."""
    certificate = folder / "cert.pem"
    request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(certificate)]
    command = [str(program("openssl", "openssl")), *request.split(), *files]
    subprocess.run(command, check=True, capture_output=True)
    return certificate


@asynccontextmanager
async def behind_tls(amqp_url: str, folder: Path) -> AsyncIterator[str]:
    """Put TLS in front of a broker; yield the amqps URL."""
    broker = urlsplit(amqp_url)
    certificate = a_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, folder / "key.pem")

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(broker.hostname, broker.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(copy(reader, inner_writer))
            group.create_task(copy(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        login = f"{broker.username}:{broker.password}"
        yield f"amqps://{login}@127.0.0.1:{port}{broker.path}?cafile={quote(str(certificate))}"


async def test_a_broker_behind_tls_is_reached_and_checked(amqp_url: str, lane: Lane, tmp_path: Path) -> None:
    async with behind_tls(amqp_url, tmp_path) as url:
        async with open_rabbit_bus(url) as bus:
            await bus.declare([lane.queue])
            await bus.publish(lane.event())
        async with open_rabbit_bus(url.split("?")[0]) as bus:
            with pytest.raises(TemporaryError, match="certificate"):
                await bus.probe()
