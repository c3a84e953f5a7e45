"""Which conversations a message that opened a ticket may belong to, and what they have in common. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct, field

from threadline_contracts.ticket import Status
from threadline_threads.clerk.lessons import ClueRow, Opener, Whose
from threadline_threads.clues import Hint, HintKind
from threadline_threads.identity import Contact, contact
from threadline_threads.keys import Key, citation_key, hint_key
from threadline_threads.subject import normal_subject
from threadline_threads.tickets import Ticket

MOST_SHARING: Final = 5  # conversations: a subject or number that more of them have, tells nothing
MOST_CANDIDATES: Final = 20  # of one message: the nearest in time
_ASKED: Final = frozenset({HintKind.SUBJECT, HintKind.NUMBER, HintKind.KEY})
_OVER: Final = frozenset({Status.SOLVED, Status.CLOSED})


class Surroundings(Struct):
    """What is stored round some messages.

    `groups`: the other identities of somebody's contact. `clues`: by key, the newest. `homes`: of messages. `tickets`:
    these, and their roots. `cited` and `citing`: by the key of an id, tickets with the message that has it, and tickets
    with one that replies to it.
    """

    groups: Mapping[Whose, Sequence[Contact]] = field(default_factory=dict)
    clues: Mapping[Key, Sequence[ClueRow]] = field(default_factory=dict)
    homes: Mapping[UUID, UUID] = field(default_factory=dict)
    tickets: Mapping[UUID, Ticket] = field(default_factory=dict)
    cited: Mapping[Key, Sequence[UUID]] = field(default_factory=dict)
    citing: Mapping[Key, Sequence[UUID]] = field(default_factory=dict)


class Match(Struct, frozen=True):
    """Something that the message and one of another conversation have in common.

    `about`: it is a contact, and the other message's ticket is about that one, rather than merely naming it.
    """

    hint: Hint
    clue: ClueRow
    about: bool = False


class Candidate(Struct):
    """A conversation that a message may belong to, by its root."""

    opener: Opener
    ticket: Ticket  # the message's
    other: Ticket
    matches: list[Match] = field(default_factory=list)
    cited: bool = False  # the message replies to one there,
    citing: bool = False  # or one there to the message
    only_one: bool = False  # the sender has no other open conversation

    @property
    def gap(self) -> timedelta:
        """How far in time the nearest message is that has something in common."""
        at = self.opener.message.sent_at
        return min((abs(match.clue.at - at) for match in self.matches), default=timedelta.max)


def asked_hints(opener: Opener, groups: Mapping[Whose, Sequence[Contact]]) -> dict[Key, Hint]:
    """Return what others may share with a message: what it says, whoever its sender is."""
    desk, base = opener.message.desk, normal_subject(opener.message.subject)
    asked = [hint for hint in opener.hints if hint.kind in _ASKED]
    for who in _everybody(opener, groups):
        proved = who not in opener.writes_as or who in opener.proved
        asked.append(Hint(HintKind.CONTACT, hint_key(desk, HintKind.CONTACT, who), who, proved))
        if base.tells:
            key = hint_key(desk, HintKind.SUBJECT_OF, who, base.base)
            asked.append(Hint(HintKind.SUBJECT_OF, key, f"{who} {base.base}", proved))
    return {hint.key: hint for hint in asked}


def cited_keys(opener: Opener) -> list[Key]:
    """Return the keys of what a message replies to."""
    message = opener.message
    return [key for found in opener.cites if (key := citation_key(message.desk, message.channel, found))]


def own_key(opener: Opener) -> Key | None:
    """Return the key by which others reply to a message."""
    message = opener.message
    return citation_key(message.desk, message.channel, message.external_id)


def candidates(opener: Opener, near: Surroundings) -> list[Candidate]:
    """Return the conversations that have something in common with a message, the nearest in time first."""
    ticket = near.tickets.get(opener.ticket)
    if ticket is None:
        return []
    found = _Found(opener, ticket, near)
    for key, hint in asked_hints(opener, near.groups).items():
        found.add_matches(hint, near.clues.get(key, ()))
    for home in (home for key in cited_keys(opener) for home in near.cited.get(key, ())):
        found.at(home).cited = True
    for home in near.citing.get(own_key(opener) or b"", ()):
        found.at(home).citing = True
    return found.rest()


class _Found:
    """Candidates by their roots, while they are collected."""

    def __init__(self, opener: Opener, ticket: Ticket, near: Surroundings) -> None:
        self._opener = opener
        self._ticket = ticket
        self._near = near
        self._by_root: dict[UUID, Candidate] = {}
        self._own = Candidate(opener, ticket, ticket)

    def add_matches(self, hint: Hint, clues: Iterable[ClueRow]) -> None:
        by_root: defaultdict[UUID, list[ClueRow]] = defaultdict(list)
        for clue in clues:
            if other := self._root(self._near.homes.get(clue.message)):
                by_root[other.id].append(clue)
        if hint.kind is not HintKind.CONTACT and len(by_root) > MOST_SHARING:
            return
        for root, shared in by_root.items():
            self.at(root).matches.extend(Match(hint, clue, self._is_about(clue, hint)) for clue in shared)

    def at(self, home: UUID) -> Candidate:
        """Return the candidate for a ticket's conversation; for the message's own, one that counts for nothing."""
        other = self._root(home)
        if other is None:
            return self._own
        return self._by_root.setdefault(other.id, Candidate(self._opener, self._ticket, other))

    def rest(self) -> list[Candidate]:
        """Return those that may be suggested."""
        theirs = [one for one in self._by_root.values() if _is_theirs(one) and one.other.status not in _OVER]
        if len(theirs) == 1:
            theirs[0].only_one = True
        allowed = [one for one in self._by_root.values() if _may_belong(one)]
        return sorted(allowed, key=lambda one: (not (one.cited or one.citing), one.gap))[:MOST_CANDIDATES]

    def _is_about(self, clue: ClueRow, hint: Hint) -> bool:
        if hint.kind is not HintKind.CONTACT:
            return False
        who = self._near.tickets[self._near.homes[clue.message]].contact
        return hint.value in {contact(identity.kind, identity.value) for identity in who.identities}

    def _root(self, home: UUID | None) -> Ticket | None:
        """Return what speaks for a ticket, unless it is the message's own conversation."""
        ticket = self._near.tickets.get(home) if home else None
        root = self._near.tickets.get(ticket.root) if ticket else None
        return root if root and root.id != self._ticket.root and root.desk == self._ticket.desk else None


def _everybody(opener: Opener, groups: Mapping[Whose, Sequence[Contact]]) -> Iterator[Contact]:
    """Yield what a sender says to be, and for what is more than a claim, what else is known to be theirs."""
    for who in opener.writes_as:
        yield who
        if who in opener.proved:
            yield from groups.get((opener.message.desk, who), ())


def _is_theirs(one: Candidate) -> bool:
    return any(m.hint.kind is HintKind.CONTACT and (m.clue.proved or m.about) for m in one.matches)


def _may_belong(one: Candidate) -> bool:
    """Return whether two tickets may become one: not a closed one, nor one that the other follows."""
    follows = one.ticket.follows == one.other.id or one.other.follows == one.ticket.id
    return one.other.status is not Status.CLOSED and not follows
