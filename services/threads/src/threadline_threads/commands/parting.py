"""What keeps two conversations apart from now on, by somebody's decision, and what that makes pointless. Pure."""

from uuid import UUID

from threadline_contracts.ticket import Link, Status, SuggestionStatus
from threadline_threads.commands.change import Change, Ruling
from threadline_threads.commands.facts import Facts
from threadline_threads.commands.joining import settle
from threadline_threads.reading import Severed
from threadline_threads.tickets import Ticket


def keep_apart(
    change: Change, one: UUID, other: UUID, ruling: Ruling, tops: tuple[UUID, UUID], link: Link | None = None
) -> None:
    """Let no rule join two tickets, nor one with what follows the other.

    `tops` speak for the two from now on; `link` is what was undone.
    """
    change.effect.severed.append(_severed(one, other, ruling, change, link))
    for top, apart in zip(tops, (other, one), strict=True):
        if follower := _follower(change.facts, top):
            change.effect.severed.append(_severed(follower, apart, ruling, change, None))


def withdraw(change: Change, one: frozenset[UUID], other: frozenset[UUID], ruling: Ruling) -> None:
    """End what still asks to merge two groups of tickets: somebody has just answered that."""
    ended = {settled.id for settled in change.effect.settled}
    for suggestion in change.facts.suggested_between(one, other):
        if suggestion.status == SuggestionStatus.OPEN and suggestion.id not in ended:
            settle(change, suggestion, SuggestionStatus.WITHDRAWN, ruling)


def close_if_left_empty(change: Change, ticket: Ticket, subtree: frozenset[UUID]) -> bool:
    """Close a ticket without messages into which nothing is merged: nobody can come upon it. Return whether that is so.

    `subtree`: the ticket, and what is still merged into it.
    """
    if ticket.message_count or ticket.status == Status.CLOSED or subtree != {ticket.id}:
        return False
    ticket.status, ticket.solved_at = Status.CLOSED, change.now
    return True


def _severed(one: UUID, other: UUID, ruling: Ruling, change: Change, link: Link | None) -> Severed:
    first, second = sorted((one, other))
    return Severed(one=first, other=second, by=ruling.by, because=ruling.because, at=change.now, link=link)


def _follower(facts: Facts, top: UUID) -> UUID | None:
    """Return what follows a ticket, unless somebody merged it into a conversation concerned."""
    follower = facts.tickets[top].followed_by if top in facts.tickets else None
    return follower if follower not in facts.tickets else None
