"""Merge: the conversation of one ticket speaks through that of another, in the direction asked. Pure.

A person decides: it lifts every unmerge, split and decline between the two, and nothing but the desk stands against it.
"""

from uuid import UUID

from threadline_contracts.commands import MergeRequested
from threadline_contracts.ticket import Rule, SuggestionStatus
from threadline_threads.commands.change import Change, Effect, Ruling, number, refused, unchanged, unknown
from threadline_threads.commands.joining import join


def merge(asked: MergeRequested, change: Change) -> Effect:
    """Return the effect of a merge command."""
    because = asked.because or f"{asked.by} merged them."
    return merged(asked.ticket, asked.into, Ruling(Rule.COMMAND, because, asked.by), change)


def merged(ticket: UUID, into: UUID, ruling: Ruling, change: Change) -> Effect:
    """Return the effect of somebody's decision that the conversation of `ticket` belongs to that of `into`."""
    tickets = change.facts.tickets
    for asked in (ticket, into):
        if asked not in tickets:
            return unknown("ticket", asked)
    child, parent = (tickets[tickets[asked].root] for asked in (ticket, into))
    if child is parent:
        return unchanged(f"Both speak through {number(parent)} already.", (ticket, into, parent.id))
    if child.desk != parent.desk:
        return refused(
            f"{number(child)} belongs to desk {child.desk}, {number(parent)} to desk {parent.desk}.", (ticket, into)
        )
    join(change, child.id, parent.id, ruling, SuggestionStatus.ACCEPTED)
    return change.done(f"{number(child)} now speaks through {number(parent)}.", (ticket, into, parent.id, child.id))
