"""What grows on the conversations of a batch: who takes part, what waits for whom, what merges. Pure.

Everything only ever grows (tickets join, contacts come in), so the order of the steps cannot matter.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.ticket import Link, TicketMerged, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.hood import Need, Neighbourhood, Waiting
from threadline_threads.identity import Contact
from threadline_threads.linking import an_end, directed
from threadline_threads.plan import Happening, Plan
from threadline_threads.reasons import Reason, came_true
from threadline_threads.severing import Severing
from threadline_threads.talks import Talk, Talks
from threadline_threads.tickets import Ticket


class Board:
    """Working state of one pass of `decide`."""

    def __init__(self, hood: Neighbourhood, now: datetime) -> None:
        self.need = Need()
        self.plan = Plan()
        self.now = now
        self.talks = Talks(hood, self.plan, self.need)
        self._hood = hood
        self._severing = Severing(hood, self.plan, self.need, self.talks)
        self._agenda: deque[tuple[Talk, Contact]] = deque()
        self._grown: set[UUID] = set()  # roots of merged talks whose stored facts were not yet held together

    def name(self, ticket: UUID, people: Iterable[Contact], via: str = "") -> None:
        """Let contacts take part in the conversation of a ticket, in which they are named.

        `via` is the external id of the message that names them, unless it is theirs or ours.
        """
        if talk := self.talks.of(ticket):
            self._agenda.extend((talk, person) for person in people if self.talks.name(talk, ticket, person, via))

    def wait(self, one: Waiting) -> None:
        """Do what `one` says, now or as soon as its contact takes part."""
        target = self.talks.of(one.target)
        if target is None or (one.source and self.talks.of(one.source) is target):
            return
        target.waiting.setdefault(one.contact, []).append(one)
        if self.talks.takes_part(target, one.contact, besides=one.besides):
            self._agenda.append((target, one.contact))

    def forget(self, ticket: UUID, cited: str) -> None:
        """Let nothing wait any longer because it cites an id that stands for no message of a ticket any more."""
        self.plan.forgotten.add((ticket, cited))

    def connect(self, one: UUID, other: UUID, reason: Reason) -> None:
        """Make one conversation of those of two tickets, or of what follows them.

        Not if somebody keeps them apart, nor of a ticket and one that it follows.
        """
        a, b = self.talks.newest(one), self.talks.newest(other)
        if a is None or b is None or a is b or self.talks.follow(a, b) or self.talks.follow(b, a):
            return
        older, younger = (a, b) if self.talks.seen(a.root).age <= self.talks.seen(b.root).age else (b, a)
        if by := self._severing.apart(older, younger):
            self._severing.suggest(older, younger, reason, by, self.now)
        else:
            seen = self.talks.seen
            child, parent = directed(an_end(a.root, one, seen), an_end(b.root, other, seen), seen)
            talks = {a.root: a, b.root: b}
            self._merge(talks[child.root.id], talks[parent.root.id], parent.proved.id, reason)

    def follow(self, new: Ticket, old: UUID) -> None:
        """Keep a ticket apart from whatever the conversation that it follows is kept apart from."""
        if talk := self.talks.of(old):
            self._severing.inherit(new, talk)

    def revisit(self, ticket: UUID, people: Iterable[Contact]) -> None:
        """Do what waits in the conversation of a ticket for contacts who may take part in it by now."""
        if talk := self.talks.of(ticket):
            self._agenda.extend((talk, person) for person in people)
            self.settle()

    def settle(self) -> None:
        """Do what no longer has to wait, and what follows from that."""
        while self._agenda:
            talk, person = self._agenda.popleft()
            current = self.talks.of(talk.root)  # it may have merged since
            if current and self.talks.takes_part(current, person):
                for one in self._due(current, person):
                    self._fire(one)

    def cross(self) -> bool:
        """Hold together the stored facts of conversations that merged; return whether that may have changed any."""
        roots, self._grown = self._grown, set()
        for talk in {id(talk): talk for root in roots if (talk := self.talks.of(root))}.values():
            group = frozenset(talk.origins)
            if len(group) > 1:
                people = self._hood.crossings.get(group)
                if people is None:
                    self.need.crossings.add(group)
                self._agenda.extend((talk, person) for person in people or ())
        self.settle()
        return bool(self._grown)

    def happen(self, event: EventType, ticket: Ticket, data: Struct, message: UUID | None = None) -> None:
        """Note an event of a ticket at its present revision."""
        self.plan.happenings.append(Happening(event, ticket.id, ticket.revision, message, data))

    def unfinished(self) -> list[Waiting]:
        """Return what began to wait and still does, once for each ticket, contact and message."""
        found: dict[tuple[UUID, Contact, UUID], Waiting] = {}
        for talk in self.talks:
            for one in (one for waiting in talk.waiting.values() for one in waiting):
                if self._waits(one) and not (one.source and self.talks.of(one.source) is talk):
                    key = one.target, one.contact, one.message
                    found[key] = one if one == found.get(key, one) else replace(one, strict=False)
        return [*found.values()]

    def _waits(self, one: Waiting) -> bool:
        return (one.target, one.message) not in self.plan.fired and (one.target, one.cited) not in self.plan.forgotten

    def _due(self, talk: Talk, person: Contact) -> list[Waiting]:
        """Return what waits for a contact no more. What the batch itself lets wait is kept where it is."""
        waiting = [*talk.waiting.get(person, ())]
        for origin in talk.origins:
            waiting.extend(self._hood.waiting.get((origin, person), ()))
        return [one for one in waiting if self._waits(one) and self.talks.takes_part(talk, person, besides=one.besides)]

    def _fire(self, one: Waiting) -> None:
        if not self._waits(one):
            return
        self.plan.fired.add((one.target, one.message))
        if one.source is None:
            self.name(one.target, one.names)
        else:
            self.connect(one.source, one.target, came_true(one))

    def _merge(self, child: Talk, parent: Talk, end: UUID, reason: Reason) -> None:
        link = Link(child=child.root, parent=end, rule=reason.rule, because=reason.because, at=self.now)
        self.plan.links.append(link)
        self._tell(self.talks.ticket(parent.root), child, link)
        self.talks.join(parent, child)
        self._grown.add(parent.root)
        # Whoever took part in one of the two takes part in the other now.
        self._agenda.extend((parent, person) for person in {**parent.part, **parent.waiting})

    def _tell(self, root: Ticket, child: Talk, link: Link) -> None:
        top, end = self.talks.ticket(child.root), self.talks.ticket(link.parent)
        newest = max(root, top, key=lambda ticket: ticket.active_at)
        root.active_at, root.last_message = newest.active_at, newest.last_message
        end.links += (link,)
        top.links += (link,)
        for told in (root,) if end is root else (root, end):
            told.revise(self.now)
            changed = TicketUpdated(ticket=told.header(), changed=("links",), because=link.because)
            self.happen(EventType.TICKET_UPDATED, told, changed)
        for member in map(self.talks.ticket, child.tickets):
            member.root = root.id
            member.revise(self.now)
            merged = TicketMerged(ticket=member.header(), root=root.header(), link=link)
            self.happen(EventType.TICKET_MERGED, member, merged)
