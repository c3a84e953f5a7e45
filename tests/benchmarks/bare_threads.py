"""The limit that threads is measured against: take a batch, insert as many rows into the same tables, publish, ack.

`python -m benchmarks.bare_threads AMQP_URL DATABASE_URL MESSAGES`, in tests/. asyncpg and aio-pika, and nothing of
ours: it decides nothing, looks nothing up and locks nothing. What it inserts is prepared before it says `ready`.
"""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias
from uuid import uuid4

import aio_pika
import asyncpg
import uvloop
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from msgspec import Struct

BATCH: Final = 200
LOOPS: Final = 2  # at once, as threads has two batches in hand
# What threads writes of a message, besides what it publishes; each with as many rows as threads left there.
_TABLES: Final = ("message", "holder", "citation", "participant", "waiting", "clue", "link")
_TICKETS: Final = "ticket"
_OUTBOX: Final = "outbox"
_OWN: Final = frozenset({"key", "event_id", "contact", "reference", "external_id"})
_COLUMNS: Final = """
    SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a
    WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = ''
    ORDER BY a.attnum
"""
_TOUCH: Final = """
    UPDATE threads.ticket SET revision = revision + 1, message_count = message_count + 1, updated_at = now(),
        active_at = now(), last_message = id WHERE id = ANY($1)
"""
_SENT: Final = """
    UPDATE threads.outbox SET sequence = nextval('threads.event_sequence'), sent_at = now() WHERE id = ANY($1)
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Insert(Struct, frozen=True):
    """One statement, and its columns."""

    statement: str
    columns: Sequence[Sequence[object]]


class Batch(Struct, frozen=True):
    """What is written and said of BATCH messages: the outbox last, since its ids are needed."""

    inserts: Sequence[Insert]
    touched: Sequence[object]
    outbox: Insert
    events: Sequence[tuple[str, bytes]]


async def prepare(connection: Connection, messages: int) -> list[Batch]:
    """Return batches like what threads left in the database, under ids of their own."""
    stored = await connection.fetchval("SELECT count(*) FROM threads.message")
    tables = {name: await _shape(connection, name) for name in (*_TABLES, _TICKETS, _OUTBOX)}
    rows: dict[str, Sequence[asyncpg.Record]] = {}
    for name, shape in tables.items():
        count = await connection.fetchval(f"SELECT count(*) FROM threads.{name}")  # noqa: S608 - our own names
        wanted = round(BATCH * count / stored)
        share = min(100.0, 100.0 * 20 * wanted / max(1, count))  # per cent of the pages to choose from
        rows[name] = await connection.fetch(_selecting(name, shape), wanted, share)
    old = [row[0] for row in await connection.fetch("SELECT id FROM threads.ticket LIMIT $1", messages)]
    return [_batch(tables, rows, old[start : start + BATCH]) for start in range(0, messages, BATCH)]


async def _shape(connection: Connection, table: str) -> Mapping[str, str]:
    return {row[0]: row[1] for row in await connection.fetch(_COLUMNS, f"threads.{table}")}


def _selecting(table: str, shape: Mapping[str, str]) -> str:
    columns = ", ".join(f"{name}::text" if kind == "tsvector" else name for name, kind in shape.items())
    source = f"threads.{table} TABLESAMPLE SYSTEM ($2)"
    return f"SELECT {columns} FROM {source} ORDER BY random() LIMIT $1"  # noqa: S608 - our own names


def _inserting(table: str, shape: Mapping[str, str]) -> str:
    arrays = ", ".join(f"${n}::{_sent_as(kind)}[]" for n, kind in enumerate(shape.values(), 1))
    values = ", ".join(f"{name}::{kind}" for name, kind in shape.items())
    names = ", ".join(shape)
    return f"INSERT INTO threads.{table} ({names}) SELECT {values} FROM unnest({arrays}) AS new ({names})"  # noqa: S608


def _sent_as(kind: str) -> str:
    return "text" if kind == "tsvector" else kind


def _batch(
    tables: Mapping[str, Mapping[str, str]], rows: Mapping[str, Sequence[asyncpg.Record]], old: Sequence[object]
) -> Batch:
    filled = [name for name in (*_TABLES, _TICKETS) if rows[name]]
    events = [(row["type"], row["body"]) for row in rows[_OUTBOX]]
    touched = old[: BATCH - len(rows[_TICKETS])]
    outbox = _insert(_OUTBOX, tables[_OUTBOX], rows[_OUTBOX])
    return Batch(
        [_insert(name, tables[name], rows[name]) for name in filled],
        touched,
        Insert(f"{outbox.statement} RETURNING id", outbox.columns),
        events,
    )


def _insert(table: str, shape: Mapping[str, str], rows: Sequence[asyncpg.Record]) -> Insert:
    columns = [[_fresh(name, kind, row[name]) for row in rows] for name, kind in shape.items()]
    return Insert(_inserting(table, shape), columns)


def _fresh(name: str, kind: str, value: object) -> object:
    if name in ("sequence", "sent_at"):
        return None
    if value is None or (kind != "uuid" and name not in _OWN):
        return value
    if kind == "uuid":
        return uuid4()
    return os.urandom(16) if kind == "bytea" else uuid4().hex


async def work(database: str, channels: Sequence[AbstractChannel], batches: list[Batch]) -> None:
    """Take, insert, publish, note, ack; for ever."""
    taking, saying = channels
    connection: Connection = await asyncpg.connect(database)
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await taking.set_qos(prefetch_count=2 * BATCH)
    exchange = await saying.get_exchange("threadline.tickets")
    await (await taking.get_queue("threads.messages")).consume(arrived.put)
    while True:
        taken = [await arrived.get()]
        while len(taken) < BATCH:
            try:
                async with asyncio.timeout(0.003):
                    taken.append(await arrived.get())
            except TimeoutError:
                break
        await _do(connection, exchange, batches.pop(), len(taken))
        await taken[-1].ack(multiple=True)


async def _do(connection: Connection, exchange: AbstractExchange, batch: Batch, count: int) -> None:
    async with connection.transaction():
        for insert in batch.inserts:
            await connection.execute(insert.statement, *insert.columns)
        await connection.execute(_TOUCH, batch.touched)
        ids = await connection.fetch(batch.outbox.statement, *batch.outbox.columns)
    await asyncio.gather(*(_say(exchange, key, body) for key, body in batch.events[:count]))
    await connection.execute(_SENT, [row[0] for row in ids])


async def _say(exchange: AbstractExchange, key: str, body: bytes) -> None:
    headers: dict[str, Any] = {"ce-id": uuid4().hex}
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, headers=headers)
    await exchange.publish(message, key, mandatory=True)


async def main(url: str, database: str, messages: int) -> None:
    """Prepare, say so, and work."""
    connection: Connection = await asyncpg.connect(database)
    batches = await prepare(connection, messages)
    await connection.close()
    async with await aio_pika.connect(url) as broker, asyncio.TaskGroup() as group:
        for _ in range(LOOPS):
            channels = [await broker.channel(), await broker.channel(on_return_raises=True)]
            group.create_task(work(database, channels, batches))
        sys.stderr.write("ready\n")
        sys.stderr.flush()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
