"""What weak evidence a message offers: clues, by which it may join, and hints, by which it may be suggested. Pure.

A clue depends on its message alone, and whether two agree on these two alone, so what they join does not depend on the
order of arrival (docs/grouping.md, "policy"). None is ever made of an empty value, none leaves its desk.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from itertools import chain
from typing import Final

from msgspec import Struct

from threadline_contracts.message import AutomationKind, Direction, IdentityKind, InboundMessage
from threadline_threads.identity import Contact, Customs, links_people, persons, shown
from threadline_threads.keys import Key, clue_key, hint_key
from threadline_threads.numbers import REFERENCE, Pattern, numbers_of
from threadline_threads.phones import is_international
from threadline_threads.policy import Action, Condition, Policy
from threadline_threads.subject import normal_subject

MAX_PEOPLE: Final = 5  # a mail of ours to more is a mailing: its subject belongs to none of them in particular
_PHONE: Final = f"{IdentityKind.PHONE}:"
_MACHINES: Final = frozenset({AutomationKind.BULK, AutomationKind.BOUNCE})
_NO_CUSTOMS: Final = Customs()


class Clue(Struct, frozen=True):
    """One side of a possible join: two messages with one `key` join if `agree` says so.

    `at`: when it was sent; `ours`: we wrote it; `marked`: it may be the later one where the condition asks for that
    (it says "Re:" and cites nothing).
    """

    key: Key
    condition: Condition
    at: datetime
    channel: str
    ours: bool
    marked: bool


class HintKind(StrEnum):
    """What a hint is about."""

    CONTACT = "contact"
    SUBJECT_OF = "subject_of"  # a base subject, with one person
    SUBJECT = "subject"  # a base subject of three words or more, whoever wrote
    NUMBER = "number"
    KEY = "key"  # an idempotency key of one account and sender, where the policy suggests by it
    BLOB = "blob"  # a file or body: counted, so that erasing one contact leaves another's


class Hint(Struct, frozen=True):
    """What a suggestion may be founded on.

    `value` is what it is about, for people: `email:ana@a.example`, `broken lamp`, `order 4711`. `proved`: for a
    contact, that the message's sender proved it or we wrote to it, rather than it being claimed or merely named.
    """

    kind: HintKind
    key: Key
    value: str
    proved: bool = True


def clues_of(
    message: InboundMessage,
    speaks_as: Sequence[Contact],
    names: Sequence[Contact],
    verified: Sequence[Contact],
    *,
    cites: bool,
    has_token: bool,
    policy: Policy,
    customs: Customs = _NO_CUSTOMS,
) -> tuple[Clue, ...]:
    """Return the clues of a message, for the conditions by which the policy joins its channel.

    `speaks_as` are the proved contacts of its sender, `verified` those that the channel proved, `names` whom it names
    (for a message of ours: its recipients). `cites`: it replies to some id; `has_token`: it carries a token of ours.
    """
    joins = [condition for condition in policy.joins if policy.may_join(condition, message.channel)]
    if not joins or message.automation.kind in _MACHINES:
        return ()
    source = _Source(message, speaks_as, names, verified, customs, policy.patterns, alone=not cites and not has_token)
    return tuple(clue for condition in joins for clue in source.clues(condition))


def agree(one: Clue, other: Clue, policy: Policy) -> bool:
    """Return whether two messages join by a clue of each. Symmetric: which of them came first does not matter."""
    if one.key != other.key or one.condition is not other.condition:
        return False
    return follows(one, other, policy) or follows(other, one, policy)


def follows(later: Clue, earlier: Clue, policy: Policy) -> bool:
    """Return whether the message of one clue joins that of the other as the later of the two."""
    row = policy.action(later.condition, later=later.channel, earlier=earlier.channel)
    if row.action is not Action.JOIN or not row.in_time(earlier.at, later.at):
        return False
    match later.condition:
        case Condition.REPLY_SUBJECT | Condition.SAME_SUBJECT:
            return later.marked
        case Condition.CALL_BACK:
            return later.ours is not earlier.ours
        case _:
            return True


def hints_of(
    message: InboundMessage,
    speaks_as: Sequence[Contact],
    names: Sequence[Contact],
    patterns: Sequence[Pattern] = (),
) -> tuple[Hint, ...]:
    """Return what suggestions about a message may be founded on, and its blobs; each key once.

    People come first, then subject, numbers (its own reference among them) and blobs.
    """
    ours = message.direction is Direction.OUTBOUND
    people = tuple(dict.fromkeys((*speaks_as, *names)))
    found = chain(
        (_hint(message, HintKind.CONTACT, who, proved=ours or who in speaks_as) for who in people),
        _subject_hints(message, people),
        _number_hints(message, patterns),
        (_hint(message, HintKind.BLOB, blob) for blob in _blobs(message)),
    )
    return tuple({hint.key: hint for hint in found}.values())


def _subject_hints(message: InboundMessage, people: Sequence[Contact]) -> Iterator[Hint]:
    subject = normal_subject(message.subject)
    if subject.tells:
        for person in people[:MAX_PEOPLE]:
            yield _hint(message, HintKind.SUBJECT_OF, person, subject.base)
        if subject.is_long:
            yield _hint(message, HintKind.SUBJECT, subject.base)


def _number_hints(message: InboundMessage, patterns: Sequence[Pattern]) -> Iterator[Hint]:
    yield _hint(message, HintKind.NUMBER, REFERENCE, message.reference)
    for number in numbers_of(_said(message), patterns):
        yield _hint(message, HintKind.NUMBER, number.kind, number.value)


def _blobs(message: InboundMessage) -> Iterator[str]:
    yield from (file.blob for file in message.attachments)
    yield from (body.blob for body in (message.text_ref, message.full_text_ref, message.html_ref) if body)
    if message.raw:
        yield message.raw


def _hint(message: InboundMessage, kind: HintKind, *values: str, proved: bool = True) -> Hint:
    return Hint(kind, hint_key(message.desk, kind, *values), " ".join(values), proved)


def _said(message: InboundMessage) -> str:
    return f"{message.subject}\n{message.text}"


class _Source(Struct, frozen=True):
    """A message and what of it clues are made of. `alone`: it names no conversation itself."""

    message: InboundMessage
    speaks_as: Sequence[Contact]
    names: Sequence[Contact]
    verified: Sequence[Contact]
    customs: Customs
    patterns: Sequence[Pattern]
    alone: bool

    def clues(self, condition: Condition) -> Iterator[Clue]:
        match condition:
            case Condition.REPLY_SUBJECT | Condition.SAME_SUBJECT:
                return self._subject(condition)
            case Condition.SAME_KEY:
                return self._same_key()
            case Condition.SAME_CONTENT:
                return self._same_content()
            case Condition.CALL_BACK:
                return self._call_back()
            case Condition.SAME_NUMBER:
                return self._same_number()
            case _:
                return iter(())  # needs more than two messages

    @property
    def _ours(self) -> bool:
        return self.message.direction is Direction.OUTBOUND

    def _people(self) -> Sequence[Contact]:
        """Return whose conversation it is: who proved to have written it, or to whom we wrote.

        An address that several people share (`info@`) is nobody's in particular.
        """
        if self._ours and len(self.names) > MAX_PEOPLE:
            return ()
        people = self.names if self._ours else self.verified[:MAX_PEOPLE]
        return [who for who in people if links_people(who, self.customs)]

    def _subject(self, condition: Condition) -> Iterator[Clue]:
        people = self._people()
        subject = normal_subject(self.message.subject) if people else None
        if subject is None or not subject.tells:
            return
        says_so = subject.reply if condition is Condition.REPLY_SUBJECT else not (subject.reply or subject.forward)
        marked = says_so and self.alone and not self._ours
        for person in people:
            yield self._clue(condition, person, subject.base, marked=marked)

    def _same_key(self) -> Iterator[Clue]:
        message = self.message
        if not message.external_id or self._ours:
            return
        # A site may use one key for everything: then it is at least one person's.
        for sender in persons(message.sender, self.customs, account=message.account)[:MAX_PEOPLE]:
            yield self._clue(Condition.SAME_KEY, message.channel, message.account, sender, message.external_id)

    def _same_content(self) -> Iterator[Clue]:
        message = self.message
        text = " ".join(message.text.split())
        if not text or self._ours:
            return
        whole = message.text_ref.blob if message.text_ref else ""
        content = sha256(f"{' '.join(message.subject.split())}\n{text}\n{whole}".encode("utf-8", "surrogatepass"))
        for sender in persons(message.sender, self.customs, account=message.account)[:MAX_PEOPLE]:
            yield self._clue(Condition.SAME_CONTENT, message.channel, message.account, sender, content.hexdigest())

    def _call_back(self) -> Iterator[Clue]:
        for found in (self.names if self._ours else self.speaks_as)[:MAX_PEOPLE]:
            # An extension is somebody else in each exchange, and a listed number several people's.
            if found.startswith(_PHONE) and is_international(shown(found)) and links_people(found, self.customs):
                yield self._clue(Condition.CALL_BACK, found)

    def _same_number(self) -> Iterator[Clue]:
        if people := self._people():
            for number in numbers_of(_said(self.message), self.patterns)[:MAX_PEOPLE]:
                for person in people:
                    yield self._clue(Condition.SAME_NUMBER, person, number.kind, number.value)

    def _clue(self, condition: Condition, *values: str, marked: bool = False) -> Clue:
        message = self.message
        key = clue_key(message.desk, condition, *values)
        return Clue(key, condition, message.sent_at, message.channel, self._ours, marked)
