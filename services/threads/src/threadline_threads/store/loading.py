"""How a plan is made from a database, one question at a time: the facts round a batch, then whatever `decide` misses.

Refuses nothing; every round adds facts that are stored, so it ends.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from threadline_threads.decide import decide
from threadline_threads.foresight import foreseen
from threadline_threads.hood import Apart, Naming, Need, Neighbourhood, Pair, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.plan import Plan
from threadline_threads.tickets import Ticket


class Facts(Protocol):
    """What is stored, read inside one transaction that nobody else writes beside."""

    def neighbours(self, batch: Sequence[Incoming]) -> Neighbourhood:
        """Return which messages of the batch are known, and who holds or cites its keys."""

    def surroundings(self, tickets: Iterable[UUID]) -> tuple[Iterable[Ticket], Iterable[tuple[UUID, UUID]]]:
        """Return these tickets and their roots, and of all others of these conversations id and root.

        Their links are the own ones and the newest of those that were merged into them.
        """

    def conversations(self, tickets: Iterable[UUID]) -> Iterable[Ticket]:
        """Return every ticket of the conversations of these tickets."""

    def named(self, pairs: Sequence[Pair]) -> Iterable[Naming]:
        """Return who of the pairs of a ticket and a contact is named there and takes part, and by what."""

    def waiting(self, pairs: Sequence[Pair]) -> Iterable[Waiting]:
        """Return what waits at a ticket for a contact."""

    def crossing(self, tickets: Sequence[UUID]) -> Iterable[Contact]:
        """Return the contacts that take part at one of these tickets and are waited for at another."""

    def severed(self, tickets: Sequence[UUID]) -> Iterable[Apart]:
        """Return what is kept apart from these tickets."""

    def suggested(self, suggestions: Iterable[UUID]) -> Iterable[UUID]:
        """Return which of these suggestions are there."""


def make_plan(facts: Facts, batch: Sequence[Incoming], now: datetime) -> Plan:
    """Return the plan for a batch."""
    hood = facts.neighbours(batch)
    hood.add_surroundings(*facts.surroundings(hood.mentioned()))
    learn(facts, hood, foreseen(batch, hood))
    while isinstance(answer := decide(batch, hood, now), Need):
        learn(facts, hood, answer)
    return answer


def learn(facts: Facts, hood: Neighbourhood, need: Need) -> None:
    """Add what was found missing."""
    hood.add_conversations(facts.conversations({*need.tickets, *need.whole}))
    at_members = hood.at_members(need.pairs)
    hood.add_facts(need.pairs, facts.named(at_members), facts.waiting(at_members))
    for roots in need.crossings:
        hood.add_crossing(roots, facts.crossing(hood.tickets_of(roots)))
    if need.severed:
        hood.add_severed(need.severed, facts.severed(hood.tickets_of(need.severed)))
    if need.suggestions:
        hood.add_suggested(need.suggestions, facts.suggested(need.suggestions))
