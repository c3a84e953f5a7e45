"""`threadline tickets`: the list, with filters, or one conversation with the reason for each placement."""

from collections.abc import Iterator
from typing import Annotated, Final

from cyclopts import Parameter
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from threadline_console.api.shapes import Message, Ticket, TicketList
from threadline_console.api.shapes_decisions import TicketDetail
from threadline_contracts.ids import show_reference
from threadline_standalone.remote import Gateway, gateway, read, segment
from threadline_standalone.terminal import add, ago, printable, screen, show_json, table, who

_PAGE_MAX: Final = 200
_EXCERPT: Final = 500


def tickets(
    key: Annotated[str, Parameter(help="A ticket's id or any of its references: show that one.")] = "",
    /,
    *,
    search: Annotated[str, Parameter(help="Words of the subject, the contact, the reference or the texts.")] = "",
    channel: Annotated[str, Parameter(help="Only tickets with a message of this channel.")] = "",
    status: Annotated[str, Parameter(help="open, pending, solved or closed.")] = "",
    desk: Annotated[str, Parameter(help="Only tickets of this desk.")] = "",
    limit: Annotated[int, Parameter(help="How many at most, newest change first.")] = 50,
    json: Annotated[bool, Parameter(help="Print JSON: {items, next}, or the whole ticket.")] = False,
) -> None:
    """List tickets, newest change first; with KEY, show one conversation and why each message is in it."""
    remote = gateway()
    if key:
        answer = remote.get(f"/api/v1/tickets/{segment(key)}")
        show_json(answer) if json else show(screen(), read(answer, TicketDetail))
        return
    found = pages(remote, limit, q=search, channel=channel, status=status, desk=desk)
    show_json(found) if json else show_list(screen(), found)


def pages(remote: Gateway, limit: int, **filters: str) -> TicketList:
    """Return up to `limit` tickets, over as many pages as that takes."""
    items: tuple[Ticket, ...] = ()
    cursor: str | None = ""
    while cursor is not None and len(items) < limit:
        asked = str(min(limit - len(items), _PAGE_MAX))
        page = read(remote.get("/api/v1/tickets", **filters, limit=asked, cursor=cursor), TicketList)
        items, cursor = (*items, *page.items), page.next
    return TicketList(items=items, next=cursor)


def show_list(out: Console, found: TicketList) -> None:
    """Print tickets as a table."""
    if not found.items:
        out.print("No tickets. Send one: threadline send mail")
        return
    grid = table("ticket", "status", "changed", "channels", "messages", "contact", "subject")
    for row in found.items:
        add(
            grid,
            [
                Text(show_reference(row.reference), style="cyan"),
                row.status,
                ago(row.updated_at),
                " ".join(row.channels),
                str(row.message_count),
                who(row.contact),
                row.subject or "(no subject)",
            ],
        )
    out.print(grid)
    if found.next:
        out.print("There are more: --limit", style="dim")


def show(out: Console, ticket: TicketDetail) -> None:
    """Print one conversation."""
    out.print(Text(printable(ticket.subject or "(no subject)"), style="bold"), soft_wrap=True)
    out.print(Text(f"{show_reference(ticket.reference)}  {ticket.status}  {ticket.id}", style="dim"), soft_wrap=True)
    for merged in ticket.merged:
        out.print(
            Text(f"with {show_reference(merged.reference)}  {printable(merged.subject)}", style="dim"), soft_wrap=True
        )
    for one in ticket.suggestions:
        out.print(
            Text(f"may belong together: threadline suggestions --accept {one.id}", style="yellow"), soft_wrap=True
        )
    for message in ticket.messages:
        out.print()
        for line in _said(message):
            out.print(line, soft_wrap=True)


def _said(message: Message) -> Iterator[Text | Padding]:
    head = Text(f"{message.channel}  ", style="cyan")
    head.append(printable(who(message.sender)), style="bold")
    if message.sender.identities:
        best = message.sender.identities[0]
        head.append(f"  {printable(best.value)} ({best.assurance})", style="dim")
    head.append(f"  {message.sent_at.astimezone():%Y-%m-%d %H:%M}  {show_reference(message.reference)}", style="dim")
    yield head
    text = message.text[:_EXCERPT] + (" ..." if len(message.text) > _EXCERPT else "")
    yield Padding(Text("\n".join(map(printable, text.splitlines()))), (0, 0, 0, 2), expand=False)
    for file in message.attachments:
        yield Text(f"  + {printable(file.filename)} ({file.media_type}, {file.size} bytes)")
    yield Text(f"  why here: {printable(message.placement.because)} (rule {message.placement.rule})", style="dim")
