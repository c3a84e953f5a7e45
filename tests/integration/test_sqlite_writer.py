"""The one writer of a SQLite file: durable, together, and each failure its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.sqlite import Connection, SqliteWriter, open_writer, sqlite3

SCHEMA = "CREATE TABLE IF NOT EXISTS word (text TEXT PRIMARY KEY) WITHOUT ROWID"


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[SqliteWriter]:
    async with open_writer(tmp_path / "words.sqlite3", schema=SCHEMA) as writer:
        yield writer


def words(connection: Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM word ORDER BY text")]


async def add(writer: SqliteWriter, text: str) -> None:
    await writer.do(lambda connection: connection.execute("INSERT INTO word VALUES (?)", (text,)))


async def test_what_was_written_is_read_beside_the_writer(writer: SqliteWriter) -> None:
    await add(writer, "a")
    assert await writer.read(words) == ["a"]


async def test_it_is_still_there_in_the_next_process(tmp_path: Path) -> None:
    for text in ("a", "b"):
        async with open_writer(tmp_path / "words.sqlite3", schema=SCHEMA) as writer:
            await add(writer, text)
            found = await writer.read(words)
    assert found == ["a", "b"]


async def test_a_failure_undoes_its_own_changes_alone(writer: SqliteWriter) -> None:
    def fail_after_writing(connection: Connection) -> None:
        connection.execute("INSERT INTO word VALUES ('half')")
        raise KeyError("ours")

    outcomes = await asyncio.gather(
        add(writer, "a"), writer.do(fail_after_writing), add(writer, "b"), return_exceptions=True
    )
    assert isinstance(outcomes[1], KeyError)
    assert await writer.read(words) == ["a", "b"]


async def test_a_broken_constraint_comes_back_as_it_is(writer: SqliteWriter) -> None:
    await add(writer, "a")
    with pytest.raises(sqlite3.IntegrityError):
        await add(writer, "a")


async def test_a_full_disk_is_temporary(writer: SqliteWriter) -> None:
    pages: int = await writer.do(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await writer.do(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    outcomes = await asyncio.gather(add(writer, "a" * 100_000), add(writer, "b"), return_exceptions=True)
    assert isinstance(outcomes[0], TemporaryError)


async def test_a_cancelled_caller_disturbs_nobody(writer: SqliteWriter) -> None:
    impatient = asyncio.create_task(add(writer, "a"))
    await asyncio.sleep(0)
    impatient.cancel()
    await add(writer, "b")
    assert await writer.read(words) == ["a", "b"]


async def test_a_reader_cannot_write(writer: SqliteWriter) -> None:
    with pytest.raises(TemporaryError):
        await writer.read(lambda connection: connection.execute("INSERT INTO word VALUES ('x')"))


async def test_a_closed_file_is_temporary_trouble(tmp_path: Path) -> None:
    async with open_writer(tmp_path / "words.sqlite3") as writer:
        pass
    with pytest.raises(TemporaryError):
        await add(writer, "late")


async def test_closing_finishes_what_was_handed_in(tmp_path: Path) -> None:
    async with open_writer(tmp_path / "words.sqlite3", schema=SCHEMA) as writer:
        handed_in = [asyncio.create_task(add(writer, f"{n:03}")) for n in range(300)]
        await asyncio.sleep(0)
    await asyncio.gather(*handed_in)
    async with open_writer(tmp_path / "words.sqlite3", schema=SCHEMA) as writer:
        assert len(await writer.read(words)) == 300


async def test_a_file_of_another_kind_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "words.sqlite3").write_text("this is no database, and longer than a header of one" * 20)
    with pytest.raises(SettingsError, match=r"words\.sqlite3"):
        async with open_writer(tmp_path / "words.sqlite3", schema=SCHEMA):
            pass


def on_the_disk(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.iterdir())


async def test_what_was_deleted_is_nowhere_after_compacting(writer: SqliteWriter) -> None:
    await asyncio.gather(*(add(writer, f"{n:04} {'secret' if n % 9 == 0 else 'plain'} {'x' * n}") for n in range(900)))
    await writer.do(lambda connection: connection.execute("DELETE FROM word WHERE text LIKE '%secret%'"))
    assert on_the_disk(writer.path.parent, b"secret")
    await asyncio.gather(writer.compact(), add(writer, "meanwhile"))
    assert not on_the_disk(writer.path.parent, b"secret")
    assert len(await writer.read(words)) == 801


async def test_compacting_waits_for_readers(tmp_path: Path) -> None:
    path = tmp_path / "words.sqlite3"
    async with open_writer(path, schema=SCHEMA) as writer:
        await add(writer, "a secret")
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN")
        assert words(other) == ["a secret"]
        await writer.do(lambda connection: connection.execute("DELETE FROM word"))
        compacting = asyncio.create_task(writer.compact())
        asyncio.get_running_loop().call_later(0.05, other.execute, "COMMIT")
        await compacting
        assert not on_the_disk(tmp_path, b"secret")
        other.close()
