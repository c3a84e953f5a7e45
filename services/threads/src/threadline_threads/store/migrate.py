"""Numbered migrations, each run once; refuses a database whose applied ones were changed since.

`migrations/<database>/NNNN_name.sql` are part of the package. They run in one transaction, under a lock that other
replicas wait for.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import SettingsError

LOCK: Final = 0x7468726561647321  # "threads!": whoever migrates, PostgreSQL


class Migration(Struct, frozen=True):
    """One step: its file's name, its checksum, and its SQL."""

    name: str
    checksum: str
    sql: str


def migrations(database: str) -> list[Migration]:
    """Return the steps for `postgres` or `sqlite`, in order."""
    folder = files("threadline_threads") / "migrations" / database
    found = sorted((path for path in folder.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    return [_read(path.name, path.read_bytes()) for path in found]


def missing(all_of_them: Sequence[Migration], applied: Mapping[str, str]) -> list[Migration]:
    """Return the steps still to run; `applied` maps names to checksums. Raises SettingsError."""
    known = {step.name: step.checksum for step in all_of_them}
    for name, checksum in applied.items():
        if name not in known:
            raise SettingsError(f"the database has migration {name}, which is newer than this version of threads")
        if known[name] != checksum:
            raise SettingsError(f"migration {name} was applied to the database in another form than this version's")
    return [step for step in all_of_them if step.name not in applied]


def _read(name: str, content: bytes) -> Migration:
    return Migration(name, sha256(content).hexdigest(), content.decode())
