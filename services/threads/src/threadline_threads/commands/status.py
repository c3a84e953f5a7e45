"""Status: how far a ticket is, set on this ticket alone: one that is merged keeps its own. Pure."""

from typing import Final

from threadline_contracts.commands import StatusRequested
from threadline_contracts.ticket import Status
from threadline_threads.commands.change import Change, Effect, number, unchanged, unknown

_DONE_WITH: Final = frozenset({Status.SOLVED, Status.CLOSED})


def set_status(asked: StatusRequested, change: Change) -> Effect:
    """Return the effect of a status command."""
    if asked.ticket not in change.facts.tickets:
        return unknown("ticket", asked.ticket)
    known = change.facts.tickets[asked.ticket]
    if known.status == asked.status:
        return unchanged(f"{number(known)} is {known.status} already.", (known.id,))
    ticket = change.ticket(asked.ticket)
    ticket.status = asked.status
    ticket.solved_at = change.now if asked.status in _DONE_WITH else None
    change.update(ticket, ("status",), asked.because or f"{asked.by} set it to {asked.status}.")
    return change.done(f"{number(ticket)} was {known.status} and is {ticket.status} now.", (ticket.id,))
