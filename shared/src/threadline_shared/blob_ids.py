"""What a blob's id says. Pure; refuses every id that is not exactly one of ours: none becomes a path unchecked."""

import re
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError

CHECKSUM_LENGTH: Final = 16
_DESK: Final = r"(?P<desk>[a-z][a-z0-9_-]{0,31})"
_NUMBER: Final = r"0|[1-9][0-9]{0,14}"
_A_DESK: Final = re.compile(_DESK, re.ASCII)
_FILE: Final = re.compile(rf"{_DESK}\.sha256\.(?P<sha256>[0-9a-f]{{64}})", re.ASCII)
_PACKED: Final = re.compile(
    rf"{_DESK}\.pack\.(?P<day>[0-9]{{8}})-(?P<name>[0-9a-z]{{4,32}})"
    rf"\.(?P<offset>{_NUMBER})\.(?P<length>{_NUMBER})\.(?P<checksum>[0-9a-f]{{{CHECKSUM_LENGTH}}})",
    re.ASCII,
)


class FileBlob(Struct, frozen=True):
    """Content of its own, known by its hash: `<desk>.sha256.<64 hex>`."""

    desk: str
    sha256: str


class PackedBlob(Struct, frozen=True):
    """A small raw input inside a pack: `<desk>.pack.<day>-<name>.<offset>.<length>.<16 hex of its sha256>`.

    `offset` is where its record begins; `length` is the content's, in bytes.
    """

    desk: str
    day: str
    name: str
    offset: int
    length: int
    checksum: str

    def id(self) -> str:
        """Return the id that says this."""
        return f"{self.desk}.pack.{self.day}-{self.name}.{self.offset}.{self.length}.{self.checksum}"


def read_blob_id(blob: str) -> FileBlob | PackedBlob:
    """Return what an id says. Raises MalformedInputError when it is none of ours."""
    if match := _FILE.fullmatch(blob):
        return FileBlob(match["desk"], match["sha256"])
    if match := _PACKED.fullmatch(blob):
        offset, length = int(match["offset"]), int(match["length"])
        return PackedBlob(match["desk"], match["day"], match["name"], offset, length, match["checksum"])
    raise MalformedInputError(f"{blob[:200]!r} is not a blob's id")


def read_file_id(blob: str) -> FileBlob:
    """Return what a file's id says. Raises MalformedInputError when it is no file's."""
    what = read_blob_id(blob)
    if not isinstance(what, FileBlob):
        raise MalformedInputError(f"{blob!r} is not a file's id")
    return what


def check_desk(desk: str) -> str:
    """Return a desk's name, fit for a path. Raises MalformedInputError otherwise."""
    if not _A_DESK.fullmatch(desk):
        raise MalformedInputError(f"{desk[:64]!r} is not a desk's name")
    return desk
