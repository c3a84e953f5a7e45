"""Message to confirmed ticket event, through the threads service, at several sizes; and from SMTP, end to end."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.bench_smtp import free_port, until_open
from benchmarks.measure import Row, Run, Watched, median_run, percentile, server
from benchmarks.smtp_load import send_all
from support.messages import a_message, a_person
from support.postgres import new_database
from support.rabbit import RabbitNode
from threadline_contracts.codec import decode, decode_data, encode, make_event
from threadline_contracts.message import Evidence, InboundMessage, MessageReceived
from threadline_contracts.ticket import MessagePlaced
from threadline_contracts.topology import Binding, EventType, Exchange, Queue, message_key
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.opening import open_bus
from threadline_threads.app import run as run_threads

MEASURED: Final = 4000
WINDOW: Final = 400
ROUNDS: Final = 3
KEYS: Final = "k1:" + "5a" * 32
DESK: Final = Queue(name="bench.helpdesk", bindings=(Binding(Exchange.TICKETS, "ticket.#"),))
START: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


async def rows(node: RabbitNode, postgres: str, folder: Path, sizes: Sequence[int]) -> list[Row]:
    """Return a row for each database and number of stored messages, then the end-to-end row."""
    # First, and each time on a database of its own: a fill of 100,000 keeps both servers busy for a while.
    through = median_run([await _end_to_end(node, postgres, folder / f"e2e{number}") for number in range(ROUNDS)])
    embedded = await _sqlite(folder, sizes)
    found = [Row(name=f"threads: SQLite, {size:,} stored", run=run) for size, run in embedded]
    async for size, run in _postgres(node, postgres, folder, sizes):
        found.append(Row(name=f"threads: RabbitMQ and PostgreSQL, {size:,} stored", run=run))
    aim = ">= 500/s; <= 2 CPU ms"
    return [*found, Row(name="SMTP to ticket event: RabbitMQ and PostgreSQL", run=through, aim=aim)]


def conversations(start: int, count: int) -> Iterator[InboundMessage]:
    """Return mails in conversations of four: a first mail and three answers that cite those before."""
    for number in range(start, start + count):
        first = number - number % 4
        cited = tuple(f"m{earlier}@example.org" for earlier in range(first, number))
        yield a_message(
            f"m{number}",
            sender=a_person(f"customer{first}@customer.example"),
            subject=f"Printer {first}",
            sent_at=START + timedelta(seconds=number),
            evidence=Evidence(in_reply_to=cited[-1:], references=cited),
        )


class Desk:
    """A helpdesk that notes when each message's ticket event came."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.heard: dict[str, float] = {}
        self._more = asyncio.Event()

    async def listen(self) -> None:
        """Consume for ever."""
        async with self._bus.subscribe(DESK.name) as subscription:
            while True:
                batch = await subscription.take(200)
                now = time.perf_counter()
                for delivery in batch:
                    event = decode(delivery.body)
                    if event.type in (EventType.TICKET_OPENED, EventType.TICKET_MESSAGE_ADDED):
                        self.heard.setdefault(decode_data(event, MessagePlaced).message.external_id, now)
                await subscription.ack(batch)
                self._more.set()

    async def until(self, count: int) -> None:
        """Wait until `count` messages were heard of."""
        async with asyncio.timeout(600):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()


async def _sqlite(folder: Path, sizes: Sequence[int]) -> list[tuple[int, Run]]:
    # One process: publisher, bus, threads and listener share it, so its CPU is the sum of all four.
    env = {
        "THREADLINE_DATA_DIR": str(folder / "embedded"),
        "THREADLINE_TOKEN_KEYS": KEYS,
        "THREADLINE_HTTP_PORT": "0",
    }
    found = []
    async with open_bus(env) as bus, asyncio.TaskGroup() as group:
        await bus.declare([DESK])
        desk = Desk(bus)
        tasks = [group.create_task(desk.listen()), group.create_task(_threads(env, bus))]
        stored = 0
        for size in sizes:
            stored = await _fill(bus, desk, stored, size)
            before = time.process_time()
            run = await _burst(bus, desk, stored)
            stored += MEASURED
            cpu = (time.process_time() - before) / MEASURED * 1000
            found.append((size, Run(rate=run.rate, cpu_ms=cpu, p50_ms=run.p50_ms, p99_ms=run.p99_ms)))
        for task in tasks:
            task.cancel()
    return found


async def _threads(env: Mapping[str, str], bus: Bus) -> None:
    await run_threads(env, bus)


