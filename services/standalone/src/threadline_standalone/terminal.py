"""What a command prints: pretty on a terminal, plain in a pipe, JSON when asked. Nothing untrusted is markup."""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from threadline_contracts.message import Party

_PLAIN_WIDTH: Final = 200
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def screen() -> Console:
    """Return the standard output: as wide as the terminal, or wide enough for a pipe."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=_PLAIN_WIDTH)
    return console


def show_json(value: object) -> None:
    """Print a value, or an answer of the API, as indented JSON."""
    data: Any = json.loads(value) if isinstance(value, bytes) else msgspec.to_builtins(value)
    print(json.dumps(data, indent=2, ensure_ascii=False))


def show_line(value: object) -> None:
    """Print a value as one line of JSON, at once."""
    print(msgspec.json.encode(value).decode(), flush=True)


def table(*columns: str) -> Table:
    """Return an empty table in our style; the last column takes what is left."""
    grid = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        grid.add_column(name, overflow="fold" if name == columns[-1] else "ellipsis", no_wrap=name != columns[-1])
    return grid


def add(grid: Table, cells: Sequence[str | Text]) -> None:
    """Add a row; what came from outside is made safe to print first."""
    grid.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in cells))


def printable(text: str) -> str:
    """Return a text without control characters: a stranger's subject must not drive the terminal."""
    return "".join(" " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} else char for char in text)


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago a moment was, in the largest unit that fits: `4 min`."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < _MINUTE:
        return "now" if seconds < 1 else f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h" if seconds < _DAY else f"{seconds // _DAY} d"


def who(party: Party) -> str:
    """Return how to call a person: the name, else the best identity."""
    return party.name or next((identity.value for identity in party.identities), "unknown")
