"""`threadline up` and `threadline demo`: every service in one process, a screen when it is ready, Ctrl-C to end."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from threadline_shared.runtime import run_process
from threadline_shared.settings import DataSettings, load
from threadline_shared.settings_names import refuse_strangers
from threadline_standalone.addresses import addresses, free_port, refuse_taken
from threadline_standalone.datadir import owned
from threadline_standalone.demo import play
from threadline_standalone.exits import CommandError
from threadline_standalone.house import keep
from threadline_standalone.remote import Gateway
from threadline_standalone.shapes import secrets, shapes
from threadline_standalone.terminal import screen, show_line
from threadline_standalone.welcome import Ready, ready, show_ready

_LOOPBACK: Final = "127.0.0.1"


def up(
    *,
    demo: Annotated[bool, Parameter(help="Send one input through every door, and go on running.")] = False,
    config: Annotated[Path | None, Parameter(help="The settings file (THREADLINE_CONFIG).")] = None,
    data_dir: Annotated[Path | None, Parameter(help="Where everything is kept (THREADLINE_DATA_DIR).")] = None,
    http_port: Annotated[int | None, Parameter(help="Console, form and API (THREADLINE_HTTP_PORT).")] = None,
    smtp_port: Annotated[int | None, Parameter(help="Mail (THREADLINE_SMTP_PORT).")] = None,
    json: Annotated[bool, Parameter(help="Say what listens where as one line of JSON.")] = False,
) -> int:
    """Start every service in one process: HTTP on 127.0.0.1:8080, SMTP on 127.0.0.1:2525, data in ./var."""
    given = {
        "THREADLINE_CONFIG": config,
        "THREADLINE_DATA_DIR": data_dir,
        "THREADLINE_HTTP_PORT": http_port,
        "THREADLINE_SMTP_PORT": smtp_port,
    }
    env = {**os.environ, **{name: str(value) for name, value in given.items() if value is not None}}
    if demo:
        return _demonstrate(env, json=json, leave=False)
    return _run(env, partial(_say_ready, json=json))


def demo() -> int:
    """Send one input through every door, show the tickets that come out, and end.

    Nothing of yours is touched: what the environment does not set is a free port and a data directory that goes away.
    """
    return _demonstrate(os.environ, json=False, leave=True)


def _demonstrate(env: Mapping[str, str], *, json: bool, leave: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="threadline-demo-") as folder:
        ports = {f"THREADLINE_{door}_PORT": str(free_port(_LOOPBACK)) for door in ("HTTP", "SMTP")}
        apart = {**ports, "THREADLINE_DATA_DIR": folder, "THREADLINE_LOG_LEVEL": "warning"}
        apart |= {name: value for name, value in env.items() if value}

        async def welcome(now: Ready) -> bool:
            if not leave:
                await _say_ready(now, json=json)
            await asyncio.to_thread(play, screen(), now, Gateway(now.url, addresses(apart).api_token))
            return not leave

        return _run(apart, welcome)


async def _say_ready(now: Ready, *, json: bool) -> bool:
    show_line(now) if json else show_ready(screen(), now)
    return True


def _run(env: Mapping[str, str], welcome: Callable[[Ready], Awaitable[bool]]) -> int:
    failures: list[CommandError] = []

    async def when_ready() -> bool:
        return await welcome(await ready(env, found))

    async def body() -> None:
        try:
            await keep(env, folder, when_ready)
        except* CommandError as group:
            failures.extend(err for err in group.exceptions if isinstance(err, CommandError))

    refuse_strangers(env, shapes(), secrets(env))
    found, folder = addresses(env), load(DataSettings, env).data_dir
    with owned(folder):
        refuse_taken(found)
        code = run_process("threadline", body, env, terminal=True)
    if failures:
        raise failures[0]
    return code
