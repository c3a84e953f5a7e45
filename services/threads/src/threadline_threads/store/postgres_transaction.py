"""One transaction in PostgreSQL, begun and ended the same way by everybody who writes tickets."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

import asyncpg

from threadline_threads.store.postgres_errors import ABORTED, errors_named
from threadline_threads.store.postgres_load import Connection

_ATTEMPTS: Final = 5
# A replica that hangs with locks held must not stop the others for long. Every look-up has an index: a plan made while
# the tables were small must not scan them when they are large.
_BEGIN: Final = """
    BEGIN;
    SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '10s';
    SET LOCAL enable_seqscan = off; SET LOCAL jit = off"""
_T = TypeVar("_T")


@asynccontextmanager
async def transaction(pool: "asyncpg.Pool[asyncpg.Record]", first: str = "") -> AsyncIterator[Connection]:
    """Commit when the block ends, undo everything when it raises. `first`: statements to begin with, same round trip.

    Each statement of `first` sees what was committed when it began: they are no single one (READ COMMITTED).
    """
    async with pool.acquire() as connection, whole(connection, f"{_BEGIN}; {first}"):
        yield connection


@asynccontextmanager
async def whole(connection: Connection, beginning: str) -> AsyncIterator[None]:
    """Commit what `beginning` (with its BEGIN) and the block do, or undo it all."""
    try:
        await connection.execute(beginning)
        yield
        await connection.execute("COMMIT")
    except BaseException:
        await _roll_back(connection)
        raise


async def at_once(connection: Connection, statements: str) -> None:
    """Run statements in a transaction of their own, in one round trip; each sees what was committed when it began."""
    try:
        await connection.execute(f"BEGIN; {statements}; COMMIT")
    except BaseException:
        await _roll_back(connection)
        raise


async def attempted(work: Callable[[], Awaitable[_T]]) -> _T:
    """Do a transaction, again if PostgreSQL aborts it. Raises TemporaryError or MalformedInputError."""
    with errors_named():
        for _ in range(_ATTEMPTS - 1):
            with suppress(*ABORTED):  # not by our own transactions: an operator's
                return await work()
        return await work()


async def _roll_back(connection: Connection) -> None:
    if not connection.is_closed():
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            await connection.execute("ROLLBACK")
