"""`threadline trace`: where one message is, how it got there, and why."""

from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from threadline_console.api.shapes import Hop, Trace, TracedMessage
from threadline_contracts.ids import show_reference
from threadline_standalone.remote import gateway, read, segment
from threadline_standalone.terminal import printable, screen, show_json


def trace(
    key: Annotated[str, Parameter(help="A message's id, its reference, or its external id (a mail's Message-ID).")],
    /,
    *,
    json: Annotated[bool, Parameter(help="Print JSON.")] = False,
) -> None:
    """Say where a message is now, hop by hop, and why it was placed there."""
    answer = gateway().get(f"/api/v1/messages/{segment(key)}/trace")
    if json:
        show_json(answer)
        return
    found, out = read(answer, Trace), screen()
    for item in found.items:
        _show(out, item)
    for letter in found.dead_letters:
        out.print(f"dead letter {letter}: threadline dead show {letter}", style="yellow", soft_wrap=True)


def _show(out: Console, item: TracedMessage) -> None:
    title = Text(f"{item.channel}  ", style="cyan")
    title.append(printable(item.external_id or item.message_id), style="bold")
    out.print(title, soft_wrap=True)
    out.print(printable(f"  {item.now}; its reference is {show_reference(item.reference)}"), soft_wrap=True)
    because = f"  why here: {item.placement.because} (rule {item.placement.rule})"
    out.print(printable(because), style="dim", soft_wrap=True)
    for hop in item.hops:
        out.print(_line(hop), soft_wrap=True)


def _line(hop: Hop) -> Text:
    line = Text("  done  " if hop.done else "  waits ", style="green" if hop.done else "yellow")
    line.append(f"{hop.name:<10} ", style="bold")
    line.append(f"{hop.at.astimezone():%H:%M:%S.%f}  "[:14] if hop.at else " " * 14, style="dim")
    line.append(printable(hop.detail), style="dim")
    return line