async def _postgres(
    node: RabbitNode, postgres: str, folder: Path, sizes: Sequence[int]
) -> AsyncIterator[tuple[int, Run]]:
    url = node.fresh_url()
    env = await _distributed(url, postgres)
    async with open_bus({"THREADLINE_BUS_URL": url}) as bus, asyncio.TaskGroup() as group:
        await bus.declare([DESK])
        desk = Desk(bus)
        listening = group.create_task(desk.listen())
        with _service("threads", env, folder) as watched:
            stored = 0
            for size in sizes:
                stored = await _fill(bus, desk, stored, size)
                before = watched.cpu_seconds()
                run = await _burst(bus, desk, stored)
                stored += MEASURED
                cpu = (watched.cpu_seconds() - before) / MEASURED * 1000
                yield (
                    size,
                    Run(rate=run.rate, cpu_ms=cpu, p50_ms=run.p50_ms, p99_ms=run.p99_ms, peak_mb=watched.peak_mb()),
                )
        listening.cancel()


async def _end_to_end(node: RabbitNode, postgres: str, folder: Path) -> Run:
    _make(folder)
    url = node.fresh_url()
    env = await _distributed(url, postgres)
    smtp = free_port()
    async with open_bus({"THREADLINE_BUS_URL": url}) as bus, asyncio.TaskGroup() as group:
        await bus.declare([DESK])
        desk = Desk(bus)
        listening = group.create_task(desk.listen())
        with ExitStack() as stack:
            threads = stack.enter_context(_service("threads", env, folder))
            mail = {"THREADLINE_SMTP_PORT": str(smtp), "THREADLINE_DATA_DIR": str(folder / "e2e")}
            email = stack.enter_context(_service("email", {**env, **mail}, folder))
            await until_open(smtp)
            await send_all(smtp, 200, "warm")
            await desk.until(200)
            before, started = threads.cpu_seconds() + email.cpu_seconds(), time.perf_counter()
            await send_all(smtp, MEASURED, "e2e")
            await desk.until(200 + MEASURED)
            took = time.perf_counter() - started
            cpu = (threads.cpu_seconds() + email.cpu_seconds() - before) / MEASURED * 1000
            peak = threads.peak_mb() + email.peak_mb()
        listening.cancel()
    return Run(rate=MEASURED / took, cpu_ms=cpu, peak_mb=peak)


def _make(folder: Path) -> None:
    folder.mkdir()


async def _distributed(url: str, postgres: str) -> dict[str, str]:
    return {
        "THREADLINE_BUS_URL": url,
        "THREADLINE_DATABASE_URL": await new_database(postgres),
        "THREADLINE_TOKEN_KEYS": KEYS,
    }


def _service(name: str, env: Mapping[str, str], folder: Path) -> AbstractContextManager[Watched]:
    http = free_port()
    port = {"THREADLINE_HTTP_PORT": str(http)}
    return server(
        ["-m", f"threadline_{name}"], {**env, **port}, folder / f"{name}.log", f"http://127.0.0.1:{http}/readyz"
    )


async def _fill(bus: Bus, desk: Desk, stored: int, size: int) -> int:
    if size > stored:
        await _publish(bus, conversations(stored, size - stored))
        await desk.until(size)
    return max(size, stored)


async def _burst(bus: Bus, desk: Desk, stored: int) -> Run:
    messages = list(conversations(stored, MEASURED))
    started = time.perf_counter()
    sent = await _publish(bus, iter(messages))
    await desk.until(stored + MEASURED)
    took = time.perf_counter() - started
    latencies = [desk.heard[name] - at for name, at in sent.items()]
    return Run(
        rate=MEASURED / took,
        cpu_ms=0,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
    )


async def _publish(bus: Bus, messages: Iterator[InboundMessage]) -> dict[str, float]:
    sent: dict[str, float] = {}

    async def some() -> None:
        for message in messages:
            sent[message.external_id] = time.perf_counter()
            await bus.publish(_outgoing(message))

    async with asyncio.TaskGroup() as group:
        for _ in range(WINDOW):
            group.create_task(some())
    return sent


def _outgoing(message: InboundMessage) -> Outgoing:
    event = make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=message.version,
        source="benchmark",
        time=message.received_at,
    )
    key = message_key(EventType.MESSAGE_RECEIVED, message.channel)
    return Outgoing(exchange=Exchange.MESSAGES, key=key, body=encode(event), event_id=event.id)
