"""What becomes of suggestions, old and new, once everything about them is known. Pure.

One suggestion for each pair of tickets, for ever: what was declined is not asked again. Of what is open for a ticket,
the best three stay.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from threadline_contracts.ticket import (
    Link,
    MergeSuggested,
    Rule,
    Suggestion,
    SuggestionSettled,
    SuggestionStatus,
)
from threadline_contracts.topology import EventType
from threadline_threads.clerk.proposing import Proposal, combined, strongest
from threadline_threads.keys import suggestion_id
from threadline_threads.plan import Happening
from threadline_threads.tickets import Ticket

MOST_OPEN: Final = 3  # suggestions for one ticket
BY_RULE: Final = "threads"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BY_PEOPLE: Final = frozenset({Rule.COMMAND, Rule.SUGGESTION})


class Present(Struct):
    """How things are: the tickets concerned and their roots, every suggestion concerned, and who keeps roots apart.

    `suggestions` are those proposed again, and the open ones of the tickets concerned.
    """

    tickets: Mapping[UUID, Ticket] = field(default_factory=dict)
    suggestions: Mapping[UUID, Suggestion] = field(default_factory=dict)
    apart: Mapping[frozenset[UUID], str] = field(default_factory=dict)


class Conclusion(Struct):
    """What to save and tell."""

    suggestions: list[Suggestion] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)


def conclude(
    present: Present, proposals: Iterable[Proposal], merged: Mapping[UUID, Link], least: float, now: datetime
) -> Conclusion:
    """Return what to save and tell. `merged`: what became part of a conversation, and by which link."""
    work = _Work(present, now)
    for one in present.suggestions.values():
        work.settle(one, merged)
    for proposal in proposals:
        work.suggest(proposal, least)
    work.withdraw_the_rest()
    return work.conclusion()


class _Work:
    def __init__(self, present: Present, now: datetime) -> None:
        self._present = present
        self._now = now
        self._known = dict(present.suggestions)

    def settle(self, one: Suggestion, merged: Mapping[UUID, Link]) -> None:
        """Settle a suggestion that became true."""
        if one.status != SuggestionStatus.OPEN or not self._are_one(one.ticket, one.other):
            return
        link = merged.get(one.ticket) or merged.get(one.other)
        by_people = link is not None and link.rule in _BY_PEOPLE
        status = SuggestionStatus.ACCEPTED if by_people else SuggestionStatus.PROMOTED
        self._end(one, status, link.by if link else BY_RULE, link.because if link else "They are one conversation.")

    def suggest(self, proposal: Proposal, least: float) -> None:
        """Open a suggestion, or strengthen one that is open."""
        ends = self._ends(proposal)
        if ends is None or self._are_one(*ends):
            return
        ticket, other = ends
        apart = self._apart(ticket, other)
        known = self._known.get(suggestion_id(ticket, other))
        if (apart != "") != proposal.blocked or (known and known.status != SuggestionStatus.OPEN):
            return
        reasons = strongest([*(known.reasons if known else ()), *proposal.told(apart)])
        score = combined(reason.score for reason in reasons)
        if score >= least and (known is None or known.reasons != reasons):
            new = suggestion_id(ticket, other)
            self._known[new] = Suggestion(
                id=new, ticket=ticket, other=other, score=score, reasons=reasons, at=self._now
            )

    def withdraw_the_rest(self) -> None:
        """Leave the best of each ticket open."""
        asking: dict[UUID, list[Suggestion]] = {}
        for one in self._known.values():
            if one.status == SuggestionStatus.OPEN:
                asking.setdefault(one.ticket, []).append(one)
        for found in asking.values():
            for one in sorted(found, key=lambda one: (-one.score, one.id))[MOST_OPEN:]:
                self._end(one, SuggestionStatus.WITHDRAWN, BY_RULE, "There are better suggestions.")

    def conclusion(self) -> Conclusion:
        """Return what changed; what was opened and withdrawn at once, never was."""
        before = self._present.suggestions
        changed = [
            one
            for one in self._known.values()
            if before.get(one.id) != one and (one.id in before or one.status == SuggestionStatus.OPEN)
        ]
        return Conclusion(changed, [self._told(one) for one in changed])

    def _end(self, one: Suggestion, status: SuggestionStatus, by: str, because: str) -> None:
        self._known[one.id] = replace(one, status=status, by=by, because=because, settled_at=self._now)

    def _ends(self, proposal: Proposal) -> tuple[UUID, UUID] | None:
        """Return the younger ticket and the older one, of those that are there."""
        tickets = self._present.tickets
        found = [tickets[end] for end in (proposal.ticket, proposal.other) if end in tickets]
        if len(found) < len({proposal.ticket, proposal.other}) or len(found) != 2:  # noqa: PLR2004 - a pair
            return None
        older, younger = sorted(found, key=lambda ticket: ticket.age)
        return younger.id, older.id

    def _are_one(self, one: UUID, other: UUID) -> bool:
        tickets = self._present.tickets
        return one in tickets and other in tickets and tickets[one].root == tickets[other].root

    def _apart(self, one: UUID, other: UUID) -> str:
        tickets = self._present.tickets
        return self._present.apart.get(frozenset({tickets[one].root, tickets[other].root}), "")

    def _told(self, one: Suggestion) -> Happening:
        tickets = self._present.tickets
        if one.status == SuggestionStatus.OPEN:
            asked = MergeSuggested(
                ticket=tickets[one.ticket].header(), other=tickets[one.other].header(), suggestion=one
            )
            return _happening(EventType.TICKET_MERGE_SUGGESTED, one, one.at, asked)
        settled = SuggestionSettled(ticket=tickets[one.ticket].header(), suggestion=one)
        return _happening(EventType.TICKET_SUGGESTION_SETTLED, one, one.settled_at or one.at, settled)


def _happening(kind: EventType, one: Suggestion, at: datetime, data: MergeSuggested | SuggestionSettled) -> Happening:
    """Return an event about a suggestion; the moment tells it from an earlier one of its kind."""
    return Happening(kind, one.ticket, (at - _EPOCH) // timedelta(microseconds=1), None, data, about=one.id)
