"""What a contact shows, pure: who it is, how each identity was proved, why they are one person, and their tickets."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct

from threadline_console.pages.happenings import Place, place_of
from threadline_console.pages.times import When, when
from threadline_console.pages.words import ASSURANCES, Word, asker, channel_word, identity_word
from threadline_contracts.contact import Contact, KnownIdentity
from threadline_contracts.message import Assurance, IdentityKind
from threadline_contracts.ticket import TicketHeader
from threadline_threads.reading import ContactLinkRecord, ContactView

_TICKETS_BESIDE: Final = 5
_NAMELESS: Final = "somebody"


class Name(Struct, frozen=True, kw_only=True):
    """An identity: what it is, how far it is proved and by what, and why it is this person's."""

    kind: Word
    value: str
    assurance: Word
    proved: str
    since: When
    linked: str
    unlink_href: str


class OwnTicket(Struct, frozen=True, kw_only=True):
    """A conversation of a contact."""

    place: Place
    status: str
    channels: tuple[Word, ...]
    count: int
    updated: When


class Tie(Struct, frozen=True, kw_only=True):
    """Why two identities are one person's, or that somebody said they are not."""

    one: str
    other: str
    who: str
    because: str
    at: When
    undone: str
    undone_at: When | None


class Person(Struct, frozen=True, kw_only=True):
    """A contact."""

    id: str
    href: str
    name: str
    desk: str
    names: tuple[Name, ...]
    tickets: tuple[OwnTicket, ...]
    more: int
    ties: tuple[Tie, ...]


class Line(Struct, frozen=True, kw_only=True):
    """A contact in a list."""

    href: str
    name: str
    desk: str
    names: tuple[tuple[Word, str], ...]
    assurance: Word


def person(view: ContactView, now: datetime) -> Person:
    """Return a contact, whole."""
    known = view.contact
    return Person(
        id=str(known.id),
        href=contact_href(known.id),
        name=called(known),
        desk=known.desk,
        names=tuple(_name(known, one, now) for one in known.identities),
        tickets=tuple(_ticket(header, now) for header in view.tickets),
        more=0,
        ties=tuple(_tie(link, now) for link in sorted(view.links, key=lambda link: link.at, reverse=True)),
    )


def beside(view: ContactView, here: Iterable[UUID], now: datetime) -> Person:
    """Return a contact as it stands beside a conversation: with the newest of its other tickets."""
    apart = set(here)
    whole = person(view, now)
    rest = [header for header in view.tickets if header.id not in apart]
    shown = tuple(_ticket(header, now) for header in rest[:_TICKETS_BESIDE])
    return Person(
        id=whole.id,
        href=whole.href,
        name=whole.name,
        desk=whole.desk,
        names=whole.names,
        tickets=shown,
        more=len(rest) - len(shown),
        ties=(),
    )


def lines(contacts: Sequence[Contact]) -> tuple[Line, ...]:
    """Return contacts as a list shows them."""
    return tuple(
        Line(
            href=contact_href(known.id),
            name=called(known),
            desk=known.desk,
            names=tuple((identity_word(one.kind), one.value) for one in known.identities),
            assurance=_best(known),
        )
        for known in contacts
    )


def called(known: Contact) -> str:
    """Return what to call a contact: the name, else the first identity that people read."""
    name = " ".join(known.name.split())
    readable = (one.value for one in known.identities if one.kind != IdentityKind.VISITOR)
    return name or next(readable, "") or _NAMELESS


def contact_href(contact: UUID) -> str:
    """Return the address of a contact's page."""
    return f"/contacts/{contact}"


def _best(known: Contact) -> Word:
    order = [*ASSURANCES]
    ranked = sorted((one.assurance for one in known.identities), key=order.index)
    return ASSURANCES[ranked[0]] if ranked else Word("unknown", "help")


def _name(known: Contact, one: KnownIdentity, now: datetime) -> Name:
    linked = f"{asker(one.linked_by)}: {one.because}" if one.linked_by and one.because else asker(one.linked_by)
    several = len(known.identities) > 1
    return Name(
        kind=identity_word(one.kind),
        value=one.value,
        assurance=ASSURANCES[one.assurance],
        proved=f"{'proved' if one.assurance == Assurance.VERIFIED else 'shown'} by {one.by}" if one.by else "",
        since=when(one.since, now),
        linked=linked if one.linked_by else "",
        unlink_href=f"{contact_href(known.id)}/unlink?{urlencode({'kind': one.kind, 'value': one.value})}"
        if several
        else "",
    )


def _ticket(header: TicketHeader, now: datetime) -> OwnTicket:
    return OwnTicket(
        place=place_of(header),
        status=header.status,
        channels=tuple(channel_word(channel) for channel in header.channels),
        count=header.message_count,
        updated=when(header.updated_at, now),
    )


def _tie(link: ContactLinkRecord, now: datetime) -> Tie:
    undone = f"{asker(link.undone_by)}: {link.undone_because}" if link.undone_because else asker(link.undone_by)
    return Tie(
        one=link.one.partition(":")[2],
        other=link.other.partition(":")[2],
        who=asker(link.by),
        because=link.because,
        at=when(link.at, now),
        undone=undone if link.undone_at else "",
        undone_at=when(link.undone_at, now) if link.undone_at else None,
    )
