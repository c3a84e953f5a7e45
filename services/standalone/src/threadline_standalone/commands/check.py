"""`threadline check`: tries what `threadline up` will need, one line each, and says what to do where it fails."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Final, Protocol

from cyclopts import Parameter

from threadline_contracts.errors import SettingsError, TemporaryError
from threadline_shared.blobs import open_blobs
from threadline_shared.bus.opening import open_bus
from threadline_shared.settings import DataSettings, config_path, load, value_of
from threadline_shared.settings_names import refuse_strangers
from threadline_shared.sqlite import sqlite3
from threadline_shared.state import open_state
from threadline_standalone.addresses import addresses, unusable
from threadline_standalone.commands.check_mailboxes import check_mailboxes
from threadline_standalone.datadir import owner
from threadline_standalone.exits import Exit
from threadline_standalone.findings import Finding, show
from threadline_standalone.shapes import secrets, shapes
from threadline_standalone.terminal import screen, show_json

_PATIENCE_S: Final = 10.0
_GIB: Final = 1024**3
_LITTLE_BYTES: Final = _GIB
# https://sqlite.org/wal.html: two connections that checkpoint at once may corrupt a file; mended in these releases.
_MENDED: Final = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


class _Probed(Protocol):
    async def probe(self) -> None: ...


def check(
    *,
    config: Annotated[Path | None, Parameter(help="The settings file (THREADLINE_CONFIG).")] = None,
    json: Annotated[bool, Parameter(help="Print JSON.")] = False,
) -> int:
    """Try settings, data directory, ports, bus, database, blobs and mailboxes; exit 1 when something is wrong."""
    env = {**os.environ, **({"THREADLINE_CONFIG": str(config)} if config else {})}
    found = asyncio.run(_all(env))
    show_json(found) if json else show(screen(), found)
    return Exit.REFUSED if any(one.state == "wrong" for one in found) else Exit.OK


async def _all(env: Mapping[str, str]) -> Sequence[Finding]:
    settings = _settings(env)
    if settings.state == "wrong":
        return [settings]
    folder = load(DataSettings, env).data_dir
    holder = owner(folder)
    own = [settings, _data(folder, holder), _disk(folder), *_ports(env, holder), _sqlite()]
    elsewhere = [finding async for finding in _dependencies(env)]
    return [*own, *elsewhere, *await check_mailboxes(env, holder)]


def _settings(env: Mapping[str, str]) -> Finding:
    try:
        refuse_strangers(env, shapes(), secrets(env))
        for section, group in shapes().items():
            for shape in group:
                load(shape, env, section=section)
        addresses(env)
    except SettingsError as err:
        return Finding("settings", "wrong", str(err))
    path = config_path(env)
    return Finding("settings", "ok", str(path) if path else "no file; threadline.example.toml shows what there is")


def _data(folder: Path, holder: int | None) -> Finding:
    if holder is not None:
        return Finding("data", "ok", f"{folder} is in use by a running gateway (process {holder})")
    if not os.access(_existing(folder), os.W_OK | os.X_OK):
        return Finding("data", "wrong", f"cannot write to {folder}: set THREADLINE_DATA_DIR, or chown it")
    return Finding("data", "ok", str(folder.resolve()))


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    says = f"{free / _GIB:.1f} GiB free at {folder}"
    return Finding("disk", "ok", says) if free >= _LITTLE_BYTES else Finding("disk", "note", f"only {says}")


def _ports(env: Mapping[str, str], holder: int | None) -> Sequence[Finding]:
    found = addresses(env)
    http = _port("http", *found.http, "THREADLINE_HTTP_PORT", holder)
    return [http, _port("smtp", *found.smtp, "THREADLINE_SMTP_PORT", holder)] if found.smtp else [http]


def _port(name: str, host: str, port: int, variable: str, holder: int | None) -> Finding:
    problem = unusable(host, port)
    if problem and holder is not None:
        return Finding(name, "ok", f"{host}:{port} is in use by the running gateway (process {holder})")
    if problem:
        return Finding(name, "wrong", f"{host}:{port} {problem}: set {variable} to another")
    return Finding(name, "ok", f"{host}:{port} is free")


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version_info
    says = f"{sqlite3.sqlite_version} ({sqlite3.__name__.split('.')[0]})"
    if version >= _MENDED[-1] or any(version[:2] == mended[:2] and version >= mended for mended in _MENDED):
        return Finding("sqlite", "ok", says)
    return Finding("sqlite", "note", f"{says} has the WAL-reset bug; we write by one connection, so it cannot strike")


async def _dependencies(env: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Try what is elsewhere; what is in the data directory is left alone: one process opens it, and this is another."""
    asked: Sequence[tuple[str, str, str, AbstractAsyncContextManager[_Probed]]] = (
        ("bus", "THREADLINE_BUS_URL", "RabbitMQ", open_bus(env)),
        ("database", "THREADLINE_DATABASE_URL", "PostgreSQL", open_state(env, "console")),
        ("blobs", "THREADLINE_BLOBS_URL", "S3", open_blobs(env)),
    )
    for name, variable, what, opening in asked:
        if value_of(env, variable) is None:
            yield Finding(name, "ok", f"in the data directory ({variable} is not set)")
        else:
            yield await _tried(name, variable, what, opening)


async def _tried(name: str, variable: str, what: str, opening: AbstractAsyncContextManager[_Probed]) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE_S), opening as dependency:
            await dependency.probe()
    except TimeoutError:
        return Finding(name, "wrong", f"{what} does not answer within {_PATIENCE_S:.0f} s: see {variable}")
    except (TemporaryError, SettingsError) as err:
        return Finding(name, "wrong", f"{err}: see {variable}")
    return Finding(name, "ok", f"{what} answers")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
