"""Bus publish and consume, ours against bare aio-pika with the same confirms, and on SQLite for itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aio_pika

from benchmarks.measure import Row, Run, median_run, percentile
from support.rabbit import RabbitNode
from threadline_contracts.topology import THREADS_MESSAGES, Exchange
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.opening import open_bus

MESSAGES: Final = 5000
WINDOW: Final = 200
ROUNDS: Final = 3
BODY: Final = b"x" * 1500

Publish = Callable[[int], Awaitable[None]]


async def rows(node: RabbitNode, folder: Path) -> list[Row]:
    """Return one row a bus."""
    ours, bare = [], []
    for number in range(ROUNDS):  # turn by turn, so that a noisy minute hits both
        async with open_bus({"THREADLINE_BUS_URL": node.fresh_url(), "THREADLINE_DATA_DIR": str(folder)}) as bus:
            ours.append(await _measure_bus(bus))
        async with _bare(node.fresh_url(), f"bare.{number}") as (publish, consumed):
            bare.append(await _measure(publish, consumed))
    async with open_bus({"THREADLINE_DATA_DIR": str(folder)}) as bus:
        embedded = await _measure_bus(bus)
    limit = median_run(bare)
    mine = median_run(ours)
    return [
        Row(name="bus: bare aio-pika, quorum queue, confirms", run=limit),
        Row(
            name="bus: RabbitMQ publish and consume",
            run=mine,
            ratio=mine.rate / limit.rate,
            against="bare aio-pika",
            aim=">= 0.8",
            least=0.8,
        ),
        Row(name="bus: SQLite publish and consume", run=embedded),
    ]


async def _measure_bus(bus: Bus) -> Run:
    consumed = asyncio.Event()

    async def publish(number: int) -> None:
        await bus.publish(
            Outgoing(exchange=Exchange.MESSAGES, key="message.received.v1.email", body=BODY, event_id=str(number))
        )

    async def consume() -> None:
        async with bus.subscribe(THREADS_MESSAGES.name, prefetch=WINDOW) as subscription:
            seen = 0
            while seen < MESSAGES:
                batch = await subscription.take(WINDOW)
                await subscription.ack(batch)
                seen += len(batch)
        consumed.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(consume())
        return await _measure(publish, consumed)


async def _measure(publish: Publish, consumed: asyncio.Event) -> Run:
    window = asyncio.Semaphore(WINDOW)
    latencies: list[float] = []

    async def one(number: int) -> None:
        async with window:
            before = time.perf_counter()
            await publish(number)
            latencies.append(time.perf_counter() - before)

    started, cpu = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(MESSAGES):
            group.create_task(one(number))
    await consumed.wait()
    took = time.perf_counter() - started
    return Run(
        rate=MESSAGES / took,
        cpu_ms=(time.process_time() - cpu) / MESSAGES * 1000,
        p50_ms=percentile(latencies, 0.5) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
    )


@asynccontextmanager
async def _bare(url: str, queue_name: str) -> AsyncIterator[tuple[Publish, asyncio.Event]]:
    consumed = asyncio.Event()
    connection = await aio_pika.connect_robust(url)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        receiving = await connection.channel()
        await receiving.set_qos(prefetch_count=WINDOW)
        exchange = await channel.declare_exchange("bench", aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await receiving.declare_queue(queue_name, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind("bench", "#")
        seen = 0

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            nonlocal seen
            await message.ack()
            seen += 1
            if seen == MESSAGES:
                consumed.set()

        await queue.consume(take)

        async def publish(number: int) -> None:
            message = aio_pika.Message(
                BODY, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, headers={"ce-id": str(number)}
            )
            await exchange.publish(message, "message.received.v1.email", mandatory=True)

        yield publish, consumed
