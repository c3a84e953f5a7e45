"""Which ticket each message of a batch belongs to, and why. Pure and total: it sees facts, never a database.

A message has edges; a conversation is what edges connect (docs/grouping.md). The answer is a plan, or what else must be
known for one. The partition into conversations is the least fixed point of the rules, so it depends on the set of
messages alone: not on their order, their batches, or how often each of them came.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Raw

from threadline_contracts.ticket import Placement, Rule
from threadline_contracts.topology import EventType
from threadline_threads.board import Board
from threadline_threads.hood import Citation, Holder, Known, Need, Neighbourhood, Waiting
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.plan import Placed, Plan, Told
from threadline_threads.reasons import Edge, bridged, joined, opened
from threadline_threads.tickets import open_ticket

MAX_HOLDERS: Final = 16  # an id under which more tickets than this can be found names none of them in particular


def decide(batch: Sequence[Incoming], hood: Neighbourhood, now: datetime) -> Plan | Need:
    """Return what to do with a batch, or which further facts that depends on."""
    return _Pass(hood, now).run(batch)


class _Pass:
    """One pass over a batch: the stored facts, and on top of them what the batch itself adds."""

    def __init__(self, hood: Neighbourhood, now: datetime) -> None:
        self._hood = hood
        self._board = Board(hood, now)
        self._plan = self._board.plan
        self._known = dict(hood.known)
        self._holders: dict[Key, list[Holder]] = {}
        self._citations: dict[Key, list[Citation]] = {}

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
        edges = list(self._edges(one))
        home = self._put(one, known, edges)
        self._connect(one, home, edges)
        self._introduce(one, home)
        self._remember(one, home)
        self._board.settle()
        if one.reopens and not known:
            self._board.reopen(home, one)

    def _put(self, one: Incoming, known: Known | None, edges: Sequence[Edge]) -> UUID:
        """Put a message into its home ticket: where it is, else the one of its strongest edge, else a new one."""
        board, message = self._board, one.message
        if known:
            ticket = board.ticket(known.ticket)
            ticket.revise(board.now)
        elif edges:
            ticket = board.ticket(edges[0].ticket)
            ticket.add(message, board.now)
        else:
            ticket = open_ticket(message, board.now)
            board.start(ticket)
            ticket.add(message, board.now)
        event = EventType.TICKET_OPENED if ticket.revision == 1 else EventType.TICKET_MESSAGE_ADDED
        placement = known.placement if known else self._placement(one, edges)
        self._known[message.id] = Known(message.version, ticket.id, placement)
        self._plan.messages[message.id] = Placed(one, ticket.id, placement)
        board.happen(event, ticket, Told(ticket.header(), Raw(one.content), placement), message.id)
        self._mark_active(ticket.id, message.id)
        return ticket.id

    def _placement(self, one: Incoming, edges: Sequence[Edge]) -> Placement:
        if edges:
            return joined(edges[0], one)
        refused = (cited.external_id for cited in one.cites if self._holders_of(cited.key))
        return opened(one, refused=next(refused, ""))

    def _mark_active(self, ticket: UUID, message: UUID) -> None:
        if talk := self._board.talk(ticket):
            root = self._board.ticket(talk.root)
            root.active_at, root.last_message = self._board.now, message

    def _edges(self, one: Incoming) -> Iterator[Edge]:
        """Yield the edges that hold already, strongest first."""
        if one.token:
            numbered_first = sorted(self._holders_of(one.token), key=lambda at: not at.plain)
            yield from (Edge(Rule.TOKEN, at.ticket) for at in numbered_first)
        if self._may_hold_reference(one):
            yield from (Edge(Rule.TOKEN, at.ticket, backwards=True) for at in self._holders_of(one.reference))
        for rule, key in one.shared:
            yield from (Edge(rule, at.ticket) for at in self._holders_of(key) if at.plain or not one.token)
        yield from self._citing(one)
        if one.external and self._may_hold_external(one, one.external):
            yield from self._cited_by(one, one.external)

    def _citing(self, one: Incoming) -> Iterator[Edge]:
        for cited in one.cites:
            for at in self._holders_of(cited.key):
                if one.ours:
                    yield Edge(Rule.REFERENCE, at.ticket, cited.external_id)
                elif (talk := self._board.talk(at.ticket)) is not None:
                    speaker = next((who for who in one.speaks_as if self._board.takes_part(talk, who)), None)
                    if speaker:
                        yield Edge(Rule.REFERENCE, at.ticket, cited.external_id, speaker)

    def _cited_by(self, one: Incoming, key: Key) -> Iterator[Edge]:
        named = frozenset(one.names if one.vouches else ())
        for citation in self._citations_of(key):
            if citation.speakers is None:
                yield Edge(Rule.REFERENCE, citation.ticket, one.message.external_id, backwards=True)
            elif speaker := next((who for who in citation.speakers if who in named), None):
                yield Edge(Rule.REFERENCE, citation.ticket, one.message.external_id, speaker, backwards=True)

    def _connect(self, one: Incoming, home: UUID, edges: Sequence[Edge]) -> None:
        """Make one conversation of all that its edges reach: the oldest first, so that it is everybody's parent."""
        here = self._board.talk(home)
        others = [edge for edge in edges if self._board.talk(edge.ticket) not in {here, None}]
        for edge in sorted(others, key=lambda edge: self._board.age(edge.ticket)):
            self._board.connect(home, edge.ticket, bridged(edge, one))

    def _introduce(self, one: Incoming, home: UUID) -> None:
        """Let whom it names take part, now or when somebody vouches for its sender."""
        if one.vouches:
            self._board.name(home, one.names)
        else:
            for speaker in one.speaks_as:
                self._board.wait(Waiting(home, speaker, one.message.id, names=one.names))

    def _remember(self, one: Incoming, home: UUID) -> None:
        """Leave what later messages find it by, and let wait what does not hold yet."""
        message = one.message
        if one.external and self._may_hold_external(one, one.external):
            for citation in self._citations_of(one.external):
                for speaker in citation.speakers or ():
                    self._board.wait(Waiting(home, speaker, citation.message, citation.ticket, message.external_id))
            self._hold(one.external, Holder(home, plain=True, by=one.by))
        for cited in one.cites:
            for at in self._holders_of(cited.key):
                for speaker in one.speaks_as:
                    self._board.wait(Waiting(at.ticket, speaker, message.id, home, cited.external_id))
            self._cite(cited.key, Citation(message.id, home, None if one.ours else one.speaks_as))
        if self._may_hold_reference(one):
            self._hold(one.reference, Holder(home, plain=True))
        if one.token:
            self._hold(one.token, Holder(home, plain=False))
        for _, key in one.shared:
            self._hold(key, Holder(home, plain=one.token is None))

    def _may_hold_reference(self, one: Incoming) -> bool:
        """Return whether it is the first of its number: 50 bits can be forged, and tokens must not lead to a forger."""
        return not any(at.plain for at in self._holders_of(one.reference))

    def _may_hold_external(self, one: Incoming, key: Key) -> bool:
        """Return whether its external id is its own: an id that somebody else used first is theirs."""
        holders = self._holders_of(key)
        return not holders or (one.by != "" and len(holders) < MAX_HOLDERS and any(at.by == one.by for at in holders))

    def _holders_of(self, key: Key) -> list[Holder]:
        if (found := self._holders.get(key)) is None:
            found = self._holders[key] = list(self._hood.holders.get(key, ()))
        return found

    def _citations_of(self, key: Key) -> list[Citation]:
        if (found := self._citations.get(key)) is None:
            found = self._citations[key] = list(self._hood.citations.get(key, ()))
        return found

    def _hold(self, key: Key, new: Holder) -> None:
        """Make a ticket findable by a key, once; a plain holder replaces one that is not."""
        holders = self._holders_of(key)
        for index, at in enumerate(holders):
            if at.ticket == new.ticket:
                if new.plain and not at.plain:
                    holders[index] = new
                    self._plan.holders[key, new.ticket] = new
                return
        holders.append(new)
        self._plan.holders[key, new.ticket] = new

    def _cite(self, key: Key, citation: Citation) -> None:
        self._citations_of(key).append(citation)
        self._plan.citations.append((key, citation))
