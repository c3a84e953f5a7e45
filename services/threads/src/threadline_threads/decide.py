"""Which ticket each message of a batch belongs to, and why. Pure and total: it sees facts, never a database.

A message has edges; a conversation is what edges connect (docs/grouping.md). The answer is a plan, or what else must be
known for one. The partition into conversations is the least fixed point of the rules, so it depends on the set of
messages alone: not on their order, their batches, or how often each of them came.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Raw

from threadline_contracts.ticket import Placement, Rule
from threadline_contracts.topology import EventType
from threadline_threads import following
from threadline_threads.board import Board
from threadline_threads.edges import Edges
from threadline_threads.finding import Finding
from threadline_threads.hood import Citation, Holder, Known, Lead, Need, Neighbourhood, Waiting
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.ownership import ANNOUNCED, MAX_HOLDERS, claim, read_author
from threadline_threads.plan import Placed, Plan, Told
from threadline_threads.reasons import Edge, Refused, bridged, followed_on, joined, opened
from threadline_threads.signals import is_stranger, signal
from threadline_threads.tickets import Ticket, open_ticket


def decide(batch: Sequence[Incoming], hood: Neighbourhood, now: datetime) -> Plan | Need:
    """Return what to do with a batch, or which further facts that depends on."""
    return _Pass(hood, now).run(batch)


class _Pass:
    """One pass over a batch: the stored facts, and on top of them what the batch itself adds."""

    def __init__(self, hood: Neighbourhood, now: datetime) -> None:
        self._board = Board(hood, now)
        self._plan = self._board.plan
        self._talks = self._board.talks
        self._known = dict(hood.known)
        self._finding = Finding(hood, self._plan)
        self._edges = Edges(self._finding, self._talks)

    def run(self, batch: Sequence[Incoming]) -> Plan | Need:
        for one in batch:
            known = self._known.get(one.message.id)
            if known and known.version >= one.message.version:
                self._plan.repeats += 1
            else:
                self._take(one, known)
        while self._board.cross():
            pass
        if self._board.need:
            return self._board.need
        self._plan.waiting = self._board.unfinished()
        return self._plan

    def _take(self, one: Incoming, known: Known | None) -> None:
        found = list(self._edges.of(one, known.ticket if known else None))
        stranger = bool(found) and is_stranger(self._board, one, found[0])
        edges = [following.resolved(self._board, edge) for edge in found]
        home = self._revise(one, known) if known else self._put(one, edges)
        self._connect(one, home, edges)
        self._introduce(one, home)
        contested = self._remember(one, home)
        self._board.settle()
        if not known and one.in_person and not (edges and edges[0].rule is Rule.TWIN):
            following.reopen(self._board, home, one)
        signal(self._board, one, home, stranger=stranger, contested=contested)

    def _revise(self, one: Incoming, known: Known) -> UUID:
        """Replace a message where it is."""
        ticket = self._talks.ticket(known.ticket)
        ticket.revise(self._board.now)
        return self._tell(one, ticket, known.placement)

    def _put(self, one: Incoming, edges: Sequence[Edge]) -> UUID:
        """Put a new message into its home ticket: the one of its strongest edge, or a new one."""
        talk = self._talks.of(edges[0].ticket) if edges else None
        if talk is None:
            return self._open(one, opened(one, self._refused(one)))
        root = self._talks.seen(talk.root)
        if following.is_over(root, one, edges[0]):
            return self._open(one, followed_on(edges[0], one, root), after=root.id)
        ticket = self._talks.ticket(edges[0].ticket)
        ticket.add(one.message, self._board.now)
        return self._tell(one, ticket, joined(edges[0], one))

    def _open(self, one: Incoming, why: Placement, after: UUID | None = None) -> UUID:
        ticket = open_ticket(one.message, self._board.now)
        ticket.follows = after
        self._talks.start(ticket)
        ticket.add(one.message, self._board.now)
        self._tell(one, ticket, why)
        if after:
            following.follow(self._board, ticket, self._talks.ticket(after))
        return ticket.id

    def _tell(self, one: Incoming, ticket: Ticket, why: Placement) -> UUID:
        event = EventType.TICKET_OPENED if ticket.revision == 1 else EventType.TICKET_MESSAGE_ADDED
        message = one.message
        self._known[message.id] = Known(message.version, ticket.id, why)
        self._plan.messages[message.id] = Placed(one, ticket.id, why)
        self._board.happen(event, ticket, Told(ticket.header(), Raw(one.content), why), message.id)
        if talk := self._talks.of(ticket.id):
            self._talks.ticket(talk.root).be_active(message, self._board.now)
        return ticket.id

    def _refused(self, one: Incoming) -> Refused | None:
        """Return the first known id that a message cites in vain."""
        for cited in one.cites:
            if holders := self._finding.holders(cited.key):
                names = [at for at in holders if at.plain]
                announced = any(read_author(at.by).contact == ANNOUNCED for at in holders)
                named = any(self._talks.speaker(at.ticket, one.speaks_as) for at in names)
                return Refused(cited.external_id, announced=announced, ambiguous=not names, named=named)
        return None

    def _connect(self, one: Incoming, home: UUID, edges: Sequence[Edge]) -> None:
        """Make one conversation of all that its edges reach: the oldest first, so that it speaks for them at once."""
        here = self._talks.of(home)
        others = [edge for edge in edges if self._talks.of(edge.ticket) not in {here, None}]
        for edge in sorted(others, key=lambda edge: self._talks.age(edge.ticket)):
            self._board.connect(home, edge.ticket, bridged(edge, one))

    def _introduce(self, one: Incoming, home: UUID) -> None:
        """Let whom it names take part, now or when somebody vouches for its sender."""
        if not one.vouches:
            for speaker in one.speaks_as:
                self._board.wait(Waiting(home, speaker, one.message.id, names=one.names))
        elif one.ours:
            self._board.name(home, one.names)
        else:
            self._board.name(home, one.writes_as)
            self._board.name(home, one.others, via=one.message.external_id)

    def _remember(self, one: Incoming, home: UUID) -> bool:
        """Leave what later messages find it by, and let wait what does not hold yet.

        Return whether somebody else uses its external id.
        """
        others = tuple(who for who in one.names if who not in one.speaks_as)
        citing = Citation(one.message.id, home, None if one.ours else one.speaks_as, others)
        for cited in one.cites:
            for at, answers in self._edges.meant(one, cited):
                if talk := self._talks.newest(at.ticket):
                    target = at.ticket if talk is self._talks.of(at.ticket) else talk.root
                    self._wait(citing, target, cited.external_id, strict=not answers)
            self._finding.cite(cited.key, citing)
        if self._edges.may_hold_reference(one):
            self._finding.hold(one.reference, Holder(home, plain=True))
        if one.token:
            self._finding.hold(one.token, Holder(home, plain=False))
        for _, key in one.shared:
            self._finding.hold(key, Holder(home, plain=one.token is None))
        for clue in one.clues:
            self._finding.offer(Lead(one.message.id, home, clue))
        return one.external is not None and self._own(one, home, one.external)

    def _own(self, one: Incoming, home: UUID, key: Key) -> bool:
        """Settle whom its external id names now; return whether somebody else uses it."""
        holders = self._finding.holders(key)
        asked = claim(one.by, holders)
        here, cited = self._talks.of(home), one.message.external_id
        same = any(at.plain for at in holders) and all(self._talks.of(at.ticket) is here for at in holders if at.plain)
        if same and not asked.holds:
            return False  # it goes on naming this conversation
        for citing, answers in self._edges.meaning(one, key):
            self._wait(citing, home, cited, strict=not answers)
        for at in asked.losers:
            self._finding.lose(key, at)
            self._board.forget(at.ticket, cited)
        if asked.holds:
            self._finding.hold(key, Holder(home, plain=not one.announces, by=one.by))
            self._plan.forgotten.discard((home, cited))
        elif asked.contested and len(holders) < MAX_HOLDERS:
            self._finding.hold(key, Holder(home, plain=False, by=one.by))
        return asked.contested and not same

    def _wait(self, citing: Citation, target: UUID, cited: str, *, strict: bool) -> None:
        for speaker in citing.speakers or ():
            self._board.wait(Waiting(target, speaker, citing.message, citing.ticket, cited, strict=strict))
