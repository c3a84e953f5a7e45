"""What a command changes, while it is worked out and when it is. Pure; a store applies it whole."""

from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct, field

from threadline_contracts.commands import Answer
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Party
from threadline_contracts.ticket import Placement, Suggestion, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.commands.command import CommandOutcome
from threadline_threads.commands.facts import Facts
from threadline_threads.hood import Pair, Waiting
from threadline_threads.keys import Key
from threadline_threads.plan import Happening, Plan
from threadline_threads.reading import Severed
from threadline_threads.tickets import Ticket


class Ruling(Struct, frozen=True):
    """By which rule, why and by whom."""

    rule: str
    because: str
    by: str


class Heading(Struct, frozen=True):
    """What a ticket has of its first message, when that is another one now; its reference is in the plan."""

    ticket: UUID
    subject: str
    contact: Party


class Move(Struct, frozen=True, kw_only=True):
    """A message that leaves `source` for `ticket`.

    `cites` and `clues` (of messages sent at `sent_at`) are the keys under which rows of it are kept that go along. The
    rest is deleted before the plan is saved: holders, participants and what waits.
    """

    message: UUID
    source: UUID
    ticket: UUID
    placement: Placement
    sent_at: datetime
    cites: Sequence[Key] = ()
    clues: Sequence[Key] = ()
    unheld: Sequence[tuple[Key, UUID]] = ()
    unnamed: Sequence[Pair] = ()
    unwaited: Sequence[Waiting] = ()


class Effect(Struct):
    """Everything a command changes, and its outcome. `unlinked` are children; `lifted` pairs are free to join again."""

    outcome: CommandOutcome
    plan: Plan = field(default_factory=Plan)
    unlinked: list[UUID] = field(default_factory=list)
    severed: list[Severed] = field(default_factory=list)
    lifted: list[Severed] = field(default_factory=list)
    settled: list[Suggestion] = field(default_factory=list)
    move: Move | None = None
    heading: Heading | None = None
    grown: UUID | None = None  # a root in whose conversation something may be due now that was waited for


NOTHING: Final = CommandOutcome(answer=Answer.UNCHANGED, because="")


class Change:
    """An effect under way: working copies of tickets, and what is told of them."""

    def __init__(self, facts: Facts, now: datetime) -> None:
        self.facts = facts
        self.now = now
        self.effect = Effect(NOTHING)

    def ticket(self, ticket: UUID) -> Ticket:
        """Return the working copy of a ticket; it will be saved."""
        plan = self.effect.plan
        if (found := plan.tickets.get(ticket)) is None:
            found = plan.tickets[ticket] = copy(self.facts.tickets[ticket])
        return found

    def happen(self, event: EventType, ticket: Ticket, data: Struct, message: UUID | None = None) -> None:
        """Note an event of a ticket at its present revision."""
        self.effect.plan.happenings.append(Happening(event, ticket.id, ticket.revision, message, data))

    def update(self, ticket: Ticket, changed: Iterable[str], because: str) -> None:
        """Make the next revision of a ticket, and tell what changed."""
        ticket.revise(self.now)
        data = TicketUpdated(ticket=ticket.header(), changed=tuple(changed), because=because)
        self.happen(EventType.TICKET_UPDATED, ticket, data)

    def done(self, because: str, tickets: Iterable[UUID]) -> Effect:
        """Return the effect of what was carried out."""
        self.effect.outcome = CommandOutcome(answer=Answer.DONE, because=because, tickets=tuple(dict.fromkeys(tickets)))
        return self.effect


def refused(because: str, tickets: Iterable[UUID] = ()) -> Effect:
    """Return the effect of what cannot be carried out: none but the answer."""
    return Effect(CommandOutcome(answer=Answer.REFUSED, because=because, tickets=tuple(dict.fromkeys(tickets))))


def unchanged(because: str, tickets: Iterable[UUID]) -> Effect:
    """Return the effect of what is so already: none but the answer."""
    return Effect(CommandOutcome(answer=Answer.UNCHANGED, because=because, tickets=tuple(dict.fromkeys(tickets))))


def unknown(what: str, asked: UUID) -> Effect:
    """Return the refusal of a command about something that is not here."""
    return refused(f"There is no {what} {asked} here.")


def number(ticket: Ticket) -> str:
    """Return a ticket as people name it."""
    return show_reference(ticket.reference)
