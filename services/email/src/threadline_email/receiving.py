"""The bytes of a mail as they come in: line ends checked, dots unstuffed; in memory while they are few, then on disk.

Bare CR and LF are refused: where servers disagree about them, mails are smuggled (CVE-2023-51764 and its like).
"""

import asyncio
import tempfile
from pathlib import Path
from typing import IO, Final, Self

from threadline_contracts.errors import TemporaryError
from threadline_email.limits import Memory, Room

BAD_LINE_ENDS: Final = "550 5.5.2 bare CR or LF in the mail data: every line ends in CR LF (RFC 5321 2.3.8)"
NO_ROOM: Final = "452 4.3.1 too much mail at the same moment, try again later"
_SMALL: Final = 256 * 1024  # bytes; a larger mail is written to disk, so much at once
_NEW_LINE: Final = b"\r\n"


class Yard:
    """Where the mails of all connections are while they come in, and while they are taken.

    `small`: of those in memory while they come in, however slowly; so they never keep large ones from `memory`.
    """

    def __init__(self, room: Room, *, small: Room, memory: Memory, folder: Path) -> None:
        self.room: Final = room
        self.small: Final = small
        self.memory: Final = memory
        self._folder = folder

    def open_file(self) -> IO[bytes]:
        """Return a file without a name: it goes with us. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=self._folder)


class Lines:
    """Undoes dot-stuffing (RFC 5321 4.5.2), and looks at line ends. The data must be fed with a CR LF ahead of it."""

    def __init__(self) -> None:
        self._held = b""  # may be the beginning of what must be seen as a whole
        self._begun = False
        self.broken = False

    def feed(self, data: bytes) -> bytes:
        """Return as much of the mail as is certain."""
        data = self._held + data
        self._held = _NEW_LINE if data.endswith(_NEW_LINE) else b"\r" if data.endswith(b"\r") else b""
        return self._looked_at(data[:-2] if self._held == _NEW_LINE else data[:-1] if self._held else data)

    def end(self) -> bytes:
        """Return the rest of the mail."""
        return self._looked_at(self._held)

    def _looked_at(self, data: bytes) -> bytes:
        if not data.count(_NEW_LINE) == data.count(b"\n") == data.count(b"\r"):
            self.broken = True
        data = data.replace(b"\r\n.", _NEW_LINE)
        if self._begun or not data:
            return data
        self._begun = True
        return data[len(_NEW_LINE) :]


class Incoming:
    """One mail on its way in; as a context, it gives back at the end what it holds, whatever happens."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard
        self._lines = Lines()
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._size = 0
        self._in_room = self._in_small = self._in_memory = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    async def add(self, data: bytes) -> str:
        """Take more of the data; return the reply that refuses the mail, if it must be."""
        if not self._yard.room.take(len(data)):
            return NO_ROOM
        self._in_room += len(data)
        return await self._keep(self._lines.feed(data))

    async def end(self) -> str:
        """There is no more; return the reply that refuses the mail, if it must be."""
        return await self._keep(self._lines.end()) or (BAD_LINE_ENDS if self._lines.broken else "")

    async def content(self) -> bytes:
        """Return the whole mail. Raises TemporaryError when there is no room in memory for a large one."""
        if self._file is None:
            return b"".join(self._pieces)
        await self._write_pieces(self._file)
        self._in_memory = await self._yard.memory.claim(self._size)
        try:
            return await asyncio.to_thread(_whole, self._file, self._size)
        except OSError as err:
            raise TemporaryError(f"a mail that came in cannot be read: {err.strerror}") from err

    def drop(self) -> None:
        """Keep nothing."""
        self._pieces.clear()
        self._yard.room.give_back(self._in_room)
        self._yard.small.give_back(self._in_small)
        self._yard.memory.give_back(self._in_memory)
        self._in_room = self._in_small = self._in_memory = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    async def _keep(self, data: bytes) -> str:
        self._pieces.append(data)
        self._size += len(data)
        if self._in_small + len(data) <= _SMALL and self._yard.small.take(len(data)):
            self._in_small += len(data)
            return ""
        try:
            if self._file is None:
                self._file = await asyncio.to_thread(self._yard.open_file)
            await self._write_pieces(self._file)
        except OSError:
            return NO_ROOM
        return ""

    async def _write_pieces(self, file: IO[bytes]) -> None:
        """Write what is in memory."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        await asyncio.to_thread(file.write, data)
        self._yard.small.give_back(self._in_small)
        self._in_small = 0


def _whole(file: IO[bytes], size: int) -> bytes:
    file.seek(0)
    return file.read(size)
