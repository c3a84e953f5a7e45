"""State in PostgreSQL: a schema for each service, shared by its replicas.

Every call is one statement, and nothing lives in a session (no LISTEN, no session lock, no prepared statement), so
pgbouncer may sit between in transaction mode.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import asyncpg

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.state import Lease, Record, checked

_CONNECTIONS: Final = 4
_CONNECT_SECONDS: Final = 5.0
_COMMAND_SECONDS: Final = 15.0
_LOCK: Final = 0x7468726561646C  # "threadl": one lock for all who make schemas
# SQLSTATE classes of what time or an operator mends, not a programmer: connection, authorisation, unknown database,
# read-only (a standby), rollback, resources, not-ready, intervention, system.
_TEMPORARY: Final = ("08", "28", "3D", "25006", "40", "53", "55", "57", "58")
_SETTINGS: Final = ("28", "3D")

_SCHEMA: Final = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE SEQUENCE {schema}.versions;
CREATE TABLE {schema}.records (
    space text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value bytea NOT NULL, version bigint NOT NULL,
    PRIMARY KEY (space, key)
);
CREATE TABLE {schema}.logs (log text COLLATE "C" PRIMARY KEY, last bigint NOT NULL);
CREATE TABLE {schema}.entries (
    log text COLLATE "C" NOT NULL, position bigint NOT NULL, item bytea NOT NULL, PRIMARY KEY (log, position)
);
CREATE TABLE {schema}.leases (
    name text COLLATE "C" PRIMARY KEY, holder text NOT NULL, fence bigint NOT NULL, expires timestamptz NOT NULL
);
"""
_GET: Final = "SELECT value, version FROM {schema}.records WHERE space = $1 AND key = $2"
_INSERT: Final = """
    INSERT INTO {schema}.records (space, key, value, version) VALUES ($1, $2, $3, nextval('{schema}.versions'))
    ON CONFLICT DO NOTHING RETURNING version
"""
_UPDATE: Final = """
    UPDATE {schema}.records SET value = $3, version = nextval('{schema}.versions')
    WHERE space = $1 AND key = $2 AND version = $4 RETURNING version
"""
_DELETE: Final = "DELETE FROM {schema}.records WHERE space = $1 AND key = $2 AND version = $3 RETURNING true"
_SCAN: Final = """
    SELECT key, value, version FROM {schema}.records WHERE space = $1 AND key > $2 ORDER BY key LIMIT $3
"""
# The row of the log stays locked until the commit: whoever appends next waits for it, and commits later.
_APPEND: Final = """
    WITH log AS (
        INSERT INTO {schema}.logs AS logs (log, last) VALUES ($1, cardinality($2::bytea[]))
        ON CONFLICT (log) DO UPDATE SET last = logs.last + excluded.last RETURNING last
    ), added AS (
        INSERT INTO {schema}.entries (log, position, item)
        SELECT $1, log.last - cardinality($2) + given.nth, given.item
        FROM log, unnest($2) WITH ORDINALITY AS given (item, nth)
    )
    SELECT last FROM log
"""
_READ: Final = """
    SELECT position, item FROM {schema}.entries WHERE log = $1 AND position > $2 ORDER BY position LIMIT $3
"""
_LEASE: Final = """
    INSERT INTO {schema}.leases AS leases (name, holder, fence, expires)
    VALUES ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
    ON CONFLICT (name) DO UPDATE SET holder = $2, fence = leases.fence + 1,
        expires = clock_timestamp() + make_interval(secs => $3)
    WHERE leases.expires <= clock_timestamp() RETURNING fence
"""
_RENEW: Final = """
    UPDATE {schema}.leases SET expires = clock_timestamp() + make_interval(secs => $3)
    WHERE name = $1 AND fence = $2 AND expires > clock_timestamp() RETURNING true
"""
_RELEASE: Final = "UPDATE {schema}.leases SET expires = '-infinity' WHERE name = $1 AND fence = $2"


