"""What PostgreSQL's errors mean for the caller. The library's errors stop here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from threadline_contracts.errors import MalformedInputError, TemporaryError

# SQLSTATE classes that time or an operator mends, not a programmer: connection, authorisation, unknown database,
# read-only (a standby), rollback, resources, not-ready, intervention, system.
_TEMPORARY: Final = ("08", "25006", "25P03", "28", "3D", "40", "53", "55", "57", "58")
_WRONG_SETTING: Final = ("28", "3D")
_BAD_DATA: Final = "22"  # NUL, not UTF-8, a number out of range
ABORTED: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


@contextmanager
def errors_named() -> Iterator[None]:
    """Raise the library's errors as ours; a mistake in our SQL stays as it is."""
    try:
        yield
    except asyncpg.PostgresError as err:
        if sqlstate(err).startswith(_BAD_DATA):
            raise MalformedInputError(f"a value that the database cannot hold: {err}") from err
        if not sqlstate(err).startswith(_TEMPORARY):
            raise
        raise TemporaryError(f"the database: {err}") from err
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as err:
        # InternalClientError: the server hung up, and the client has not quite heard it.
        raise TemporaryError(f"the database: {str(err) or type(err).__name__}") from err


def is_wrong_setting(err: BaseException | None) -> bool:
    """Return whether only the operator can mend this: a wrong user, password, database or URL."""
    return isinstance(err, ValueError) or sqlstate(err).startswith(_WRONG_SETTING)


def sqlstate(err: object) -> str:
    """Return the SQLSTATE of an error; empty where it has none."""
    return getattr(err, "sqlstate", None) or ""
