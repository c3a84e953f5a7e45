"""The conversations a batch touches, while they grow together: who takes part, what waits for whom, what merges.

Pure. Everything only ever grows (tickets join, contacts come in), so the order of the steps cannot matter. Where a
stored fact is missing, it is taken for absent and noted in `need`; the result then only serves to learn the need.
"""

from collections import deque
from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ticket import Link, Status, TicketMerged, TicketReopened, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.hood import Need, Neighbourhood, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.plan import Happening, Plan
from threadline_threads.reasons import Reason, came_true
from threadline_threads.tickets import Ticket

_REOPENED_FROM: Final = frozenset({Status.SOLVED, Status.PENDING})


class Talk:
    """A conversation: tickets with one root. `origins` are the stored roots it grew from; facts are asked of those."""

    __slots__ = ("origins", "part", "root", "tickets", "waiting")

    def __init__(self, root: UUID, tickets: list[UUID], origins: list[UUID]) -> None:
        self.root = root
        self.tickets = tickets
        self.origins = origins
        self.part: dict[Contact, set[UUID]] = {}  # who takes part, and named in which tickets
        self.waiting: dict[Contact, list[Waiting]] = {}


class Board:
    """Working state of one pass of `decide`."""

    def __init__(self, hood: Neighbourhood, now: datetime) -> None:
        self.need = Need()
        self.plan = Plan()
        self.now = now
        self._hood = hood
        self._talks: dict[UUID, Talk] = {}
        self._agenda: deque[tuple[Talk, Contact]] = deque()
        self._grown: set[UUID] = set()  # roots of merged talks whose stored facts were not yet held together

    def ticket(self, ticket: UUID) -> Ticket:
        """Return the working copy of a ticket; it will be saved."""
        if (found := self.plan.tickets.get(ticket)) is None:
            found = self.plan.tickets[ticket] = copy(self._hood.tickets[ticket])
        return found

    def talk(self, ticket: UUID) -> Talk | None:
        """Return the conversation of a ticket; None when it must be loaded first."""
        if found := self._talks.get(ticket):
            return found
        stored = self._hood.tickets.get(ticket)
        if stored is None:
            self.need.tickets.add(ticket)
            return None
        members = self._hood.members[stored.root]
        talk = Talk(stored.root, list(members), [stored.root])
        self._talks.update(dict.fromkeys(members, talk))
        return talk

    def start(self, ticket: Ticket) -> None:
        """Add a new ticket, which is a conversation of its own."""
        self.plan.tickets[ticket.id] = ticket
        self._talks[ticket.id] = Talk(ticket.id, [ticket.id], [])

    def takes_part(self, talk: Talk, person: Contact) -> bool:
        """Return whether a contact takes part in a conversation."""
        return bool(self._named_in(talk, person))

    def name(self, ticket: UUID, people: Iterable[Contact]) -> None:
        """Let contacts take part in the conversation of a ticket, in which they are named."""
        if (talk := self.talk(ticket)) is None:
            return
        for person in people:
            tickets = self._named_in(talk, person)
            if not tickets:
                self._agenda.append((talk, person))
            if ticket not in tickets:
                talk.part.setdefault(person, set()).add(ticket)
                self.plan.named.append((ticket, person))

    def wait(self, one: Waiting) -> None:
        """Do what `one` says, now or as soon as its contact takes part."""
        target = self.talk(one.target)
        if target is None or (one.source and self.talk(one.source) is target):
            return
        target.waiting.setdefault(one.contact, []).append(one)
        if self.takes_part(target, one.contact):
            self._agenda.append((target, one.contact))

    def connect(self, one: UUID, other: UUID, reason: Reason) -> None:
        """Make one conversation of those of two tickets."""
        a, b = self.talk(one), self.talk(other)
        if a is None or b is None or a is b:
            return
        if self._stored_or_new(a.root).age <= self._stored_or_new(b.root).age:
            self._merge(a, b, reason)
        else:
            self._merge(b, a, reason)

    def age(self, ticket: UUID) -> tuple[datetime, UUID]:
        """Return what decides whether the conversation of a ticket stays root: the smallest is the oldest."""
        talk = self.talk(ticket)
        return self._stored_or_new(talk.root if talk else ticket).age

    def settle(self) -> None:
        """Do what no longer has to wait, and what follows from that."""
        while self._agenda:
            talk, person = self._agenda.popleft()
            talk = self._talks[talk.root]  # it may have merged since
            if self.takes_part(talk, person):
                for one in self._due(talk, person):
                    self._fire(one)

    def cross(self) -> bool:
        """Hold together the stored facts of conversations that merged; return whether that may have changed any."""
        roots, self._grown = self._grown, set()
        for talk in {id(talk): talk for talk in map(self._talks.__getitem__, roots)}.values():
            group = frozenset(talk.origins)
            if len(group) > 1:
                people = self._hood.crossings.get(group)
                if people is None:
                    self.need.crossings.add(group)
                self._agenda.extend((talk, person) for person in people or ())
        self.settle()
        return bool(self._grown)

    def reopen(self, ticket: UUID, one: Incoming) -> None:
        """Open the conversation of a ticket again, if a customer's message must."""
        talk = self.talk(ticket)
        if talk is None or self._stored_or_new(talk.root).status not in _REOPENED_FROM:
            return
        root = self.ticket(talk.root)
        because = f"A customer wrote on this {root.status} ticket."
        root.status = Status.OPEN
        root.revise(self.now)
        self.happen(
            EventType.TICKET_REOPENED,
            root,
            TicketReopened(ticket=root.header(), message_id=one.message.id, because=because),
            one.message.id,
        )

    def happen(self, event: EventType, ticket: Ticket, data: Struct, message: UUID | None = None) -> None:
        """Note an event of a ticket at its present revision."""
        self.plan.happenings.append(Happening(event, ticket.id, ticket.revision, message, data))

    def unfinished(self) -> list[Waiting]:
        """Return what began to wait and still does."""
        talks = {id(talk): talk for talk in self._talks.values()}.values()
        return [
            one
            for talk in talks
            for waiting in talk.waiting.values()
            for one in waiting
            if (one.target, one.message) not in self.plan.fired and not (one.source and self.talk(one.source) is talk)
        ]

    def _stored_or_new(self, ticket: UUID) -> Ticket:
        return self.plan.tickets.get(ticket) or self._hood.tickets[ticket]

    def _named_in(self, talk: Talk, person: Contact) -> set[UUID]:
        """Return the tickets of a conversation in which a contact is named as taking part."""
        named = talk.part.get(person)
        asked = self._hood.named_in
        for origin in talk.origins:
            if (stored := asked.get((origin, person))) is None:
                self.need.pairs.add((origin, person))
            elif stored:
                named = talk.part.setdefault(person, set())
                named |= stored
        return named or set()

    def _due(self, talk: Talk, person: Contact) -> list[Waiting]:
        due = talk.waiting.pop(person, [])
        for origin in talk.origins:
            due.extend(self._hood.waiting.get((origin, person), ()))
        return [one for one in due if (one.target, one.message) not in self.plan.fired]

    def _fire(self, one: Waiting) -> None:
        if one.source is None:
            self.name(one.target, one.names)
        else:
            self.connect(one.source, one.target, came_true(one))
        self.plan.fired.add((one.target, one.message))

    def _merge(self, parent: Talk, child: Talk, reason: Reason) -> None:
        root = self.ticket(parent.root)
        link = Link(child=child.root, parent=root.id, rule=reason.rule, because=reason.because, at=self.now)
        self.plan.links.append(link)
        self._tell(root, child, link)
        parent.tickets += child.tickets
        parent.origins += child.origins
        for person, tickets in child.part.items():
            parent.part.setdefault(person, set()).update(tickets)
        for person, waiting in child.waiting.items():
            parent.waiting.setdefault(person, []).extend(waiting)
        self._talks.update(dict.fromkeys(child.tickets, parent))
        self._grown.add(root.id)
        # Whoever took part in one of the two takes part in the other now.
        self._agenda.extend((parent, person) for person in {**parent.part, **parent.waiting})

    def _tell(self, root: Ticket, child: Talk, link: Link) -> None:
        top = self.ticket(child.root)
        newest = max(root, top, key=lambda ticket: ticket.active_at)
        root.active_at, root.last_message = newest.active_at, newest.last_message
        root.links += (link,)
        top.links += (link,)
        root.revise(self.now)
        changed = TicketUpdated(ticket=root.header(), changed=("links",), because=link.because)
        self.happen(EventType.TICKET_UPDATED, root, changed)
        for member in map(self.ticket, child.tickets):
            member.root = root.id
            member.revise(self.now)
            merged = TicketMerged(ticket=member.header(), root=root.header(), link=link)
            self.happen(EventType.TICKET_MERGED, member, merged)
