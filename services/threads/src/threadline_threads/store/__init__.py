"""Where tickets are kept: PostgreSQL for many replicas, one SQLite file for a process alone."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from threadline_shared.settings import load
from threadline_shared.state import StateSettings
from threadline_threads.reading import Reader
from threadline_threads.settings import ThreadsSettings
from threadline_threads.store.protocol import Store

SQLITE_FILE = "threads.sqlite3"


@asynccontextmanager
async def open_store(env: Mapping[str, str]) -> AsyncIterator[Store]:
    """Open the database, its tables up to date. Raises SettingsError, or TemporaryError while it is away."""
    where, how = load(StateSettings, env), load(ThreadsSettings, env, section="threads")
    if where.database_url:
        from threadline_threads.store.postgres import open_postgres_store  # what standalone never needs

        async with open_postgres_store(
            where.database_url, connections=how.database_connections, statement_cache=how.database_statement_cache
        ) as store:
            yield store
    else:
        from threadline_threads.store.sqlite import open_sqlite_store

        async with open_sqlite_store(where.data_dir / SQLITE_FILE) as sqlite:
            yield sqlite


@asynccontextmanager
async def open_reader(env: Mapping[str, str]) -> AsyncIterator[Reader]:
    """Open the database for reading; while it is away, every method raises TemporaryError. Raises SettingsError."""
    where, how = load(StateSettings, env), load(ThreadsSettings, env, section="threads")
    if where.database_url:
        from threadline_threads.store.postgres import open_pool
        from threadline_threads.store.postgres_read import PostgresReader

        async with open_pool(
            where.database_url, connections=how.database_connections, statement_cache=how.database_statement_cache
        ) as pool:
            yield PostgresReader(pool, how.customs())
    else:
        from threadline_threads.store.sqlite_read import open_sqlite_reader

        async with open_sqlite_reader(where.data_dir / SQLITE_FILE, how.customs()) as reader:
            yield reader
