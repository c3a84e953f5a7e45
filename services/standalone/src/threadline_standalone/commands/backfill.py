"""`threadline backfill`: have a mailbox's history imported, and watch it; the gateway does it, whoever watches."""

import sys
import time
from datetime import date
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from threadline_email.imap.figures import Figures
from threadline_email.imap.routes import HISTORY, MAILBOXES, ImportOrder, MailboxList, MailboxView
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, gateway, read
from threadline_standalone.terminal import show_json

_ALL: Final = "all"
_LOOK_S: Final = 0.5
_STEADY_S: Final = 30.0  # the rate is of so long
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


class Counted(Struct, frozen=True):
    """How much of an import was done at a moment."""

    at: float
    done: int


def backfill(
    mailbox: Annotated[str, Parameter(help="One of its addresses, as in the settings.")],
    *,
    since: Annotated[str, Parameter(help="A day (2025-01-01), or all; absent: only watch what is under way.")] = "",
    detach: Annotated[bool, Parameter(help="Do not wait until it is done.")] = False,
    json: Annotated[bool, Parameter(help="Print JSON.")] = False,
) -> None:
    """Import the mails that a mailbox had before its first connection, with their dates; nothing reacts to them."""
    remote = gateway()
    if since:
        order = ImportOrder(mailbox=mailbox, since=_day(since))
        view = read(remote.post(HISTORY, msgspec.json.encode(order)), MailboxView)
    else:
        view = _look(remote, mailbox)
    if not detach:
        view = _watch(remote, view, quiet=json)
    if json:
        show_json(view)
    else:
        print("\n".join(_said(view, detach=detach)))


def _watch(remote: Gateway, view: MailboxView, *, quiet: bool) -> MailboxView:
    counted: list[Counted] = []
    while not is_done(view):
        if view.state == "trouble":
            _show("\n" if counted and not quiet else "")
            raise CommandError(f"{view.address}: {view.reason}", Exit.UNREACHABLE)
        now = time.monotonic()
        counted = [one for one in counted if now - one.at < _STEADY_S] + [Counted(now, _done(view))]
        if not quiet:
            _show(f"\r\x1b[K{progress(view, counted)}")
        time.sleep(_LOOK_S)
        view = _look(remote, view.address)
    _show("\r\x1b[K" if counted and not quiet else "")
    return view


def is_done(view: MailboxView) -> bool:
    """Return whether nothing waits to be imported."""
    return not view.import_waits and all(one.complete for one in _history(view))


def progress(view: MailboxView, counted: list[Counted]) -> str:
    """Return counts, rate and what is left, in one line."""
    if view.import_waits and not _history(view):
        return f"{view.address}: begins with the next look at the mailbox; new mail goes first"
    done, total = _done(view), sum(one.server for one in _history(view))
    first, last = counted[0], counted[-1]
    rate = (last.done - first.done) / (last.at - first.at) if last.at > first.at else 0.0
    left = f", {_duration((total - done) / rate)} left" if rate > 0 else ""
    part = f"{done / total:4.0%}  " if total else ""
    return f"{part}{done:,} of {total:,} mails, {rate:,.0f}/s{left}"


def _said(view: MailboxView, *, detach: bool) -> list[str]:
    found = _history(view)
    if detach and not is_done(view):
        return [f"{view.address}: asked; `threadline backfill {view.address}` shows how far it is"]
    if not found:
        return [f"{view.address}: no history was imported: say --since a day, or --since all"]
    return [f"{view.address}: {one.line}" for one in found]


def _history(view: MailboxView) -> list[Figures]:
    return [one for one in view.folders if one.run == "history"]


def _done(view: MailboxView) -> int:
    return sum(one.server - one.waiting for one in _history(view))


def _look(remote: Gateway, mailbox: str) -> MailboxView:
    boxes = read(remote.get(MAILBOXES), MailboxList).mailboxes
    found = [box for box in boxes if mailbox.casefold() in {box.address.casefold(), box.account.casefold()}]
    if not found:
        there = ", ".join(box.address for box in boxes) or "none"
        raise CommandError(f"no mailbox {mailbox} is fetched by IMAP; there are: {there}", Exit.NOT_FOUND)
    return found[0]


def _day(text: str) -> date | None:
    if text.strip().lower() == _ALL:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as err:
        raise CommandError(f"--since is a day such as 2025-01-01, or all: not {text!r}", Exit.USAGE) from err


def _duration(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE_S:.0f} min" if seconds < _HOUR_S else f"{seconds / _HOUR_S:.1f} h"


def _show(text: str) -> None:
    """Write over the line before, where somebody looks."""
    if sys.stderr.isatty():
        print(text, end="", file=sys.stderr, flush=True)
