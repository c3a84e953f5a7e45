"""What one message shows, pure: its visible part, the rest folded, its files, and why it is here."""

import re
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_console.api.say import blob_href
from threadline_console.api.shapes import Hop
from threadline_console.pages.files import FileCard, file_card
from threadline_console.pages.folding import Rest, beginning, rest_of
from threadline_console.pages.problems import Odd, odd
from threadline_console.pages.times import When, when
from threadline_console.pages.view import NO_SUBJECT, address_of, name_of
from threadline_console.pages.words import (
    ASSURANCES,
    SIGNALS,
    UNKNOWN,
    Word,
    asker,
    automation_word,
    channel_word,
    rule_word,
)
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Direction, InboundMessage, Party
from threadline_contracts.ticket import TicketHeader
from threadline_threads.reading import Note, PlacedMessage

_SMALL_HTML: Final = 800  # characters
_MEDIUM_HTML: Final = 4_000
_REMOTE: Final = re.compile(r"data-remote-src=|<img[^>]*\ssrc=[\"']?\s*(?:https?:)?//", re.IGNORECASE)


class Step(Struct, frozen=True, kw_only=True):
    """One step of a message's way."""

    name: str
    done: bool
    at: When | None
    detail: str


class Warn(Struct, frozen=True):
    """What looks like an attack: its name, what it means and what to do, and the facts."""

    word: Word
    because: str


class Why(Struct, frozen=True, kw_only=True):
    """Why a message is here; `split_href` leads to the question whether it should not be."""

    rule: Word
    because: str
    evidence: tuple[str, ...]
    by: str
    score: str
    home: str
    home_subject: str
    split_href: str


class Frame(Struct, frozen=True):
    """The frame of a message's HTML: how tall it may be, and whether images from elsewhere wait in it."""

    href: str
    height: str
    remote: bool


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
    rest: Rest
    html: Frame | None
    raw_href: str
    page_href: str
    cards: tuple[FileCard, ...]
    automation: str
    automation_evidence: str
    problems: tuple[Odd, ...]
    imported: bool
    sent: When
    received: When
    why: Why
    warns: tuple[Warn, ...]


def shown(
    placed: PlacedMessage,
    root: TicketHeader,
    homes: Mapping[UUID, TicketHeader],
    now: datetime,
    notes: Iterable[Note] = (),
) -> Shown:
    """Return one message of a root's conversation; `notes` are what it did besides."""
    said = placed.message
    warns = {note.type: Warn(SIGNALS[note.type], note.because) for note in notes if note.type in SIGNALS}
    page = f"/tickets/{show_reference(root.reference)}/messages/{said.reference}"
    return Shown(
        id=str(said.id),
        anchor=f"m-{said.reference}",
        ours=said.direction is Direction.OUTBOUND,
        channel=channel_word(said.channel),
        account=said.account,
        who=name_of(said.sender),
        address=address_of(said.sender) if said.sender.name else "",
        assurance=assurance_of(said.sender),
        proved_by=_proved_by(said),
        subject=_own_subject(said, root),
        text=beginning(said.text),
        rest=rest_of(said, page),
        html=_frame(said, page),
        raw_href=blob_href(said.raw, f"{said.reference}.txt") if said.raw else "",
        page_href=page,
        cards=tuple(file_card(attachment) for attachment in said.attachments),
        automation=automation_word(said.automation.kind),
        automation_evidence=", ".join(said.automation.evidence),
        problems=_problems(said, warns),
        imported=said.backfill,
        sent=when(said.sent_at, now),
        received=when(said.received_at, now),
        why=_why(placed, root, homes, page),
        warns=tuple(warns.values()),
    )


def steps(hops: Iterable[Hop], now: datetime) -> tuple[Step, ...]:
    """Return a message's way as its page shows it."""
    return tuple(
        Step(name=hop.name, done=hop.done, at=when(hop.at, now) if hop.at else None, detail=hop.detail) for hop in hops
    )


def assurance_of(party: Party) -> Word:
    """Return how far a sender is proved: by their best identity."""
    if not party.identities:
        return UNKNOWN
    return ASSURANCES[party.identities[0].assurance]


def _frame(said: InboundMessage, page: str) -> Frame | None:
    if not (said.html or said.html_ref):
        return None
    return Frame(f"{page}/html", _height(said), bool(said.html_ref or _REMOTE.search(said.html)))


def _height(said: InboundMessage) -> str:
    # The frame runs nothing, so nobody can measure it: guess by how much there is to show.
    if said.html_ref or len(said.html) > _MEDIUM_HTML:
        return "tall"
    return "medium" if len(said.html) > _SMALL_HTML else "low"


def _own_subject(said: InboundMessage, root: TicketHeader) -> str:
    """Return a message's subject where it says something new; `Re:` of the ticket's does not."""
    own = said.subject.strip()
    return "" if own.casefold().endswith(root.subject.strip().casefold()) else own


def _proved_by(said: InboundMessage) -> str:
    return ", ".join(f"{one.value} ({one.assurance}, {one.by or said.channel})" for one in said.sender.identities)


def _problems(said: InboundMessage, warns: Container[str]) -> tuple[Odd, ...]:
    """Return what was guessed or broken, without what a warning says already."""
    return tuple(odd(one) for one in said.problems if f"security.{one.code}.v1" not in warns)


def _why(placed: PlacedMessage, root: TicketHeader, homes: Mapping[UUID, TicketHeader], page: str) -> Why:
    placement = placed.placement
    home = homes.get(placed.ticket, root)
    return Why(
        rule=rule_word(placement.rule),
        because=placement.because,
        evidence=placement.evidence,
        by=asker(placement.by),
        score="" if placement.score is None else f"{placement.score:.2f} of 1",
        home=show_reference(home.reference) if home.id != root.id else "",
        home_subject=home.subject.strip() or NO_SUBJECT,
        split_href=f"{page}/split" if home.message_count > 1 else "",
    )
