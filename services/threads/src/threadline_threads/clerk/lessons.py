"""What the clerk learns from events: whom they show, what else is like them, what became one conversation. Pure.

It depends on the events alone, so to read them twice changes nothing. What cannot be read is named, and passed over.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from threadline_contracts.codec import Event, decode, decode_data
from threadline_contracts.contact import ContactLinked
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import AutomationKind, Direction, InboundMessage
from threadline_contracts.ticket import Link, MessagePlaced, Placement, Rule, TicketMerged
from threadline_contracts.tokens import Verdict, read_token, verify_token
from threadline_contracts.topology import EventType
from threadline_threads.clerk.bare import bare_hints
from threadline_threads.clerk.keyed import key_hints
from threadline_threads.clerk.sightings import MAX_PARTIES, Sighting, sightings
from threadline_threads.clues import Hint, HintKind, hints_of
from threadline_threads.identity import Contact, persons, verified
from threadline_threads.keys import Key, reference_key
from threadline_threads.reading import StoredEvent
from threadline_threads.terms import Terms

_PLACED: Final = frozenset({EventType.TICKET_OPENED, EventType.TICKET_MESSAGE_ADDED})
MAX_CITED: Final = 20  # ids of a message that are looked up again
Whose = tuple[str, Contact]  # a desk, and an identity there


class ClueRow(Struct, frozen=True):
    """Something that a message has, by which others like it are found."""

    key: Key
    at: datetime
    message: UUID
    ticket: UUID
    kind: str
    channel: str
    ours: bool
    proved: bool


class Opener(Struct, frozen=True):
    """A customer's message that opened a ticket because nothing joined it to another."""

    message: InboundMessage
    ticket: UUID
    hints: tuple[Hint, ...]
    writes_as: tuple[Contact, ...]  # everything its sender says to be
    proved: frozenset[Contact]  # what of it is more than a claim,
    verified: frozenset[Contact]  # and what its channel proves

    @property
    def cites(self) -> tuple[str, ...]:
        """Return the ids that it replies to, nearest first."""
        evidence = self.message.evidence
        return tuple(dict.fromkeys((*evidence.in_reply_to, *reversed(evidence.references))))[:MAX_CITED]


class Bridge(Struct, frozen=True):
    """A message that carries our tokens of several messages: joined by the first one, it may speak of them all."""

    message: InboundMessage
    keys: tuple[Key, ...]  # of their numbers


class Lesson(Struct):
    """What some events say. `people` may be linked to others that are waited for; `skipped` cannot be read."""

    sightings: list[Sighting] = field(default_factory=list)
    clues: list[ClueRow] = field(default_factory=list)
    openers: list[Opener] = field(default_factory=list)
    bridges: list[Bridge] = field(default_factory=list)
    people: dict[Whose, None] = field(default_factory=dict)
    linked: dict[UUID, None] = field(default_factory=dict)  # contacts
    merged: dict[UUID, Link] = field(default_factory=dict)  # tickets, and by what
    skipped: dict[int, str] = field(default_factory=dict)  # sequence numbers, and why

    def by_desk(self) -> Iterator[tuple[str, list[Sighting], list[Contact]]]:
        """Yield whom the messages of each desk show, and their identities."""
        desks = dict.fromkeys(sighting.message.desk for sighting in self.sightings)
        for desk in desks:
            met = [sighting for sighting in self.sightings if sighting.message.desk == desk]
            yield desk, met, list({shown.identity for sighting in met for shown in sighting.shown})


def lesson(events: Iterable[StoredEvent], terms: Terms, history: int = 0) -> Lesson:
    """Return what events say. Up to number `history` they are from before there were suggestions: nobody is asked."""
    learnt = Lesson()
    for stored in events:
        try:
            _learn(learnt, stored.type, decode(stored.body), terms, asks=stored.sequence > history)
        except MalformedInputError as err:
            learnt.skipped[stored.sequence] = str(err)
    return learnt


