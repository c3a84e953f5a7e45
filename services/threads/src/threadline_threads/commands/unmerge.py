"""Unmerge: the link whose child is a ticket goes, and what came with it is a conversation of its own again. Pure.

Messages never left their home tickets, so both sides are as they would be had they never met, and no rule makes them
one again.
"""

from collections.abc import Iterable
from uuid import UUID

from threadline_contracts.commands import UnmergeRequested
from threadline_contracts.ticket import Link, Rule, TicketUnmerged
from threadline_contracts.topology import EventType
from threadline_threads.commands.change import Change, Effect, Ruling, number, refused, unknown
from threadline_threads.commands.facts import Facts
from threadline_threads.commands.parting import close_if_left_empty, keep_apart, withdraw
from threadline_threads.tickets import Ticket


def unmerge(asked: UnmergeRequested, change: Change) -> Effect:
    """Return the effect of an unmerge command."""
    facts = change.facts
    if asked.ticket not in facts.tickets:
        return unknown("ticket", asked.ticket)
    ticket = facts.tickets[asked.ticket]
    if (link := facts.link_of(ticket.id)) is None:
        return refused(_not_merged(facts, ticket), (ticket.id,))
    parts = facts.subtree(ticket.id)
    rest = facts.conversation(ticket.id) - parts
    if empty := _left_empty(facts, parts, rest):
        return refused(empty, (ticket.id,))
    ruling = Ruling(Rule.COMMAND, asked.because or f"{asked.by} undid it.", asked.by)
    _part(change, link, parts, ruling.because, asked.by)
    change.effect.unlinked.append(link.child)
    keep_apart(change, link.child, link.parent, ruling, (link.child, ticket.root), link)
    withdraw(change, parts, rest, ruling)
    old = facts.tickets[ticket.root]
    return change.done(f"{number(ticket)} no longer speaks through {number(old)}.", (ticket.id, old.id, link.parent))


def point_to_newest(change: Change, root: Ticket, members: Iterable[UUID]) -> None:
    """Let a root know again when its conversation last got a message, and which."""
    if newest := change.facts.newest_of(members):
        root.active_at, root.last_message = newest.committed_at, newest.message


def _part(change: Change, link: Link, parts: frozenset[UUID], because: str, by: str) -> None:
    facts = change.facts
    old, parent, top = (change.ticket(one) for one in (facts.root(link.child), link.parent, link.child))
    for end in (parent, top):
        end.links = tuple(one for one in end.links if one.child != link.child)
    point_to_newest(change, old, facts.conversation(old.id) - parts)
    point_to_newest(change, top, parts)
    change.update(old, ("links",), because)
    if parent is not old:
        empty = close_if_left_empty(change, parent, facts.subtree(parent.id) - parts)
        change.update(parent, ("links", "status") if empty else ("links",), because)
    for member in map(change.ticket, sorted(parts, key=lambda one: facts.tickets[one].age)):
        member.root = top.id
        member.revise(change.now)
        data = TicketUnmerged(ticket=member.header(), root=old.header(), link=link, by=by, because=because)
        change.happen(EventType.TICKET_UNMERGED, member, data)


def _not_merged(facts: Facts, ticket: Ticket) -> str:
    through_it = sorted(facts.conversation(ticket.id) - {ticket.id}, key=lambda one: facts.tickets[one].age)
    if not through_it:
        return f"{number(ticket)} is not merged into another ticket."
    names = ", ".join(number(facts.tickets[one]) for one in through_it[:5])
    return f"{number(ticket)} is not merged into another ticket; it speaks for {names}: unmerge one of these."


def _left_empty(facts: Facts, parts: frozenset[UUID], rest: frozenset[UUID]) -> str:
    """Return why one side would have no message: all of its own were split off."""
    for side, name in ((parts, "it"), (rest, "the other ticket")):
        if facts.newest_of(side) is None:
            return f"Nothing would remain of {name}: its messages were split off. Merge a split one back instead."
    return ""
