"""The directory of a local blob store: `<desk>/sha256/<2 hex>/<64 hex>` for files, `packs/<day>/<name>` for packs.

A file is written beside its place, fsynced, renamed, and its directory fsynced. A pack is appended to by one process;
what a crash cuts off at its end was never confirmed to anybody. Everything here blocks.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import file_digest, sha256
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from secrets import token_hex
from typing import IO, Final

from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_contracts.ids import file_blob_id
from threadline_shared.blob_ids import FileBlob, PackedBlob
from threadline_shared.packs import (
    PackName,
    Raw,
    erased_record,
    is_spent,
    new_pack,
    read_record,
    record_length,
    today,
    write_records,
    yesterday,
)

_LEFT_BEHIND_SECONDS: Final = 24 * 3600  # an unfinished file this old has no writer any more
_COPY_BYTES: Final = 1024 * 1024


class BlobFolder:
    """Files and packs under one directory. OSError where the disk fails, MalformedInputError where a blob does."""

    def __init__(self, root: Path) -> None:
        self.root: Final = root.absolute()
        self._unfinished: Final = self.root / "unfinished"

    def prepare(self) -> None:
        """Make the directory, and drop what a crash left unfinished."""
        make_folder(self._unfinished)
        for path in self._unfinished.iterdir():
            with suppress(FileNotFoundError):  # another process tidies up too
                if path.stat().st_mtime < time.time() - _LEFT_BEHIND_SECONDS:
                    path.unlink()

    def probe(self) -> None:
        """Write a file, and take it away again."""
        path = self._unfinished / f"probe-{token_hex(8)}"
        path.write_bytes(b"can this be written?")
        path.unlink()

    def write(self, blob: FileBlob, source: IO[bytes]) -> str:
        """Keep the rest of `source` as a file, durable on return. Raises MalformedInputError: it has another hash."""
        path = self._path(blob)
        if not self._is_there(blob, path):
            make_folder(path.parent)
            unfinished = self._unfinished / token_hex(16)
            try:
                if _copy(source, unfinished) != blob.sha256:
                    raise MalformedInputError(f"the content for blob {blob.sha256} has another hash")
                unfinished.rename(path)
            finally:
                unfinished.unlink(missing_ok=True)
        sync_folder(path.parent)  # also when it was there: whoever renamed it may not have come to this yet
        return file_blob_id(blob.desk, blob.sha256)

    def read(self, blob: FileBlob | PackedBlob, limit: int) -> bytes:
        """Return a content whole and checked."""
        if (size := blob.length if isinstance(blob, PackedBlob) else self.size(blob)) > limit:
            raise MalformedInputError(f"a blob of {size} bytes, where {limit} are the limit")
        if isinstance(blob, PackedBlob):
            return self._read_packed(blob)
        with _opened(self._path(blob)) as file:
            content = file.read()
        if sha256(content).hexdigest() != blob.sha256:
            raise MalformedInputError(f"blob {blob.sha256} is damaged")
        return content

    def open_part(
        self, blob: FileBlob | PackedBlob, start: int, stop: int | None
    ) -> tuple[BytesIO | BufferedReader, int]:
        """Return the checked content, open at byte `start`, and how many bytes to read from there."""
        if isinstance(blob, PackedBlob):
            source: BytesIO | BufferedReader = BytesIO(self._read_packed(blob))
        else:
            source = _opened(self._path(blob))
            if file_digest(source, "sha256").hexdigest() != blob.sha256:
                source.close()
                raise MalformedInputError(f"blob {blob.sha256} is damaged")
        size = source.seek(0, os.SEEK_END)
        end = size if stop is None else min(stop, size)
        return source, end - source.seek(start)

    def size(self, blob: FileBlob | PackedBlob) -> int:
        """Return a content's length."""
        if isinstance(blob, PackedBlob):
            return len(self._read_packed(blob))
        with _opened(self._path(blob)) as file:
            return os.fstat(file.fileno()).st_size

    def erase(self, blob: FileBlob | PackedBlob) -> None:
        """Take a content away: a file whole, a packed one by writing over it; durable on return."""
        try:
            if isinstance(blob, PackedBlob):
                self._erase_packed(blob)
            else:
                self._path(blob).unlink()
                sync_folder(self._path(blob).parent)
        except FileNotFoundError:
            return

    def pack_path(self, pack: PackName) -> Path:
        """Return where a pack is."""
        return self.root / "packs" / pack.day / pack.name

    def _path(self, blob: FileBlob) -> Path:
        return self.root / blob.desk / "sha256" / blob.sha256[:2] / blob.sha256

    def _read_packed(self, blob: PackedBlob) -> bytes:
        with _opened(self.pack_path(PackName(blob.day, blob.name))) as file:
            return read_record(blob, os.pread(file.fileno(), record_length(blob), blob.offset))

    def _erase_packed(self, blob: PackedBlob) -> None:
        # Not for appending: then the system would write at the end, whatever the offset.
        with self.pack_path(PackName(blob.day, blob.name)).open("r+b", buffering=0) as pack:
            record = erased_record(blob, os.pread(pack.fileno(), record_length(blob), blob.offset))
            pack.seek(blob.offset)
            _write_all(pack.fileno(), record)
            os.fdatasync(pack.fileno())
            self._drop_if_spent(blob, pack)

    def _drop_if_spent(self, blob: PackedBlob, pack: IO[bytes]) -> None:
        # Nobody appends to a pack of another day (the clocks of two processes may differ a little).
        pack.seek(0)
        if blob.day < yesterday() and is_spent(BufferedReader(FileIO(pack.fileno(), closefd=False))):
            path = self.pack_path(PackName(blob.day, blob.name))
            path.unlink()
            sync_folder(path.parent)

    def _is_there(self, blob: FileBlob, path: Path) -> bool:
        # A damaged one does not count: writing it again mends it.
        try:
            with path.open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == blob.sha256
        except FileNotFoundError:
            return False


