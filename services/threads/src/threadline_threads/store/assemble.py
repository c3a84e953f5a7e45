"""What readers see, put together from rows: the same on both databases. Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import REFERENCE_LENGTH, read_reference
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Link, Suggestion
from threadline_threads.reading import (
    CommandRecord,
    Conversation,
    EventHop,
    MessageTrace,
    Note,
    PlacedMessage,
    Severed,
    SuggestionPage,
    SuggestionView,
    TicketPage,
    TicketSummary,
)
from threadline_threads.store import rows
from threadline_threads.tickets import Ticket

MOST_TRACED: Final = 200  # messages: an id that a device gives to everything it sends
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Stored(Struct, frozen=True):
    """A row of the messages; `placement` and `content` are JSON."""

    id: UUID
    ticket: UUID
    committed_at: datetime
    placement: bytes
    content: bytes

    def message(self) -> InboundMessage:
        """Return the message."""
        return rows.message.decode(self.content)


class _Because(Struct, frozen=True):
    because: str = ""


class _Told(Struct, frozen=True):
    data: _Because = _Because()


_told: Final = Decoder(_Told)


class Asked(Struct, frozen=True):
    """What a search key may be: a message or ticket id, a reference, an external id; what it cannot be is None."""

    id: UUID | None
    reference: str | None
    external_id: str


def asked(key: str) -> Asked:
    """Return what somebody may mean by a key: `7k3m9-qzd4t`, a UUID, a Message-ID with or without brackets."""
    bare = key.strip()
    reference = read_reference(bare)
    try:
        found = UUID(bare)
    except ValueError:
        found = None
    is_reference = len(reference) == REFERENCE_LENGTH and reference.isalnum() and reference.isascii()
    return Asked(found, reference if is_reference else None, bare.removeprefix("<").removesuffix(">"))


def page(roots: Sequence[tuple[Ticket, bytes]], merged: Iterable[Ticket], limit: int) -> TicketPage:
    """Return a page of at most `limit`, from one root more, each with its newest message's JSON."""
    children: defaultdict[UUID, list[Ticket]] = defaultdict(list)
    for ticket in merged:
        children[ticket.root].append(ticket)
    items = tuple(_summary(root, children[root.id], content) for root, content in roots[:limit])
    last = roots[limit - 1][0] if len(roots) > limit else None
    return TicketPage(items=items, next=cursor(last.active_at, last.id) if last else None)


def cursor(at: datetime, last: UUID) -> str:
    """Return what names the end of a page: `behind` reads it."""
    microseconds = (at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(f"{microseconds}.{last.hex}".encode()).decode().rstrip("=")


def behind(name: str) -> tuple[datetime, UUID]:
    """Return where a page begins. Raises MalformedInputError for a cursor that is none of ours."""
    try:
        moment, _, ticket = urlsafe_b64decode(name.encode() + b"==").decode().partition(".")
        return _EPOCH + int(moment) * _MICROSECOND, UUID(ticket)
    except (ValueError, Error, OverflowError) as err:
        raise MalformedInputError("not a cursor of this list") from err


def conversation(
    root: UUID, tickets: Sequence[Ticket], links: Iterable[Link], stored: Iterable[Stored]
) -> Conversation:
    """Return a conversation: its root, what was merged into it, and all messages by time sent."""
    top = next(ticket for ticket in tickets if ticket.id == root)
    placed = [
        PlacedMessage(
            message=one.message(),
            placement=rows.placement.decode(one.placement),
            ticket=one.ticket,
            committed_at=one.committed_at,
        )
        for one in stored
    ]
    return Conversation(
        ticket=top.header(),
        merged=tuple(ticket.header() for ticket in sorted(tickets, key=lambda t: t.age) if ticket is not top),
        links=tuple(sorted(links, key=lambda link: link.at)),
        messages=tuple(sorted(placed, key=lambda one: (one.message.sent_at, one.committed_at, one.message.id))),
    )


def decided(
    of: Conversation,
    suggestions: Iterable[SuggestionView],
    severed: Iterable[Severed],
    history: Iterable[CommandRecord],
) -> Conversation:
    """Return a conversation with what is suggested and was decided about it; what became true is not suggested."""
    asked = (view for view in suggestions if view.ticket.root != view.other.root)
    return replace(
        of,
        suggestions=tuple(sorted(asked, key=lambda view: (-view.suggestion.score, view.suggestion.id))),
        severed=tuple(sorted(severed, key=lambda pair: (pair.at, pair.one, pair.other))),
        history=tuple(sorted(history, key=lambda command: (command.at, command.id))),
    )


def noted(of: Conversation, notes: Iterable[Note]) -> Conversation:
    """Return a conversation with what its messages did besides."""
    return replace(of, notes=tuple(sorted(notes, key=lambda note: (note.at, note.message, note.type))))


def note(message: UUID, kind: str, at: datetime, body: bytes) -> Note:
    """Return a note of the event that tells of it."""
    return Note(message=message, type=kind, because=_told.decode(body).data.because, at=at)


def suggestion_page(found: Sequence[Suggestion], tickets: Iterable[Ticket], limit: int) -> SuggestionPage:
    """Return a page of at most `limit`, from one suggestion more."""
    last = found[limit - 1] if len(found) > limit else None
    return SuggestionPage(items=tuple(views(found[:limit], tickets)), next=cursor(last.at, last.id) if last else None)


def views(found: Iterable[Suggestion], tickets: Iterable[Ticket]) -> Iterator[SuggestionView]:
    """Yield suggestions with their tickets; one whose ticket is gone is left out."""
    headers = {ticket.id: ticket.header() for ticket in tickets}
    for one in found:
        if one.ticket in headers and one.other in headers:
            yield SuggestionView(suggestion=one, ticket=headers[one.ticket], other=headers[one.other])


def trace(one: Stored, root: UUID, hops: Iterable[EventHop]) -> MessageTrace:
    """Return where a message is and how it got there."""
    return MessageTrace(
        message=one.message(),
        placement=rows.placement.decode(one.placement),
        ticket=one.ticket,
        root=root,
        committed_at=one.committed_at,
        events=tuple(hops),
    )


def _summary(root: Ticket, merged: Sequence[Ticket], content: bytes) -> TicketSummary:
    all_of_them = (root, *merged)
    message = rows.message.decode(content)
    header = replace(
        root.header(),
        message_count=sum(ticket.message_count for ticket in all_of_them),
        channels=tuple(dict.fromkeys(name for ticket in all_of_them for name in ticket.channels)),
        accounts=tuple(dict.fromkeys(name for ticket in all_of_them for name in ticket.accounts)),
        updated_at=max(ticket.updated_at for ticket in all_of_them),
    )
    return TicketSummary(
        ticket=header,
        last_text=message.text,
        last_sender=message.sender,
        last_channel=message.channel,
        imported_at=message.received_at if message.backfill else None,
    )
