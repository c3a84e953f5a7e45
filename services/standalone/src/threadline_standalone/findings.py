"""What `threadline check` finds, and how it is shown."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct
from rich.console import Console
from rich.text import Text

from threadline_standalone.terminal import printable

_STYLES: Final = {"ok": "green", "note": "yellow", "wrong": "red"}


class Finding(Struct, frozen=True):
    """What one check found: `note` is worth knowing, `wrong` keeps the gateway from working."""

    name: str
    state: Literal["ok", "note", "wrong"]
    says: str


def show(out: Console, found: Sequence[Finding]) -> None:
    """Print a line for each."""
    for one in found:
        line = Text(f"{one.state:<6}", style=_STYLES[one.state]).append(f"{one.name:<10}", style="bold")
        out.print(line.append(printable(one.says), style="not bold default"), soft_wrap=True)
