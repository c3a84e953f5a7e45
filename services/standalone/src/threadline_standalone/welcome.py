"""When the gateway is ready, and what `threadline up` shows then: what listens where, and three things to try next."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from threadline_email.settings import read_settings
from threadline_form.settings import FormSettings
from threadline_shared.settings import DataSettings, load, value_of
from threadline_standalone.addresses import Addresses, reachable

_POLL_S: Final = 0.02


class Ready(Struct, frozen=True, kw_only=True):
    """A gateway that listens: its base URL, its mail door (`host:port`; empty: off), and what is behind them."""

    url: str
    smtp: str
    mailboxes: tuple[str, ...]
    forms: tuple[str, ...]
    data_dir: str
    bus: str
    database: str
    pid: int

    @property
    def mail_address(self) -> tuple[str, int]:
        """Where this machine reaches the mail door."""
        host, _, port = self.smtp.rpartition(":")
        return host.strip("[]"), int(port)


async def ready(env: Mapping[str, str], found: Addresses) -> Ready:
    """Return what listens where, as soon as it does."""
    for address in filter(None, (found.http, found.smtp)):
        await _answered(*reachable(address))
    return Ready(
        url=found.url,
        smtp=_door(*reachable(found.smtp)) if found.smtp else "",
        mailboxes=tuple(mailbox.address for mailbox in read_settings(env).mailboxes),
        forms=tuple(form.id for form in load(FormSettings, env, section="form").forms),
        data_dir=str(load(DataSettings, env).data_dir.resolve()),
        bus="RabbitMQ" if value_of(env, "THREADLINE_BUS_URL") else "SQLite",
        database="PostgreSQL" if value_of(env, "THREADLINE_DATABASE_URL") else "SQLite",
        pid=os.getpid(),
    )


def show_ready(out: Console, now: Ready) -> None:
    """Print the screen."""
    out.print(Text("\nThreadline is running.", style="bold"))
    listening = _rows("cyan")
    listening.add_row("Console", f"{now.url}/")
    for form in now.forms:
        listening.add_row("Form", f"{now.url}/form/{form}")
    listening.add_row("Mail", f"{f'smtp://{now.smtp}' if now.smtp else 'by IMAP'}  for {', '.join(now.mailboxes)}")
    listening.add_row("API", f"{now.url}/api/v1/tickets")
    listening.add_row("Data", f"{_short(now.data_dir)}  ({_stores(now)})")
    out.print(Padding(listening, (0, 0, 1, 2), expand=False))
    out.print(Text("Three things to try next:", style="bold"))
    tries = _rows("dim")
    tries.add_row("write a mail", f"{_command()} send mail --to {now.mailboxes[0]}" if now.smtp else now.mailboxes[0])
    tries.add_row("fill in the form", f"{now.url}/form/{now.forms[0]}")
    tries.add_row("see the tickets", f"{now.url}/")
    out.print(Padding(tries, (0, 0, 1, 2), expand=False))
    out.print(Text("Ctrl-C stops it; nothing that got a yes is lost.\n", style="dim"))


def _door(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _rows(style: str) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style=style, no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _stores(now: Ready) -> str:
    return now.bus if now.bus == now.database else f"bus: {now.bus}, database: {now.database}"


def _short(path: str) -> str:
    here = Path.cwd()
    return f"./{Path(path).relative_to(here)}" if Path(path).is_relative_to(here) else path


def _command() -> str:
    """Return how this shell finds us: a virtual environment that is not active needs its path."""
    ours = Path(sys.executable).with_name("threadline")
    on_path = any(Path(folder, "threadline").exists() for folder in os.get_exec_path())
    return "threadline" if on_path else _short(str(ours))


async def _answered(host: str, port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(_POLL_S)
        else:
            writer.close()
            return
