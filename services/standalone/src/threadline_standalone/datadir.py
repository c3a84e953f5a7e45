"""The data directory: one process owns it at a time, and nobody else may read it."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from threadline_contracts.errors import SettingsError

LOCK: Final = "lock"
KEYS_FILE: Final = "token-keys"
_SECRET_BYTES: Final = 32


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Own a data directory, made if need be. Raises SettingsError when another process does; kill -9 lets go of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as err:
        raise SettingsError(f"THREADLINE_DATA_DIR: cannot use {folder}: {err.strerror}") from err
    try:
        _lock(handle, folder)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def owner(folder: Path) -> int | None:
    """Return the process that owns a data directory now, or None."""
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _written(handle)
    else:
        return None
    finally:
        os.close(handle)


def token_keys(folder: Path) -> Path:
    """Return the file of the keys that sign reply tokens, made at its first use and never changed after."""
    path = folder / KEYS_FILE
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, f"k1:{secrets.token_hex(_SECRET_BYTES)}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.rename(path)
        _sync(folder)
    return path


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        line = f"{folder} is in use by process {_written(handle)}: stop that one, or set THREADLINE_DATA_DIR"
        raise SettingsError(line) from None


def _written(handle: int) -> int:
    text = os.pread(handle, 20, 0).strip()
    return int(text) if text.isdigit() else 0


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)  # a name in a folder is durable only when the folder is
    finally:
        os.close(handle)