class PostgresState:
    """The state of one service in one schema. Made by `open_postgres_state`."""

    def __init__(self, database: "_Database") -> None:
        self._database = database

    async def get(self, space: str, key: str) -> Record | None:
        """Return a record."""
        checked(space, key)
        rows = await self._database.ask(_GET, space, key)
        return Record(*rows[0]) if rows else None

    async def put(self, space: str, key: str, value: bytes, *, expect: int | None) -> int | None:
        """Store a value if nobody was faster."""
        checked(space, key)
        if expect is None:
            rows = await self._database.ask(_INSERT, space, key, value)
        else:
            rows = await self._database.ask(_UPDATE, space, key, value, expect)
        return int(rows[0][0]) if rows else None

    async def delete(self, space: str, key: str, *, expect: int) -> bool:
        """Delete a record if nobody was faster."""
        checked(space, key)
        return bool(await self._database.ask(_DELETE, space, key, expect))

    async def scan(self, space: str, *, after: str = "", limit: int = 100) -> Sequence[tuple[str, Record]]:
        """Return the next records of a space."""
        checked(space, after)
        rows = await self._database.ask(_SCAN, space, after, limit)
        return [(key, Record(value, version)) for key, value, version in rows]

    async def append(self, log: str, items: Sequence[bytes]) -> int:
        """Append items to a log."""
        checked(log)
        rows = await self._database.ask(_APPEND, log, items)
        return int(rows[0][0])

    async def read(self, log: str, *, after: int = 0, limit: int = 100) -> Sequence[tuple[int, bytes]]:
        """Return the next items of a log."""
        checked(log)
        rows = await self._database.ask(_READ, log, after, limit)
        return [(position, item) for position, item in rows]

    async def lease(self, name: str, holder: str, ttl: float) -> Lease | None:
        """Take a lease that nobody holds."""
        checked(name, holder)
        rows = await self._database.ask(_LEASE, name, holder, ttl)
        return PostgresLease(self._database, name, int(rows[0][0]), ttl) if rows else None

    async def compact(self) -> None:
        """PostgreSQL overwrites what was deleted when it vacuums, by itself."""

    async def probe(self) -> None:
        """Ask whether this server takes writes."""
        if (await self._database.ask("SELECT pg_is_in_recovery()"))[0][0]:
            raise TemporaryError("the database is a standby: it takes no writes")


class PostgresLease:
    """A lease as long as its row has its fence."""

    def __init__(self, database: "_Database", name: str, fence: int, ttl: float) -> None:
        self.name = name
        self.fence = fence
        self._database = database
        self._ttl = ttl

    async def renew(self) -> bool:
        """Hold it longer, if it is still ours."""
        return bool(await self._database.ask(_RENEW, self.name, self.fence, self._ttl))

    async def release(self) -> None:
        """Let the next one take it at once; its fence stays, and grows."""
        await self._database.ask(_RELEASE, self.name, self.fence)


class _Database:
    """A schema, made at its first use, and statements on it; PostgreSQL's errors end here."""

    def __init__(self, pool: Any, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._making = asyncio.Lock()
        self._made = False

    async def ask(self, statement: str, *values: object) -> list[Any]:
        with _errors_named():
            if not self._made:
                await self._make()
            return list(await self._pool.fetch(statement.format(schema=self._schema), *values))

    async def _make(self) -> None:
        async with self._making, self._pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            # Asked first: an operator may have made it, and not allowed us to make any.
            if await connection.fetchval("SELECT to_regclass($1)", f"{self._schema}.leases") is None:
                await connection.execute(_SCHEMA.format(schema=self._schema))
        self._made = True


@asynccontextmanager
async def open_postgres_state(url: str, service: str) -> AsyncIterator[PostgresState]:
    """Open a service's schema, made when missing. Raises SettingsError: a wrong URL, user, password or database."""
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=_CONNECTIONS,
        timeout=_CONNECT_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        statement_cache_size=0,
        reset=_leave_as_it_is,
    )
    state = PostgresState(_Database(await pool, f"state_{service}"))
    try:
        await _look(state)
        yield state
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), _CONNECT_SECONDS)


async def _look(state: PostgresState) -> None:
    try:
        await state.probe()
    except TemporaryError as err:  # it may come later, unless the settings are wrong
        cause = err.__cause__
        if isinstance(cause, ValueError) or _sqlstate(cause).startswith(_SETTINGS):
            raise SettingsError(f"THREADLINE_DATABASE_URL: {cause}") from err


async def _leave_as_it_is(_: object) -> None:
    """Spare the round trip of a session's reset: our statements leave nothing in one."""


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except asyncpg.PostgresError as err:
        if not _sqlstate(err).startswith(_TEMPORARY):
            raise  # our SQL is wrong
        raise TemporaryError(f"the database: {err}") from err
    except (OSError, TimeoutError, ValueError, asyncpg.InterfaceError, asyncpg.InternalClientError) as err:
        # ValueError: the URL; InternalClientError: the server hung up, and the client has not quite heard it.
        raise TemporaryError(f"the database: {str(err) or type(err).__name__}") from err


def _sqlstate(err: object) -> str:
    return getattr(err, "sqlstate", None) or ""
