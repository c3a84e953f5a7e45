"""What a command names, and what must be known to carry it out. Pure data; stores fill it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ticket import Link, Placement, Suggestion
from threadline_threads.hood import Citation, Holder, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.reading import Severed
from threadline_threads.tickets import Ticket

Reread: TypeAlias = Callable[[bytes], Incoming]  # a stored message, as it was when it came in


class Concern(Struct, frozen=True):
    """What a command names: tickets, a message, a suggestion."""

    tickets: tuple[UUID, ...] = ()
    message: UUID | None = None
    suggestion: UUID | None = None


class Newest(Struct, frozen=True, order=True):
    """The message of a home ticket that was committed last."""

    committed_at: datetime
    message: UUID


class Kept(Struct, frozen=True):
    """A stored message, and when it was first committed."""

    incoming: Incoming
    committed_at: datetime


class Moving(Struct, frozen=True, kw_only=True):
    """The message that is to leave its `home`, and by what the two are found.

    `remaining`: the other messages of that ticket, oldest first. `heading`: where there is none, the oldest other one
    of the conversation. `holders`: what is stored at `home` for keys of the message, and for the ids of the others.
    `named`: who takes part at `home` and by which id alone, `elsewhere`: in the rest of the conversation. `waiting`:
    what waits at `home`. `citations`: who cites the message, and what else of this ticket those cite who wait.
    """

    kept: Kept
    home: UUID
    placement: Placement
    remaining: Sequence[Kept]
    heading: Incoming | None
    holders: Mapping[Key, Holder]
    named: Mapping[Contact, str]
    elsewhere: frozenset[Contact]
    waiting: Sequence[Waiting]
    citations: Mapping[Key, Sequence[Citation]]

    @property
    def message(self) -> UUID:
        """The id of the message."""
        return self.kept.incoming.message.id


def keys_to_know(one: Incoming, remaining: Iterable[Kept]) -> list[Key]:
    """Return the keys whose holders matter when a message leaves a ticket in which these remain."""
    others = (kept.incoming.external for kept in remaining)
    return [*dict.fromkeys((*one.looks_up(), *(key for key in others if key)))]


def ids_to_know(one: Incoming, remaining: Iterable[Kept]) -> list[Key]:
    """Return the keys of the other ids in the ticket: what waits for the message may cite these, too."""
    return [*{key for kept in remaining if (key := kept.incoming.external) and key != one.external}]


class Facts:
    """Whole conversations of the tickets that a command names, and what was decided about them before.

    `suggestions` are the open ones with an end in them, and the one that the command names, however it ended. `severed`
    are the pairs with an end in them. `newest` leaves out the message that is to move, and tickets without another.
    """

    def __init__(self, tickets: Iterable[Ticket]) -> None:
        self.tickets = {ticket.id: ticket for ticket in tickets}
        self.members: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self.newest: Mapping[UUID, Newest] = {}
        self.severed: Sequence[Severed] = ()
        self.suggestions: Mapping[UUID, Suggestion] = {}
        self.moving: Moving | None = None
        for ticket in self.tickets.values():
            self.members[ticket.root].append(ticket.id)

    def root(self, ticket: UUID) -> UUID:
        """Return what speaks for a ticket."""
        return self.tickets[ticket].root

    def conversation(self, ticket: UUID) -> frozenset[UUID]:
        """Return every ticket that speaks through the same root."""
        return frozenset(self.members[self.root(ticket)])

    def goes_on(self, ticket: UUID) -> UUID:
        """Return the root with which the conversation of a ticket goes on: its own, or its newest follower's.

        A follower that is not among the facts is returned as it is.
        """
        root, passed = self.root(ticket), set[UUID]()
        while (follower := self.tickets[root].followed_by) and root not in passed:
            if follower not in self.tickets:
                return follower
            passed.add(root)
            root = self.root(follower)
        return root

    def link_of(self, ticket: UUID) -> Link | None:
        """Return by what a ticket was merged into another."""
        return next((link for link in self.tickets[ticket].links if link.child == ticket), None)

    def subtree(self, top: UUID) -> frozenset[UUID]:
        """Return a ticket and everything that was merged into it, directly or not."""
        children: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for link in filter(None, map(self.link_of, self.conversation(top))):
            children[link.parent].append(link.child)
        found = [top]
        for one in found:
            found.extend(children[one])
        return frozenset(found)

    def newest_of(self, tickets: Iterable[UUID]) -> Newest | None:
        """Return the message of some home tickets that was committed last."""
        return max((self.newest[one] for one in tickets if one in self.newest), default=None)

    def severed_between(self, one: frozenset[UUID], other: frozenset[UUID]) -> list[Severed]:
        """Return the decisions that keep two groups of tickets apart."""
        return [pair for pair in self.severed if _between(pair.one, pair.other, one, other)]

    def suggested_between(self, one: frozenset[UUID], other: frozenset[UUID]) -> list[Suggestion]:
        """Return the suggestions to merge two groups of tickets, open or not."""
        return [found for found in self.suggestions.values() if _between(found.ticket, found.other, one, other)]


def _between(end: UUID, other_end: UUID, one: frozenset[UUID], other: frozenset[UUID]) -> bool:
    return (end in one and other_end in other) or (end in other and other_end in one)
