"""A database that is wrong, away or torn off, and what a state says then."""

from pathlib import Path

import asyncpg
import pytest

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.state import open_state


@pytest.mark.postgres
async def test_a_database_that_does_not_exist_is_a_matter_of_settings(database_url: str) -> None:
    env = {"THREADLINE_DATABASE_URL": database_url.replace("/t_", "/nowhere_")}
    with pytest.raises(SettingsError, match="THREADLINE_DATABASE_URL"):
        async with open_state(env, "chat"):
            pass


@pytest.mark.parametrize("url", ["mysql://localhost/x", "postgresql://localhost:port/x"])
async def test_a_url_that_is_none_of_postgresqls_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="THREADLINE_DATABASE_URL"):
        async with open_state({"THREADLINE_DATABASE_URL": url}, "chat"):
            pass


async def test_a_database_that_is_away_at_the_start_is_waited_for() -> None:
    async with open_state({"THREADLINE_DATABASE_URL": "postgresql://u@127.0.0.1:1/x"}, "chat") as state:
        for asking in (state.probe(), state.get("space", "key"), state.append("log", [b""])):
            with pytest.raises(TemporaryError):
                await asking


@pytest.mark.postgres
async def test_a_torn_connection_is_made_again(database_url: str) -> None:
    async with open_state({"THREADLINE_DATABASE_URL": database_url}, "chat") as state:
        await state.put("space", "key", b"value", expect=None)
        admin = await asyncpg.connect(database_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await admin.close()
        record = None
        for _ in range(5):  # each of the pool's connections may say it once
            try:
                record = await state.get("space", "key")
            except TemporaryError:
                continue
        assert record is not None


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "chat.sqlite3").write_bytes(b"something else" * 1000)
    with pytest.raises(SettingsError, match=r"chat\.sqlite3"):
        async with open_state({"THREADLINE_DATA_DIR": str(tmp_path)}, "chat"):
            pass
