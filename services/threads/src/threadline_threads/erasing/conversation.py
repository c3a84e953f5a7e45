"""What a conversation becomes when somebody in it is forgotten. Pure.

Their messages become tombstones where they are; what others wrote stays theirs, without the forgotten address in it.
Every ticket that changes becomes the next revision, and each changed message is told again under it: so whoever keeps
the greatest revision forgets, too, in whatever order the events come.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from threadline_contracts.commands import IdentityName
from threadline_contracts.message import Direction, Evidence, InboundMessage, Party
from threadline_contracts.ticket import Link, Placement, Suggestion, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.commands.facts import Reread
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.erasing.tombstones import blobs_of, is_theirs, is_tombstone, names_them, tombstone, without
from threadline_threads.events import Announcement, announcement
from threadline_threads.identity import Contact, Customs, contact_of
from threadline_threads.keys import Key
from threadline_threads.plan import Happening
from threadline_threads.reading import Severed
from threadline_threads.republishing.restating import restate_message
from threadline_threads.tickets import Ticket
from threadline_threads.words import words_of

BECAUSE: Final = "A person was erased."
_message: Final = msgspec.json.Decoder(InboundMessage)


class Person(Struct, frozen=True, kw_only=True):
    """Who is to be forgotten, with everything received until `before`.

    `contacts`: every contact that these identities ever were; `identities` in their comparable form; `values` as they
    were written, `names` as they were called.
    """

    contact: UUID
    desk: str
    before: datetime
    contacts: tuple[UUID, ...] = ()
    identities: tuple[Contact, ...] = ()
    values: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def is_any(self, identities: Iterable[Contact]) -> bool:
        """Return whether any of these is theirs."""
        return not set(self.identities).isdisjoint(identities)

    def scrubber(self, others: Iterable[str] = ()) -> Scrubber:
        """Return what takes them out of texts."""
        return Scrubber(self.identities, (*self.values, *self.names, *others))

    def named(self) -> tuple[IdentityName, ...]:
        """Return their identities as others are told of them."""
        parts = (identity.partition(":") for identity in self.identities)
        return tuple(IdentityName(kind=kind, value=value) for kind, _, value in parts)


class Row(Struct, frozen=True):
    """A message as it is stored."""

    id: UUID
    ticket: UUID
    placement: Placement
    content: bytes


class Talk(Struct, kw_only=True):
    """A conversation as it is stored, with what was decided about it; `hinted` messages show or name the person."""

    tickets: Sequence[Ticket]
    rows: Sequence[Row]
    hinted: frozenset[UUID] = frozenset()
    links: Sequence[Link] = ()
    severed: Sequence[Severed] = ()
    suggestions: Sequence[Suggestion] = ()


class Changed(Struct, frozen=True):
    """A message to be stored anew."""

    id: UUID
    ticket: UUID
    placement: Placement
    content: bytes
    external_id: str
    words: str


class Forgotten(Struct):
    """What to write, and what it concerns: the same when it is done again.

    `erased`: messages of which only a tombstone is left; `touched`: their tickets; `headless`: those that were about
    the person; `near`: all. `keys` find messages no longer; under `cited`, rows of erased ones are kept. `words`: how
    else the person was named.
    """

    erased: list[UUID] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)
    near: list[UUID] = field(default_factory=list)
    messages: list[Changed] = field(default_factory=list)
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    severed: list[Severed] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    blobs: set[str] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)
    cited: set[tuple[Key, UUID]] = field(default_factory=set)
    externals: set[str] = field(default_factory=set)
    headless: set[UUID] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def forget(talk: Talk, person: Person, customs: Customs, reread: Reread, now: datetime) -> Forgotten:
    """Return what becomes of a conversation; nothing, when nobody in it is to be forgotten (any more)."""
    return _Forgetting(talk, person, customs, reread).run(now)


class _Forgetting:
    def __init__(self, talk: Talk, person: Person, customs: Customs, reread: Reread) -> None:
        self._talk = talk
        self._person = person
        self._customs = customs
        self._reread = reread
        self._result = Forgotten()
        self._messages = {row.id: _message.decode(row.content) for row in talk.rows}

    def run(self, now: datetime) -> Forgotten:
        gone = [row for row in self._talk.rows if row.id in self._talk.hinted and is_tombstone(self._messages[row.id])]
        theirs = [row for row in self._talk.rows if self._is_theirs(self._messages[row.id])]
        for row in theirs:
            self._erase(row)
        self._scrubber = self._scrubbing(theirs)
        for row in self._talk.rows:
            if row not in theirs:
                self._clean(row)
        self._clean_decisions()
        self._result.erased = [row.id for row in (*gone, *theirs)]
        self._result.touched = {row.ticket for row in (*gone, *theirs)}
        self._result.near = [ticket.id for ticket in self._talk.tickets]
        self._clean_tickets({self._messages[row.id].reference for row in (*gone, *theirs)}, now)
        return self._result

    def _is_theirs(self, message: InboundMessage) -> bool:
        late = message.received_at > self._person.before
        return not late and not is_tombstone(message) and is_theirs(message, self._person.is_any, self._customs)

    def _erase(self, row: Row) -> None:
        message, result = self._messages[row.id], self._result
        one = self._reread(row.content)
        result.keys |= {key for _, key in one.shared} | ({one.external} if one.external else set())
        result.cited |= {(cited.key, row.id) for cited in one.cites}
        result.externals |= {message.external_id} - {""}
        left = tombstone(message)
        placement = replace(row.placement, because=BECAUSE, evidence=())
        self._change(row, left, placement, msgspec.json.encode(left))
        result.blobs |= {*blobs_of(message)}

    def _scrubbing(self, theirs: Iterable[Row]) -> Scrubber:
        messages = [self._messages[row.id] for row in theirs]
        senders = [one.sender for one in messages if one.direction is Direction.INBOUND]
        words = self._result.words
        words |= {identity.value for sender in senders for identity in sender.identities}
        words |= {sender.name for sender in senders if sender.name}
        return self._person.scrubber({*words, *self._result.externals})

    def _clean(self, row: Row) -> None:
        """Take the forgotten out of somebody else's message."""
        message = self._messages[row.id]
        clean = message
        if message.received_at <= self._person.before and names_them(message, self._person.is_any, self._customs):
            clean = without(message, self._person.is_any, self._customs)
        clean = self._without_words(clean)
        placement = self._scrubber.struct(row.placement)
        if clean != message or placement != row.placement:
            plain: dict[str, Any] = msgspec.json.decode(row.content)
            anew = msgspec.json.decode(msgspec.json.encode(clean))
            self._change(row, clean, placement, msgspec.json.encode(plain | anew))
            self._result.blobs |= {*blobs_of(message)} - {*blobs_of(clean)}

    def _without_words(self, message: InboundMessage) -> InboundMessage:
        text = self._scrubber.text
        said, gone = message.evidence, self._result.externals
        return replace(
            message,
            subject=text(message.subject),
            text=text(message.text),
            full_text=text(message.full_text),
            html=text(message.html),
            evidence=Evidence(
                in_reply_to=tuple(one for one in said.in_reply_to if one not in gone),
                references=tuple(one for one in said.references if one not in gone),
                tokens=said.tokens,
            ),
        )

    def _change(self, row: Row, left: InboundMessage, placement: Placement, content: bytes) -> None:
        changed = Changed(row.id, row.ticket, placement, content, left.external_id, words_of(left))
        self._result.messages.append(changed)

    def _clean_decisions(self) -> None:
        talk, result, clean = self._talk, self._result, self._scrubber.structs
        result.links = clean(talk.links)
        result.severed = clean(talk.severed)
        result.suggestions = clean(talk.suggestions)

    def _clean_tickets(self, erased: set[str], now: datetime) -> None:
        clean = {link.child: link for link in self._result.links}
        changed = {one.ticket for one in self._result.messages}
        for ticket in self._talk.tickets:
            about_them = ticket.reference in erased or self._is_about_them(ticket.contact, ticket)
            linked = [link.child for link in ticket.links if link.child in clean]
            if about_them:
                self._result.headless.add(ticket.id)
            if about_them and (ticket.subject or ticket.contact != Party()):
                ticket.subject, ticket.contact = "", Party()
            elif ticket.id not in changed and not linked:
                continue
            ticket.links = tuple(clean.get(link.child, link) for link in ticket.links)
            ticket.revise(now)
            self._result.tickets[ticket.id] = ticket
            self._tell(ticket, now)

    def _is_about_them(self, party: Party, ticket: Ticket) -> bool:
        accounts = ticket.accounts or ("",)
        found = (contact_of(one, self._customs, account) for one in party.identities for account in accounts)
        return self._person.is_any(one for one in found if one)

    def _tell(self, ticket: Ticket, now: datetime) -> None:
        mine = [one for one in self._result.messages if one.ticket == ticket.id]
        for one in mine:
            told = restate_message(ticket, one.id, one.content, one.placement)
            self._result.announcements.append(Announcement(told.event_id, told.type, one.id, told.body))
        if not mine:
            data = TicketUpdated(ticket=ticket.header(), changed=("subject", "contact"), because=BECAUSE)
            happening = Happening(EventType.TICKET_UPDATED, ticket.id, ticket.revision, None, data)
            self._result.announcements.append(announcement(happening, now))