class PackWriter:
    """Appends to one pack after another. Called by one thread at a time."""

    def __init__(self, folder: BlobFolder, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._pack = PackName("", "")
        self._file = -1
        self._end = 0

    def append(self, raws: Sequence[Raw]) -> Sequence[str]:
        """Append raw inputs with one fsync; return their blobs' ids. Raises TemporaryError when the disk fails."""
        try:
            if self._file < 0 or self._end >= self._max_bytes or self._pack.day != today():
                self._begin()
            content, ids = write_records(self._pack, self._end, raws)
            _write_all(self._file, content)
            os.fdatasync(self._file)
        except OSError as err:
            # After a failed fsync nobody knows what is on the disk (https://lwn.net/Articles/752063): never go on here.
            self._give_up()
            raise TemporaryError(f"the blob directory: {err.strerror}") from err
        self._end += len(content)
        return ids

    def close(self) -> None:
        """Let go of the pack; what it holds stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _give_up(self) -> None:
        with suppress(OSError):
            os.ftruncate(self._file, self._end)  # a full disk wants its space back
        self.close()

    def _begin(self) -> None:
        self.close()
        self._pack, self._end = new_pack(), 0
        path = self._folder.pack_path(self._pack)
        make_folder(path.parent)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a directory that is still there after a power cut."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a directory durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except FileNotFoundError as err:
        raise MalformedInputError(f"blob {path.name} is unknown") from err


def _copy(source: IO[bytes], path: Path) -> str:
    """Copy, fsync, and return the hash of what was copied."""
    digest = sha256()
    with path.open("xb", buffering=0) as file:
        while chunk := source.read(_COPY_BYTES):
            digest.update(chunk)
            _write_all(file.fileno(), chunk)
        os.fsync(file.fileno())
    return digest.hexdigest()


def _write_all(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
