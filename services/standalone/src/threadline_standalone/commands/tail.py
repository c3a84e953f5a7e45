"""`threadline tail`: ticket events as they happen; a lost connection goes on where it stopped."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from cyclopts import Parameter
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from threadline_contracts.ids import show_reference
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Placement, TicketHeader
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, gateway, read
from threadline_standalone.stream import Sent, events
from threadline_standalone.terminal import printable, screen

_PAUSE_S: Final = 1.0
_FROM_THE_START: Final = "0"


class What(Struct, frozen=True, kw_only=True):
    """The payload of any ticket event, as far as one line shows it."""

    ticket: TicketHeader
    message: InboundMessage | None = None
    placement: Placement | None = None
    because: str = ""


class Happened(Struct, frozen=True, kw_only=True):
    """The envelope of a ticket event, as far as one line shows it."""

    type: str
    time: datetime
    data: What


def tail(
    *,
    all_: Annotated[bool, Parameter(name="--all", help="Begin with the first event there ever was.")] = False,
    after: Annotated[str, Parameter(help="Begin behind this event id; the last one is said at the end.")] = "",
    json: Annotated[bool, Parameter(help="Print each event whole, one line of JSON each.")] = False,
) -> None:
    """Follow ticket events until Ctrl-C. Nothing is missed or shown twice when the gateway restarts."""
    out = screen()
    position = _FROM_THE_START if all_ else after
    try:
        for sent in _followed(gateway(), position):
            position = sent.id
            if sent.data:
                _show(out, sent, as_json=json)
    except KeyboardInterrupt:
        if position:
            out.stderr = True
            out.print(f"\ngo on later with: threadline tail --after {position}", style="dim")


def _followed(remote: Gateway, position: str) -> Iterator[Sent]:
    reached = False
    while True:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": position} if position else {})}
        try:
            for sent in events(remote.lines("/api/v1/events", headers)):
                reached, position = True, sent.id
                yield sent
        except CommandError as err:
            if not reached or err.code is not Exit.UNREACHABLE:
                raise
        reached = True
        time.sleep(_PAUSE_S)


def _show(out: Console, sent: Sent, *, as_json: bool) -> None:
    if as_json:
        print(sent.data, flush=True)
        return
    event = read(sent.data.encode(), Happened)
    out.print(_line(event), soft_wrap=True)


def _line(event: Happened) -> Text:
    what = event.data
    verb = event.type.removeprefix("ticket.").rpartition(".")[0].replace("_", " ")
    line = Text(f"{event.time.astimezone():%H:%M:%S}  ", style="dim")
    line.append(f"{verb:<14}", style="bold" if verb == "opened" else "")
    line.append(f"{show_reference(what.ticket.reference)}  ", style="cyan")
    if what.message:
        line.append(f"{what.message.channel:<9}")
    line.append(printable(what.ticket.subject or "(no subject)"))
    because = what.placement.because if what.placement else what.because
    line.append(f"  {printable(because)}", style="dim")
    return line
