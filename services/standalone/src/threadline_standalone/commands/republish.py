"""`threadline republish`: have the present state of all tickets told again, for a consumer that starts from nothing."""

import sys
import time
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

from threadline_console.api.republish import RepublishOrder, RepublishState
from threadline_console.api.shapes_commands import CommandTaken
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, gateway, read, segment
from threadline_standalone.terminal import show_json

_PATH: Final = "/api/v1/republish"
_ALL: Final = "all"
_LOOK_S: Final = 0.3
_BEGIN_S: Final = 60.0  # for threads to take the command


def republish(
    *,
    since: Annotated[str, Parameter(help="A moment (2026-11-01T00:00:00Z; without a zone: UTC), or all.")],
    because: Annotated[str, Parameter(help="Why, for the record.")] = "",
    detach: Annotated[bool, Parameter(help="Do not wait until it is done: print its id.")] = False,
    json: Annotated[bool, Parameter(help="Print JSON.")] = False,
) -> None:
    """Tell every ticket that changed since a moment again, as ordinary events; those who know them lose nothing."""
    remote = gateway()
    order = RepublishOrder(since=_moment(since), by="operator", because=because)
    command = read(remote.post(_PATH, msgspec.json.encode(order)), CommandTaken)
    if detach:
        show_json(command) if json else print(command.command_id)
        return
    done = _watch(remote, command.command_id, quiet=json)
    if json:
        show_json(done)
    else:
        print(f"told {done.messages} messages of {done.tickets} tickets again")


def _watch(remote: Gateway, command: str, *, quiet: bool) -> RepublishState:
    patience = time.monotonic() + _BEGIN_S
    while True:
        state = _state(remote, command)
        if state and state.done:
            _show("" if quiet else "\r")
            return state
        if state is None and time.monotonic() > patience:
            raise CommandError(f"threads has not begun {command} yet; it will when it can", Exit.UNREACHABLE)
        if not quiet:
            _show(_line(state))
        time.sleep(_LOOK_S)


def _state(remote: Gateway, command: str) -> RepublishState | None:
    try:
        return read(remote.get(f"{_PATH}/{segment(command)}"), RepublishState)
    except CommandError as err:
        if err.code is not Exit.NOT_FOUND:
            raise
        return None


def _line(state: RepublishState | None) -> str:
    if state is None:
        return "\rwaiting for threads ..."
    return f"\r{state.part:4.0%}  {state.messages} messages of {state.tickets} tickets"


def _show(line: str) -> None:
    """Write over the line before, where somebody looks."""
    if sys.stderr.isatty():
        print(line, end="", file=sys.stderr, flush=True)


def _moment(text: str) -> datetime | None:
    if text.strip().lower() == _ALL:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as err:
        line = f"--since is a moment such as 2026-11-01T00:00:00Z, or all: not {text!r}"
        raise CommandError(line, Exit.USAGE) from err
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
