"""A database that the first release filled is brought up to date, with nothing lost and everything still found."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
from msgspec.structs import replace

from support.threads_clerk import Office, written
from support.threads_house import House, open_house
from support.threads_shelf import a_copy, a_mail
from threadline_contracts.message import InboundMessage
from threadline_shared.sqlite import Connection, sqlite3
from threadline_threads.copies import first_twin, twins
from threadline_threads.ownership import Rank
from threadline_threads.store import SQLITE_FILE
from threadline_threads.store.migrate import Migration, migrations

TABLES: Final = ("ticket", "message", "holder", "citation", "participant", "waiting", "link", "outbox")
NEWER: Final = r"^[0-3] -?[0-9]+ "  # what the first release did not keep of an id's author
FIRST: Final = a_mail("m0")
LONE: Final = a_mail("lone")  # nobody answers it: only its copy knows it
ANA: Final = "email:ana@a.example"
# By what copies find a message: today's keys, and those of the first release.
COPIED: Final = {next(twins(LONE, Rank.NOBODY)): first_twin(LONE)}


async def test_what_the_first_release_stored_is_all_there_and_still_found(threads_env: Mapping[str, str]) -> None:
    async with open_house(threads_env) as house:
        await house.place(*_mails())
        before = [await _shown(house, message) for message in _mails()]
    await _set_back(threads_env)
    async with open_house(threads_env) as house:
        assert [await _shown(house, message) for message in _mails()] == before
        answer = a_mail("late", cites=("m0",))
        await house.place(answer, *_mails())
        assert await house.root(answer) == await house.root(FIRST)
        told = await house.history()
        assert len(told) == len(_mails()) + 1


async def test_a_copy_of_what_the_first_release_stored_still_finds_it(threads_env: Mapping[str, str]) -> None:
    """Keys of copies say more now: those of the first release are kept as today's."""
    copy = a_copy(LONE)
    forged = replace(copy, id=uuid4(), reference="7K3M9QZD4T", text="Send money elsewhere.")
    async with open_house(threads_env) as house:
        await house.place(LONE)
    await _set_back(threads_env)
    async with open_house(threads_env) as house:
        await house.place(copy, forged)
        assert await house.root(copy) == await house.root(LONE)
        assert await house.root(forged) != await house.root(LONE)


async def test_the_clerk_learns_from_old_messages_but_asks_nobody_about_them(threads_env: Mapping[str, str]) -> None:
    one, two, new = (
        written(f"m{n}", ANA, subject="Broken lamp", text="Order 47110815", minutes=n * 600) for n in range(3)
    )
    async with open_house(threads_env) as house:
        await house.place(one, two)
        await house.announce()
    await _set_back(threads_env)
    async with open_house(threads_env) as house:
        office = Office(house)
        await office.catch_up()
        assert await house.reader.contact_of("main", "email", "ana@a.example") is not None
        assert await office.open() == []
        await office.take(new)
        asked = {frozenset({each.ticket, each.other}) for each in await office.open()}
        assert asked == {frozenset({await house.root(new), await house.root(old)}) for old in (one, two)}


async def test_a_new_database_has_no_history(house: House) -> None:
    await house.place(FIRST)
    await house.announce()
    assert await house.store.history() == 0


def _mails() -> list[InboundMessage]:
    """Return sixty mails of twenty conversations."""
    first = [a_mail(f"m{number}") for number in range(20)]
    return [*first, *(a_mail(f"m{n}-{m}", cites=(f"m{n}",)) for n in range(20) for m in range(2))]


async def _shown(house: House, message: InboundMessage) -> tuple[object, ...]:
    found = await house.reader.conversation(message.reference)
    assert found is not None
    return found.ticket, [(one.message, one.ticket, one.placement.because) for one in found.messages]


async def _set_back(env: Mapping[str, str]) -> None:
    """Make the database one of the first release, with the same rows."""
    if url := env.get("THREADLINE_DATABASE_URL"):
        await _set_postgres_back(url, migrations("postgres")[0])
    else:
        await asyncio.to_thread(_set_sqlite_back, Path(env["THREADLINE_DATA_DIR"]), migrations("sqlite")[0])


async def _set_postgres_back(url: str, first: Migration) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER SCHEMA threads RENAME TO later; CREATE SCHEMA threads")
    await connection.execute("CREATE TABLE threads.migration AS TABLE later.migration WITH NO DATA")
    await connection.execute("ALTER TABLE threads.migration ALTER applied_at SET DEFAULT now()")
    await connection.execute(first.sql)
    await connection.execute(
        "INSERT INTO threads.migration (name, checksum) VALUES ($1, $2)", first.name, first.checksum
    )
    for table in TABLES:
        columns = await connection.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'threads' AND table_name = $1",
            table,
        )
        names = ", ".join(row[0] for row in columns)
        await connection.execute(
            f"INSERT INTO threads.{table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM later.{table}"  # noqa: S608
        )
    await connection.execute("UPDATE threads.holder SET by = regexp_replace(by, $1, '')", NEWER)
    await connection.executemany("UPDATE threads.holder SET key = $2 WHERE key = $1", list(COPIED.items()))
    await connection.execute("SELECT setval('threads.event_sequence', 1000), setval('threads.outbox_id_seq', 1000)")
    await connection.execute("DROP SCHEMA later CASCADE")
    await connection.close()


def _set_sqlite_back(folder: Path, first: Migration) -> None:
    path = folder / SQLITE_FILE
    old = sqlite3.connect(path)
    rows = {table: _rows(old, table) for table in TABLES}
    old.close()
    for part in folder.glob(f"{SQLITE_FILE}*"):
        part.unlink()
    new = sqlite3.connect(path)
    new.executescript(first.sql)
    new.execute("CREATE TABLE migration (name TEXT PRIMARY KEY, checksum TEXT NOT NULL)")
    new.execute("INSERT INTO migration VALUES (?, ?)", (first.name, first.checksum))
    for table, found in rows.items():
        _put(new, table, found)
    new.commit()
    new.close()


def _rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _put(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    for row in rows:
        if table == "holder":
            row["by"] = re.sub(NEWER, "", row["by"])
            row["key"] = COPIED.get(row["key"], row["key"])
        marks = ", ".join("?" * len(names))
        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [row[name] for name in names])  # noqa: S608
