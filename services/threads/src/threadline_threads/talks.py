"""The conversations a batch touches: their tickets, who takes part in them, and what goes on elsewhere. Pure.

Where a stored fact is missing, it is taken for absent and noted in `need`; the result then only serves to learn the
need.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from datetime import datetime
from uuid import UUID

from threadline_threads.hood import Need, Neighbourhood, Waiting
from threadline_threads.identity import Contact
from threadline_threads.plan import Plan
from threadline_threads.tickets import Ticket


class Talk:
    """A conversation: tickets with one root. `origins` are the stored roots it grew from; facts are asked of those."""

    __slots__ = ("origins", "part", "root", "tickets", "waiting")

    def __init__(self, root: UUID, tickets: list[UUID], origins: list[UUID]) -> None:
        self.root = root
        self.tickets = tickets
        self.origins = origins
        # Who takes part, in which tickets they are named, and (in each) by which one message alone, if any.
        self.part: dict[Contact, dict[UUID, str]] = {}
        self.waiting: dict[Contact, list[Waiting]] = {}


class Talks:
    """All of them, as one pass of `decide` makes them."""

    def __init__(self, hood: Neighbourhood, plan: Plan, need: Need) -> None:
        self._hood = hood
        self._plan = plan
        self._need = need
        self._talks: dict[UUID, Talk] = {}

    def __iter__(self) -> Iterator[Talk]:
        """Yield every conversation once."""
        return iter({id(talk): talk for talk in self._talks.values()}.values())

    def ticket(self, ticket: UUID) -> Ticket:
        """Return the working copy of a ticket; it will be saved."""
        if (found := self._plan.tickets.get(ticket)) is None:
            found = self._plan.tickets[ticket] = copy(self._stored(ticket))
        return found

    def seen(self, ticket: UUID) -> Ticket:
        """Return a ticket as it is by now, to be read alone."""
        return self._plan.tickets.get(ticket) or self._stored(ticket)

    def of(self, ticket: UUID) -> Talk | None:
        """Return the conversation of a ticket; None when it must be loaded first."""
        if found := self._talks.get(ticket):
            return found
        root = self._hood.roots.get(ticket)
        if root is None:
            self._need.tickets.add(ticket)
            return None
        members = self._hood.members[root]
        talk = Talk(root, list(members), [root])
        self._talks.update(dict.fromkeys(members, talk))
        return talk

    def newest(self, ticket: UUID) -> Talk | None:
        """Return the conversation that goes on for that of a ticket: its own, or its newest follower's."""
        talk = self.of(ticket)
        passed = {talk}
        while talk and (follower := self.seen(talk.root).followed_by):
            if (talk := self.of(follower)) in passed:  # somebody merged the two
                break
            passed.add(talk)
        return talk

    def follow(self, one: Talk, other: Talk) -> bool:
        """Return whether a ticket of one conversation follows a ticket of another, which was merged since."""
        return any(self.seen(ticket).follows in other.tickets for ticket in one.tickets)

    def start(self, ticket: Ticket) -> None:
        """Add a new ticket, which is a conversation of its own."""
        self._plan.tickets[ticket.id] = ticket
        self._talks[ticket.id] = Talk(ticket.id, [ticket.id], [])

    def age(self, ticket: UUID) -> tuple[datetime, UUID]:
        """Return what decides whether the conversation of a ticket stays root: the smallest is the oldest."""
        talk = self.of(ticket)
        return self.seen(talk.root if talk else ticket).age

    def takes_part(self, talk: Talk, person: Contact, *, besides: str = "") -> bool:
        """Return whether a contact takes part: is named, and not only in the message with the external id `besides`."""
        return any(not via or via != besides for via in self._named_in(talk, person).values())

    def speaker(self, ticket: UUID, people: Iterable[Contact], *, besides: str = "") -> Contact | None:
        """Return who of some people takes part in the conversation of a ticket, or in what follows it."""
        here, now = self.of(ticket), self.newest(ticket)
        talks = [talk for talk in dict.fromkeys((here, now)) if talk]
        return next((who for who in people for talk in talks if self.takes_part(talk, who, besides=besides)), None)

    def name(self, talk: Talk, ticket: UUID, person: Contact, via: str) -> bool:
        """Let a contact take part; return whether that is news. `via`: the external id of the message that says so."""
        named = self._named_in(talk, person)
        known = named.get(ticket)
        via = via if known in {None, via} else ""
        if via == known:
            return False
        talk.part.setdefault(person, {})[ticket] = self._plan.named[ticket, person] = via
        return True

    def join(self, parent: Talk, child: Talk) -> None:
        """Make one conversation of two."""
        parent.tickets += child.tickets
        parent.origins += child.origins
        for person, named in child.part.items():
            parent.part.setdefault(person, {}).update(named)
        for person, waiting in child.waiting.items():
            parent.waiting.setdefault(person, []).extend(waiting)
        self._talks.update(dict.fromkeys(child.tickets, parent))

    def _stored(self, ticket: UUID) -> Ticket:
        """Return a ticket as stored; one that was not read yet, taken for its root."""
        if found := self._hood.tickets.get(ticket):
            return found
        root = self._hood.roots[ticket]
        self._need.whole.add(root)
        standing_in = copy(self._hood.tickets[root])
        standing_in.id = ticket
        return standing_in

    def _named_in(self, talk: Talk, person: Contact) -> dict[UUID, str]:
        """Return the tickets of a conversation in which a contact is named as taking part."""
        named = talk.part.get(person)
        asked = self._hood.named_in
        for origin in talk.origins:
            if (stored := asked.get((origin, person))) is None:
                self._need.pairs.add((origin, person))
            elif stored and not stored.keys() <= (named or {}).keys():
                named = talk.part[person] = {**stored, **(named or {})}
        return named or {}
