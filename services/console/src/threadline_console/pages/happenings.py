"""What happened to a ticket beside its messages, pure: merges, what was undone, statuses, in sentences with their undo.

Links and what was severed say how things are; the commands say who asked. What was refused is not part of the story.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from threadline_console.pages.times import When, when
from threadline_console.pages.view import NO_SUBJECT, Filters, ticket_href
from threadline_console.pages.words import asker
from threadline_contracts.commands import Answer
from threadline_contracts.ids import show_reference
from threadline_contracts.ticket import Link, Rule, TicketHeader
from threadline_contracts.topology import EventType
from threadline_shared.text import cut
from threadline_threads.reading import CommandRecord, Conversation, Severed

_SUBJECT: Final = 60
_MOMENT: Final = timedelta(microseconds=1)
_FILLED_IN: Final = ("merged them.", "undid it.", "split it off.", "accepted it.", "declined to merge them.")
_BY_PEOPLE: Final = frozenset({Rule.COMMAND.value, Rule.SUGGESTION.value})


class Place(Struct, frozen=True):
    """Another ticket, within a sentence."""

    reference: str
    subject: str
    href: str


class Happening(Struct, frozen=True, kw_only=True):
    """One thing that happened: `who` did it to `ticket`, why, and what undoes it (`ask`, an address)."""

    id: str
    icon: str
    who: str
    did: str
    ticket: Place | None = None
    then: str = ""
    because: str = ""
    at: When
    moment: datetime
    ask: str = ""
    ask_word: str = ""

    @property
    def undoes(self) -> bool:
        """Whether `ask` undoes a merge."""
        return self.ask.endswith("/unmerge")


def happenings(found: Conversation, others: Mapping[UUID, TicketHeader], now: datetime) -> list[Happening]:
    """Return what happened to a conversation, in order of time; `others` are the tickets of `elsewhere`."""
    told = _Teller(found, others, now)
    every = [*told.merges(), *told.undone(), *told.commands(), *told.reopened(), *told.neighbours()]
    return sorted(every, key=lambda one: (one.moment, one.id))


def elsewhere(found: Conversation) -> set[UUID]:
    """Return the tickets that the story of a conversation names and that are not part of it."""
    here = {found.ticket.id, *(ticket.id for ticket in found.merged)}
    named = {end for one in found.severed for end in (one.one, one.other)}
    named |= {ticket for record in found.history if _is_told(record) for ticket in record.tickets}
    named |= {ticket for ticket in (found.ticket.follows, found.ticket.followed_by) if ticket}
    return named - here


class _Teller:
    def __init__(self, found: Conversation, others: Mapping[UUID, TicketHeader], now: datetime) -> None:
        self._found = found
        self._now = now
        self._here = {ticket.id: ticket for ticket in (found.ticket, *found.merged)}
        self._known = {**others, **self._here}

    def merges(self) -> Iterator[Happening]:
        for link in self._found.links:
            place = self._place(link.child)
            ask = f"/tickets/{place.reference}/unmerge" if place else ""
            yield self._merge(link, "merge", ask)

    def undone(self) -> Iterator[Happening]:
        asked = [one for one in self._found.history if _is(one, EventType.TICKET_SPLIT_REQUESTED)]
        splits = {frozenset(one.tickets[:2]) for one in asked}
        for pair in self._found.severed:
            other = pair.other if pair.one in self._here else pair.one
            if pair.link:
                yield self._merge(pair.link, "was", "")
                yield self._apart(pair, other, "unmerge", "took", "apart from this ticket again", "Merge again")
            elif frozenset((pair.one, pair.other)) not in splits:
                yield self._apart(pair, other, "apart", "said that", "is something else", "Merge after all")

    def commands(self) -> Iterator[Happening]:
        for record in self._found.history:
            if _is(record, EventType.TICKET_STATUS_REQUESTED):
                yield self._set(record, str(_asked(record).get("status", "another status")))
            elif _is(record, EventType.TICKET_SPLIT_REQUESTED) and len(record.tickets) > 1:
                yield self._split(record)

    def reopened(self) -> Iterator[Happening]:
        for note in self._found.notes:
            if note.type == EventType.TICKET_REOPENED:
                yield Happening(
                    id=f"e-{note.message.hex[:8]}-reopened",
                    icon="replay",
                    who="A customer",
                    did="wrote, which opened this again",
                    at=when(note.at, self._now),
                    moment=note.at,
                )

    def neighbours(self) -> Iterator[Happening]:
        root = self._found.ticket
        if root.follows and (old := self._place(root.follows)):
            yield self._neighbour("before", "This follows", old, "which was done already", self._beginning())
        if root.followed_by and (new := self._place(root.followed_by)):
            began = self._known[root.followed_by].created_at
            yield self._neighbour("after", "The customer wrote again:", new, "follows this one", began)

    def _merge(self, link: Link, name: str, ask: str) -> Happening:
        into = self._place(link.parent) if link.parent != self._found.ticket.id and link.child in self._here else None
        child = self._place(link.child) or _UNKNOWN
        if link.child == self._found.ticket.id:
            child, into = self._place(link.parent) or _UNKNOWN, None
            did, then = "merged this into", ""
        else:
            did = "merged" if link.rule in _BY_PEOPLE else "joined"
            then = f"into {into.reference}" if into else "into this ticket"
        return Happening(
            id=f"e-{link.child.hex[:8]}-{name}",
            icon="merge",
            who=asker(link.by),
            did=did,
            ticket=child,
            then=then,
            because=_own_words(link.because, link.by),
            at=when(link.at, self._now),
            moment=link.at,
            ask=ask,
            ask_word="Undo" if ask else "",
        )

    def _apart(self, pair: Severed, other: UUID, icon: str, did: str, then: str, ask_word: str) -> Happening:
        place = self._place(other)
        return Happening(
            id=f"e-{other.hex[:8]}-apart",
            icon=icon,
            who=asker(pair.by),
            did=did,
            ticket=place or _UNKNOWN,
            then=f"{then}; no rule joins the two",
            because=_own_words(pair.because, pair.by),
            at=when(pair.at, self._now),
            moment=pair.at,
            ask=self._merge_with(place) if place else "",
            ask_word=ask_word if place else "",
        )

    def _set(self, record: CommandRecord, status: str) -> Happening:
        if self._found.ticket.id in record.tickets:
            return self._done(record, "status", f"set this to {status}", None)
        return self._done(record, "status", "set", self._place(record.tickets[0]), f"to {status}")

    def _split(self, record: CommandRecord) -> Happening:
        new, old = record.tickets[:2]
        apart = not (new in self._here and old in self._here)  # else somebody merged them back since
        did, other = ("split this off from", old) if new in self._here else ("split a message off into", new)
        return self._done(record, "split", did, self._place(other), ask_word="Merge back" if apart else "")

    def _done(
        self, record: CommandRecord, icon: str, did: str, ticket: Place | None, then: str = "", ask_word: str = ""
    ) -> Happening:
        return Happening(
            id=f"e-{cut(record.id, 40)}",
            icon=icon,
            who=asker(record.by),
            did=did,
            ticket=ticket,
            then=then,
            because=_own_words(str(_asked(record).get("because", "")), record.by),
            at=when(record.at, self._now),
            moment=record.at,
            ask=self._merge_with(ticket) if ask_word and ticket else "",
            ask_word=ask_word if ticket else "",
        )

    def _neighbour(self, name: str, did: str, ticket: Place, then: str, at: datetime) -> Happening:
        known = when(at, self._now)
        return Happening(id=f"e-{name}", icon="follow", who="", did=did, ticket=ticket, then=then, at=known, moment=at)

    def _beginning(self) -> datetime:
        sent = [placed.message.sent_at for placed in self._found.messages]
        return min([self._found.ticket.created_at, *(at - _MOMENT for at in sent)])

    def _merge_with(self, place: Place) -> str:
        return f"/tickets/{show_reference(self._found.ticket.reference)}/merge?q={place.reference}"

    def _place(self, ticket: UUID) -> Place | None:
        known = self._known.get(ticket)
        return place_of(known) if known else None


_UNKNOWN: Final = Place("", "a ticket that is gone", "")


def place_of(header: TicketHeader) -> Place:
    """Return a ticket as a sentence names it."""
    reference = show_reference(header.reference)
    return Place(reference, cut(header.subject.strip() or NO_SUBJECT, _SUBJECT), ticket_href(reference, Filters()))


def _is_told(record: CommandRecord) -> bool:
    return _is(record, EventType.TICKET_STATUS_REQUESTED) or _is(record, EventType.TICKET_SPLIT_REQUESTED)


def _is(record: CommandRecord, kind: EventType) -> bool:
    return record.type == kind and record.answer == Answer.DONE and bool(record.tickets)


def _asked(record: CommandRecord) -> Mapping[str, Any]:
    try:
        asked = msgspec.json.decode(record.asked)
    except msgspec.MsgspecError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _own_words(because: str, by: str) -> str:
    """Return the reason that somebody gave; the one that is filled in where nobody did says nothing new."""
    return "" if because in {f"{by} {said}" for said in _FILLED_IN} else because
