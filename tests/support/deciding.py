"""Facts for pure decisions about tickets, out of a shelf of messages; and what a decision makes of them."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from support.messages import NOON
from support.threads_shelf import Shelf, a_mail
from threadline_contracts.ticket import Link, Suggestion, SuggestionReason, SuggestionStatus
from threadline_threads.commands.change import Change, Effect
from threadline_threads.commands.facts import Facts, Newest
from threadline_threads.keys import suggestion_id
from threadline_threads.reading import Severed


class Desk:
    """Tickets on a shelf, and what was decided about them."""

    def __init__(self, *names: str) -> None:
        self.shelf = Shelf()
        self.severed: list[Severed] = []
        self.suggestions: dict[UUID, Suggestion] = {}
        for name in names:
            self.shelf.place([a_mail(name)])

    def ticket(self, name: str) -> UUID:
        """Return the home ticket of a mail."""
        return self.shelf.home(a_mail(name))

    def root(self, name: str) -> UUID:
        """Return what speaks for it."""
        return self.shelf.root(a_mail(name))

    def change(self) -> Change:
        """Return a change of everything there is."""
        facts = Facts(self.shelf.tickets.values())
        facts.severed, facts.suggestions = tuple(self.severed), dict(self.suggestions)
        homes = ((one.message, one.ticket) for one in self.shelf.happenings if one.message)
        facts.newest = {
            ticket: Newest(NOON + timedelta(seconds=number), message) for number, (message, ticket) in enumerate(homes)
        }
        return Change(facts, self.shelf.now + timedelta(seconds=1))

    def apply(self, effect: Effect) -> Effect:
        """Keep what a decision changes of tickets, suggestions and severed pairs."""
        self.shelf.now += timedelta(seconds=1)
        self.shelf.tickets |= effect.plan.tickets
        self.shelf.happenings += effect.plan.happenings
        self.suggestions |= {one.id: one for one in effect.settled}
        self.severed = [one for one in self.severed if one not in effect.lifted] + effect.severed
        return effect

    def suggest(self, ticket: str, other: str) -> UUID:
        """Suggest to merge two tickets."""
        one, two = self.ticket(ticket), self.ticket(other)
        reason = SuggestionReason(code="same_number", because="Both name order 4711.", score=0.7)
        made = Suggestion(id=suggestion_id(one, two), ticket=one, other=two, score=0.7, reasons=(reason,), at=NOON)
        self.suggestions[made.id] = made
        return made.id

    def sever(self, one: str, other: str) -> None:
        """Keep two tickets apart."""
        first, second = sorted((self.ticket(one), self.ticket(other)))
        self.severed.append(Severed(one=first, other=second, by="agent:iva", because="", at=NOON, link=None))

    def links(self) -> set[tuple[UUID, UUID]]:
        """Return all links, by child and parent."""
        found = (link for ticket in self.shelf.tickets.values() for link in ticket.links)
        return {(link.child, link.parent) for link in found}

    def status_of(self, suggestion: UUID) -> SuggestionStatus:
        """Return how a suggestion stands."""
        return self.suggestions[suggestion].status


def ends(links: Iterable[Link]) -> list[tuple[UUID, UUID]]:
    """Return links by child and parent."""
    return [(link.child, link.parent) for link in links]