def _learn(learnt: Lesson, kind: str, event: Event, terms: Terms, *, asks: bool) -> None:
    if kind in _PLACED:
        placed = decode_data(event, MessagePlaced)
        _learn_message(learnt, placed, terms, asks=asks, opens=kind == EventType.TICKET_OPENED)
    elif kind == EventType.TICKET_MERGED:
        merged = decode_data(event, TicketMerged)
        learnt.merged[merged.ticket.id] = merged.link
    elif kind == EventType.CONTACT_LINKED:
        learnt.linked[decode_data(event, ContactLinked).contact.id] = None


def _learn_message(learnt: Lesson, placed: MessagePlaced, terms: Terms, *, asks: bool, opens: bool) -> None:
    message, ticket = placed.message, placed.ticket.id
    writes_as, proved = _speakers(message, terms)
    tokens, hints = _tokens(message, terms), hints_in(message, terms)
    learnt.sightings.extend(sightings(message, ticket, terms.customs))
    learnt.clues.extend(_rows(message, ticket, hints))
    learnt.people.update(dict.fromkeys((message.desk, name) for name in _names(message, writes_as, terms)))
    if asks and len(tokens) > 1:
        learnt.bridges.append(Bridge(message, tokens))
    if asks and opens and _asks(message, placed.placement):
        sure = frozenset(verified(message.sender, terms.customs, account=message.account))
        learnt.openers.append(Opener(message, ticket, hints, writes_as, frozenset(proved), sure))


def hints_in(message: InboundMessage, terms: Terms) -> tuple[Hint, ...]:
    """Return what a message offers for suggestions; what of it is stored has these keys."""
    writes_as, proved = _speakers(message, terms)
    names = _names(message, writes_as, terms)
    hints = (*hints_of(message, proved, names, terms.policy.patterns), *bare_hints(message), *key_hints(message, terms))
    return _of_announcement(hints) if _announces(message, names, terms) else hints


def _asks(message: InboundMessage, placement: Placement) -> bool:
    """Return whether it may belong to another ticket: a person wrote it just now, and no rule joined it."""
    in_person = message.direction is Direction.INBOUND and message.automation.kind == AutomationKind.NONE
    return in_person and placement.rule == Rule.OPEN and not message.backfill


def _speakers(message: InboundMessage, terms: Terms) -> tuple[tuple[Contact, ...], tuple[Contact, ...]]:
    """Return what the sender of a customer's message says to be, and what of it is more than a claim."""
    if message.direction is Direction.OUTBOUND:
        return (), ()
    customs, account = terms.customs, message.account
    return persons(message.sender, customs, account=account), persons(
        message.sender, customs, account=account, proved=True
    )


def _announces(message: InboundMessage, names: Sequence[Contact], terms: Terms) -> bool:
    """Return whether it is a mail of ours to many that answers nothing."""
    answers = message.evidence.in_reply_to or message.evidence.references or _tokens(message, terms)
    return message.direction is Direction.OUTBOUND and not answers and len(names) > terms.most_recipients


def _of_announcement(hints: Iterable[Hint]) -> tuple[Hint, ...]:
    """Return what finds a mail of ours to many: its people, as merely named, and its blobs. It is nobody's matter."""
    kept = (hint for hint in hints if hint.kind in {HintKind.CONTACT, HintKind.BLOB})
    return tuple(replace(hint, proved=False) for hint in kept)


def _tokens(message: InboundMessage, terms: Terms) -> tuple[Key, ...]:
    """Return the keys of the numbers that genuine tokens of ours name."""
    tokens = filter(None, map(read_token, message.evidence.tokens))
    genuine = (one.reference for one in tokens if verify_token(message.desk, one, terms.ring) is Verdict.GENUINE)
    return tuple(reference_key(message.desk, reference) for reference in dict.fromkeys(genuine))


def _names(message: InboundMessage, writes_as: Sequence[Contact], terms: Terms) -> tuple[Contact, ...]:
    parties = message.recipients[:MAX_PARTIES]
    named = (who for party in parties for who in persons(party, terms.customs, account=message.account))
    return tuple(dict.fromkeys((*writes_as, *named)))


def _rows(message: InboundMessage, ticket: UUID, hints: Iterable[Hint]) -> Iterable[ClueRow]:
    ours = message.direction is Direction.OUTBOUND
    for hint in hints:
        yield ClueRow(
            hint.key, message.sent_at, message.id, ticket, hint.kind, message.channel, ours, proved=hint.proved
        )
