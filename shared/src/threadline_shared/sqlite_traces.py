"""What is left of deleted rows in the files of SQLite, and how it goes: out of the WAL file, and out of the pages."""

from typing import Any, Final, Protocol

from threadline_contracts.errors import TemporaryError

PATIENCE: Final = 10.0  # seconds that a lock is waited for


class _Connection(Protocol):
    def execute(self, sql: str, /) -> Any: ...


def empty_wal(connection: _Connection, *, patience: float) -> bool:
    """Move everything into the main file; False when somebody still reads from the WAL after `patience` seconds."""
    connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
    try:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
    return not busy


def rewrite(connection: _Connection) -> None:
    """Write the file anew, with what there is and nothing else. Raises TemporaryError while somebody reads it."""
    connection.execute("VACUUM")
    if not empty_wal(connection, patience=PATIENCE):
        raise TemporaryError("the file is being read all the time")
