"""What the conversation pane shows, pure: messages with their visible part, the rest folded, and why they are here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_console.api.say import blob_href
from threadline_console.pages.times import When, when
from threadline_console.pages.view import NO_SUBJECT, Filters, address_of, name_of, ticket_href
from threadline_console.pages.words import (
    ASSURANCES,
    UNKNOWN,
    Word,
    automation_word,
    channel_word,
    file_size,
    rule_word,
)
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Attachment, Direction, InboundMessage, Party
from threadline_contracts.ticket import TicketHeader
from threadline_shared.text import cut
from threadline_threads.reading import Conversation, PlacedMessage

_VISIBLE: Final = 2_400  # characters of a message before it folds: about a screen
_VISIBLE_LINES: Final = 40
_FOLDED: Final = 3_000  # what may lie folded in the page itself; more is a page of its own
_ALL_SHOWN: Final = 14  # messages; in a longer thread the middle folds
_FIRST_SHOWN: Final = 2
_LAST_SHOWN: Final = 10
_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Card(Struct, frozen=True, kw_only=True):
    """An attachment: its preview is the image itself, for bitmaps."""

    name: str
    kind: str
    size: str
    href: str
    preview: str
    icon: str


class Why(Struct, frozen=True, kw_only=True):
    """Why a message is here."""

    rule: Word
    because: str
    evidence: tuple[str, ...]
    by: str
    score: str
    home: str


class Shown(Struct, frozen=True, kw_only=True):
    """A message as the page shows it."""

    id: str
    anchor: str
    ours: bool
    channel: Word
    account: str
    who: str
    address: str
    assurance: Word
    proved_by: str
    subject: str
    text: str
    folded: str
    more_href: str
    html_href: str
    raw_href: str
    trace_href: str
    cards: tuple[Card, ...]
    automation: str
    automation_evidence: str
    problems: tuple[str, ...]
    sent: When
    received: When
    why: Why


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


def shown(placed: PlacedMessage, root: TicketHeader, homes: Mapping[UUID, TicketHeader], now: datetime) -> Shown:
    """Return one message of a root's conversation."""
    said = placed.message
    page = f"/tickets/{show_reference(root.reference)}/messages/{said.id}"
    folded, more = _rest(said, page)
    return Shown(
        id=str(said.id),
        anchor=f"m-{said.reference}",
        ours=said.direction is Direction.OUTBOUND,
        channel=channel_word(said.channel),
        account=said.account,
        who=name_of(said.sender),
        address=address_of(said.sender) if said.sender.name else "",
        assurance=assurance_of(said.sender),
        proved_by=", ".join(
            f"{one.value} ({one.assurance}, {one.by or said.channel})" for one in said.sender.identities
        ),
        subject=_own_subject(said, root),
        text=beginning(said.text),
        folded=folded,
        more_href=more,
        html_href=f"{page}/html" if said.html or said.html_ref else "",
        raw_href=blob_href(said.raw, f"{said.reference}.txt") if said.raw else "",
        trace_href=f"/api/v1/messages/{said.id}/trace",
        cards=tuple(card(attachment) for attachment in said.attachments),
        automation=automation_word(said.automation.kind),
        automation_evidence=", ".join(said.automation.evidence),
        problems=tuple(f"{one.code.replace('_', ' ')}: {one.detail}".rstrip(": ") for one in said.problems),
        sent=when(said.sent_at, now),
        received=when(said.received_at, now),
        why=_why(placed, root, homes),
    )


def assurance_of(party: Party) -> Word:
    """Return how far a sender is proved: by their best identity."""
    if not party.identities:
        return UNKNOWN
    return ASSURANCES[party.identities[0].assurance]


def card(attachment: Attachment) -> Card:
    """Return an attachment's card."""
    image = attachment.media_type in _IMAGES
    name = attachment.filename or "unnamed file"
    return Card(
        name=name,
        kind=attachment.media_type,
        size=file_size(attachment.size),
        href=blob_href(attachment.blob, name),
        preview=blob_href(attachment.blob, name, inline=True) if image else "",
        icon="image" if image else "document",
    )


def beginning(text: str) -> str:
    """Return what of a text is shown before it folds: whole lines as far as they fit."""
    lines = text.strip("\n").split("\n")
    shown_lines = "\n".join(lines[:_VISIBLE_LINES])
    return cut(f"{shown_lines}\n…" if len(lines) > _VISIBLE_LINES else shown_lines, _VISIBLE)


def _rest(said: InboundMessage, page: str) -> tuple[str, str]:
    """Return what lies folded under a message, and where to read it instead when it is too long for that."""
    visible, whole = said.text.strip("\n"), said.full_text.strip("\n")
    rest = whole if whole and whole != visible else ""
    if said.text_ref or said.full_text_ref or beginning(visible) != visible or len(rest) > _FOLDED:
        return "", page
    return rest.removeprefix(visible).strip("\n"), ""


def _own_subject(said: InboundMessage, root: TicketHeader) -> str:
    """Return a message's subject where it says something new; `Re:` of the ticket's does not."""
    own = said.subject.strip()
    return "" if own.casefold().endswith(root.subject.strip().casefold()) else own


def _why(placed: PlacedMessage, root: TicketHeader, homes: Mapping[UUID, TicketHeader]) -> Why:
    placement = placed.placement
    home = homes.get(placed.ticket)
    return Why(
        rule=rule_word(placement.rule),
        because=placement.because,
        evidence=placement.evidence,
        by=placement.by,
        score="" if placement.score is None else f"{placement.score:.2f} of 1",
        home=show_reference(home.reference) if home and home.id != root.id else "",
    )


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
