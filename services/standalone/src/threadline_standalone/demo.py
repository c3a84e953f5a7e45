"""One input through every door there is, by the doors' own protocols, and the tickets that come out."""

import tempfile
import time
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from threadline_console.api.shapes import Trace
from threadline_console.api.shapes_decisions import TicketDetail
from threadline_contracts.ids import show_reference
from threadline_standalone.customer import Letter, compose, deliver, multipart
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.remote import Gateway, read, segment
from threadline_standalone.terminal import add, printable, table, who
from threadline_standalone.welcome import Ready

PATIENCE_S: Final = 15.0
_POLL_S: Final = 0.05
_INVOICE: Final = "Invoice 4711\n\n1 printer    249.00\n1 extinguisher    39.00\n"


class Sent(Struct, frozen=True):
    """One input that was said yes to, and by what its message can be found."""

    line: str
    key: str


def play(out: Console, now: Ready, remote: Gateway) -> Sequence[TicketDetail]:
    """Send, wait, show. Raises CommandError when a door refuses, or no ticket comes out in time."""
    out.print("\nOne input through every door:", style="bold")
    sent = _everything(out, now, remote)
    found = _tickets(remote, [one.key for one in sent])
    out.print(f"\n{len(sent)} inputs, {len(found)} tickets:", style="bold")
    _show(out, found)
    return found


def _everything(out: Console, now: Ready, remote: Gateway) -> Sequence[Sent]:
    first = _mail(now, "Broken printer", "Hello, it is on fire. What shall I do?")
    answer = _mail(now, "Re: Broken printer", "It is out now, thank you.", str(first["Message-ID"]))
    sent: list[Sent] = []

    def note(one: Sent) -> None:
        sent.append(one)
        out.print(printable(f"  {one.line}"), soft_wrap=True)

    if not now.smtp:
        note(_by_form(now, remote))
        return sent
    note(_by_smtp(now, first, "mail"))
    note(_by_form(now, remote))
    note(_by_smtp(now, answer, "mail, an answer to the first"))
    note(_by_smtp(now, first, "mail, the first once more (as servers do)"))
    return sent


def _mail(now: Ready, subject: str, text: str, in_reply_to: str = "") -> EmailMessage:
    return compose(
        Letter(
            sender="Ana Kern <ana@example.org>",
            recipients=(now.mailboxes[0],),
            subject=subject,
            text=text,
            in_reply_to=in_reply_to,
        )
    )


def _by_smtp(now: Ready, mail: EmailMessage, what: str) -> Sent:
    reply = deliver(*now.mail_address, mail)
    if reply.code != 250:  # noqa: PLR2004 - the one yes of SMTP
        raise CommandError(f"the mail door said {reply.code} {reply.text}", Exit.REFUSED)
    return Sent(f"{what}: {reply.code} {reply.text}", reply.message_id)


def _by_form(now: Ready, remote: Gateway) -> Sent:
    fields = {
        "name": "Ivo Marin",
        "email": "ivo@example.org",
        "subject": "Invoice 4711",
        "message": "The second line is not mine, I never had a fire.",
    }
    with tempfile.TemporaryDirectory() as folder:
        invoice = Path(folder, "invoice.txt")
        invoice.write_text(_INVOICE)
        kind, body = multipart(fields, [invoice], file_field="files")
    answer = remote.post(f"/form/{quote(now.forms[0])}", body, kind)
    reference = str(msgspec.json.decode(answer)["reference"])
    return Sent(f"form, with a file: your reference is {reference}", reference)


def _tickets(remote: Gateway, keys: Sequence[str]) -> Sequence[TicketDetail]:
    deadline = time.monotonic() + PATIENCE_S
    roots: dict[str, None] = {}
    for key in keys:
        while not (found := _traced(remote, key)):
            if time.monotonic() > deadline:
                raise CommandError(
                    f"no ticket came out for {key} in {PATIENCE_S:.0f} s: threadline check", Exit.REFUSED
                )
            time.sleep(_POLL_S)
        roots |= dict.fromkeys(found)
    return [read(remote.get(f"/api/v1/tickets/{segment(root)}"), TicketDetail) for root in roots]


def _traced(remote: Gateway, key: str) -> Sequence[str]:
    try:
        found = read(remote.get(f"/api/v1/messages/{segment(key)}/trace"), Trace)
    except CommandError as err:
        if err.code is Exit.NOT_FOUND:
            return ()
        raise
    return [item.root for item in found.items]


def _show(out: Console, tickets: Sequence[TicketDetail]) -> None:
    grid = table("ticket", "channel", "from", "said", "why here")
    for ticket in tickets:
        name = show_reference(ticket.reference)
        for message in ticket.messages:
            cells = [message.channel, who(message.sender), message.text[:60], message.placement.because]
            add(grid, [Text(name, style="cyan"), *cells])
            name = ""
    out.print(grid)
