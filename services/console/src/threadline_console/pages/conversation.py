"""What the conversation pane shows, pure: its messages (of a long thread the ends) and what was merged into it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from threadline_console.pages.message import Shown, shown
from threadline_console.pages.times import When, when
from threadline_console.pages.view import NO_SUBJECT, Filters, address_of, name_of, ticket_href
from threadline_console.pages.words import Word, channel_word
from threadline_contracts.ids import show_reference
from threadline_threads.reading import Conversation, PlacedMessage

_ALL_SHOWN: Final = 14  # messages; in a longer thread the middle folds
_FIRST_SHOWN: Final = 2
_LAST_SHOWN: Final = 10


class Merged(Struct, frozen=True, kw_only=True):
    """A ticket that speaks through this one, and why."""

    reference: str
    subject: str
    because: str
    by: str
    at: When


class Pane(Struct, frozen=True, kw_only=True):
    """The conversation: its first messages, how many of the middle are folded away, and its last ones."""

    id: str
    reference: str
    href: str
    subject: str
    status: str
    desk: str
    contact: str
    contact_address: str
    channels: tuple[Word, ...]
    count: int
    opened: When
    first: tuple[Shown, ...]
    hidden: int
    all_href: str
    last: tuple[Shown, ...]
    merged: tuple[Merged, ...]


def conversation(found: Conversation, filters: Filters, now: datetime, *, whole: bool) -> Pane:
    """Return the pane of a conversation; `whole` unfolds the middle of a long thread."""
    header = found.ticket
    reference = show_reference(header.reference)
    homes = {ticket.id: ticket for ticket in (*found.merged, header)}
    first, hidden, last = fold_middle(found.messages, whole=whole)
    href = ticket_href(reference, filters)
    return Pane(
        id=str(header.id),
        reference=reference,
        href=href,
        subject=header.subject.strip() or NO_SUBJECT,
        status=header.status,
        desk=header.desk,
        contact=name_of(header.contact),
        contact_address=address_of(header.contact),
        channels=tuple(channel_word(channel) for channel in header.channels),
        count=len(found.messages),
        opened=when(header.created_at, now),
        first=tuple(shown(placed, header, homes, now) for placed in first),
        hidden=hidden,
        all_href=f"{href}{'&' if '?' in href else '?'}whole=1",
        last=tuple(shown(placed, header, homes, now) for placed in last),
        merged=_merged(found, now),
    )


def fold_middle(
    messages: Sequence[PlacedMessage], *, whole: bool
) -> tuple[Sequence[PlacedMessage], int, Sequence[PlacedMessage]]:
    """Return what a long thread shows: its beginning, how many are folded, and its end."""
    if whole or len(messages) <= _ALL_SHOWN:
        return messages, 0, ()
    hidden = len(messages) - _FIRST_SHOWN - _LAST_SHOWN
    return messages[:_FIRST_SHOWN], hidden, messages[-_LAST_SHOWN:]


def _merged(found: Conversation, now: datetime) -> tuple[Merged, ...]:
    links = {link.child: link for link in found.links}
    return tuple(
        Merged(
            reference=show_reference(ticket.reference),
            subject=ticket.subject.strip() or NO_SUBJECT,
            because=links[ticket.id].because if ticket.id in links else "",
            by=links[ticket.id].by if ticket.id in links else "",
            at=when(links[ticket.id].at if ticket.id in links else ticket.updated_at, now),
        )
        for ticket in found.merged
    )
