"""What a service must not forget: compare-and-set records, append logs and fenced leases.

Two implementations pass one conformance suite (`tests/conformance/test_state.py`): a SQLite file of one process, and a
PostgreSQL schema per service, shared by its replicas.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError, SettingsError
from threadline_shared.settings import DataSettings, load

NAME_MAX_BYTES: Final = 512  # of a space, key, log or lease: an index entry of PostgreSQL has at most 2,704
_SERVICE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)


class StateSettings(DataSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where state is: `database_url` empty is DATA_DIR/state/<service>.sqlite3, else `postgresql://...`."""

    database_url: str = ""


class Record(Struct, frozen=True):
    """A value and its version; no two values that a record ever had share a version, deletions included."""

    value: bytes
    version: int


class Lease(Protocol):
    """The right to do one thing alone, until it expires."""

    @property
    def name(self) -> str:
        """What it is the right to."""

    @property
    def fence(self) -> int:
        """Greater than that of every earlier holder: who stores it beside its work can refuse a late one."""

    async def renew(self) -> bool:
        """Hold it for another `ttl` seconds from now; False when it has expired, and is lost."""

    async def release(self) -> None:
        """Give it back now; a lost one stays lost."""


class State(Protocol):
    """One service's state. Every method raises TemporaryError when the database cannot be used now.

    Names (spaces, keys, logs, leases) are text of at most NAME_MAX_BYTES; MalformedInputError otherwise.
    """

    async def get(self, space: str, key: str) -> Record | None:
        """Return a record, or None when there is none."""

    async def put(self, space: str, key: str, value: bytes, *, expect: int | None) -> int | None:
        """Store a value when the record's version is `expect` (None: when there is no record).

        Returns the new version, or None when somebody was faster.
        """

    async def delete(self, space: str, key: str, *, expect: int) -> bool:
        """Delete the record when its version is `expect`; False otherwise."""

    async def scan(self, space: str, *, after: str = "", limit: int = 100) -> Sequence[tuple[str, Record]]:
        """Return up to `limit` records whose keys come behind `after`, by the code points of their keys."""

    async def append(self, log: str, items: Sequence[bytes]) -> int:
        """Append items together; return the last one's position (of the log, when there are no items; 0: empty).

        Positions begin at 1 and have no gaps; they are given in commit order, so that no reader ever passes one.
        """

    async def read(self, log: str, *, after: int = 0, limit: int = 100) -> Sequence[tuple[int, bytes]]:
        """Return up to `limit` items behind a position, in order."""

    async def lease(self, name: str, holder: str, ttl: float) -> Lease | None:
        """Take a lease for `ttl` seconds; None while anybody holds it. `holder` is for people to read."""

    async def compact(self) -> None:
        """Leave nothing of what was deleted in files of ours (a server's are its operator's)."""

    async def probe(self) -> None:
        """Return when the database takes writes now. Raises TemporaryError otherwise."""


@asynccontextmanager
async def open_state(env: Mapping[str, str], service: str) -> AsyncIterator[State]:
    """Open a service's state, and close it at the end. Raises SettingsError.

    A PostgreSQL that is away at the start is no error here: every use says TemporaryError until it is back.
    """
    if not _SERVICE.fullmatch(service):
        raise SettingsError(f"{service!r} is not a service's name")
    settings = load(StateSettings, env)
    if settings.database_url:
        from threadline_shared.state.postgres import open_postgres_state  # what standalone never needs

        async with open_postgres_state(settings.database_url, service) as state:
            yield state
    else:
        from threadline_shared.state.sqlite import open_sqlite_state

        async with open_sqlite_state(settings.data_dir / "state" / f"{service}.sqlite3") as state:
            yield state


def checked(*names: str) -> None:
    """Refuse names that one of the databases could not keep. Raises MalformedInputError."""
    for name in names:
        try:
            fits = len(name.encode()) <= NAME_MAX_BYTES and "\0" not in name
        except UnicodeEncodeError:
            fits = False
        if not fits:
            raise MalformedInputError(f"{name[:100]!a} cannot be a name in the state")
