"""Rows put straight into a database of tickets, the same on both kinds."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import asdict

from support.threads_house import House
from threadline_contracts.ticket import Suggestion
from threadline_shared.sqlite import sqlite3
from threadline_threads.clerk.people import ContactRow, Owned
from threadline_threads.reading import CommandRecord, ContactLinkRecord, Severed
from threadline_threads.store import SQLITE_FILE
from threadline_threads.store.assemble_people import contact_words

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def insert(house: House, table: str, **values: object) -> None:
    """Insert one row."""
    columns = ", ".join(values)
    if url := house.env.get("THREADLINE_DATABASE_URL"):
        marks = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        connection = await asyncpg.connect(url, statement_cache_size=0)
        await connection.execute(f"INSERT INTO threads.{table} ({columns}) VALUES ({marks})", *values.values())  # noqa: S608
        await connection.close()
    else:
        marks = ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
        await asyncio.to_thread(_run, house, statement, [_sqlite(value) for value in values.values()])


async def keep_suggestion(house: House, one: Suggestion) -> None:
    """Keep a suggestion."""
    names = ("id", "ticket", "other", "score", "status", "at", "settled_at")
    values = {name: getattr(one, name) for name in names}
    await insert(house, "suggestion", **values, content=msgspec.json.encode(one))


async def keep_severed(house: House, pair: Severed) -> None:
    """Keep two tickets apart."""
    link = msgspec.json.encode(pair.link) if pair.link else None
    await insert(house, "severed", **(asdict(pair) | {"link": link}))


async def keep_command(house: House, record: CommandRecord) -> None:
    """Keep a command that was answered."""
    values = asdict(record) | {"asked": bytes(record.asked)}
    if house.env.get("THREADLINE_DATABASE_URL"):
        await insert(house, "command", **values)
        return
    tickets = values.pop("tickets")
    await insert(house, "command", **values)
    for ticket in tickets:
        await insert(house, "command_ticket", ticket=ticket, command=record.id)


async def keep_contact(house: House, row: ContactRow, *owned: Owned, links: tuple[ContactLinkRecord, ...] = ()) -> None:
    """Keep a contact with its identities, their links and what it is found by."""
    await insert(house, "contact", **asdict(row))
    for one in owned:
        await insert(house, "identity", desk=row.desk, **asdict(one))
    for link in links:
        await insert(house, "contact_link", desk=row.desk, **asdict(link))
    for word in contact_words(row, owned):
        await insert(house, "contact_word", word=word, contact=row.id)


def _run(house: House, statement: str, values: list[object]) -> None:
    connection = sqlite3.connect(Path(house.env["THREADLINE_DATA_DIR"]) / SQLITE_FILE)
    with connection:
        connection.execute(statement, values)
    connection.close()


def _sqlite(value: object) -> object:
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    return value
