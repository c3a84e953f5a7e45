"""When a conversation is over: a customer's message then opens a ticket that follows it. Pure.

Status is applied after the edges, so it changes which ticket a message is in, never with whom it belongs together.
"""

from uuid import UUID

from msgspec.structs import replace

from threadline_contracts.ticket import Rule, Status, TicketReopened, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.board import Board
from threadline_threads.incoming import Incoming
from threadline_threads.reasons import Edge, followed
from threadline_threads.tickets import Ticket


def resolved(board: Board, edge: Edge) -> Edge:
    """Return an edge to where the conversation goes on now. A copy of an old mail stays with it."""
    if edge.rule is Rule.TWIN:
        return edge
    talk = board.talks.newest(edge.ticket)
    return edge if talk is None or talk is board.talks.of(edge.ticket) else replace(edge, ticket=talk.root)


def is_over(root: Ticket, one: Incoming, edge: Edge) -> bool:
    """Return whether a message may no longer go on with a conversation to which it belongs."""
    if not one.in_person or edge.rule is Rule.TWIN:
        return False
    if root.status == Status.SOLVED and root.solved_at:
        return one.message.received_at - root.solved_at > one.terms.reopens_within
    return root.status == Status.CLOSED


def follow(board: Board, new: Ticket, old: Ticket) -> None:
    """Note on an old ticket who follows it; what somebody keeps apart from it, stays apart from that one, too."""
    board.follow(new, old.id)
    old.followed_by = new.id
    old.revise(board.now)
    changed = TicketUpdated(ticket=old.header(), changed=("followed_by",), because=followed(old, new))
    board.happen(EventType.TICKET_UPDATED, old, changed)


def reopen(board: Board, home: UUID, one: Incoming) -> None:
    """Open the conversation of a ticket again in which a customer wrote."""
    talk = board.talks.of(home)
    if talk is None or board.talks.seen(talk.root).status == Status.OPEN:
        return
    root = board.talks.ticket(talk.root)
    because = f"A customer wrote on this {root.status} ticket."
    root.status, root.solved_at = Status.OPEN, None
    root.revise(board.now)
    data = TicketReopened(ticket=root.header(), message_id=one.message.id, because=because)
    board.happen(EventType.TICKET_REOPENED, root, data, one.message.id)
