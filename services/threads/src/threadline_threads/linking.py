"""Between which tickets a rule links two conversations, so that to undo a link leaves each proof where it holds. Pure.

The link ends at the ticket that the proof is about, though another may speak for it: when somebody takes that ticket
out again, what was proved to belong to it goes along.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ticket import Rule
from threadline_threads.tickets import Ticket

_BY_PEOPLE: Final = frozenset({Rule.COMMAND, Rule.SUGGESTION})


class End(Struct, frozen=True):
    """A conversation by its root, and the ticket of it that the proof is about."""

    root: Ticket
    proved: Ticket


def an_end(root: UUID, proved: UUID, seen: Callable[[UUID], Ticket]) -> End:
    """Return an end; a proof about what the conversation follows, or about a ticket left empty, is about the root."""
    speaks, about = seen(root), seen(proved)
    return End(speaks, about if about.root == speaks.id and about.message_count else speaks)


def directed(one: End, other: End, seen: Callable[[UUID], Ticket]) -> tuple[End, End]:
    """Return which speaks through which, the child first: the younger one, whose root is the end of its link.

    Unless the proof is about a ticket that somebody merged into the younger one, and could take out again.
    """
    parent, child = sorted((one, other), key=lambda end: end.root.age)
    if _was_merged_by_people(child.proved, seen) and not _was_merged_by_people(parent.proved, seen):
        return parent, child
    return child, parent


def _was_merged_by_people(ticket: Ticket, seen: Callable[[UUID], Ticket]) -> bool:
    while link := next((one for one in ticket.links if one.child == ticket.id), None):
        if link.rule in _BY_PEOPLE:
            return True
        ticket = seen(link.parent)
    return False
