"""What follows from a merge, a join or a split by the rules: what waited for somebody who takes part now. Pure."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from threadline_threads.board import Board
from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.identity import Contact
from threadline_threads.plan import Plan


def consequences(grown: UUID, people: Iterable[Contact], hood: Neighbourhood, now: datetime) -> Plan | Need:
    """Return what to do now that `people` take part in the conversation of a ticket, or what else must be known."""
    board = Board(hood, now)
    board.revisit(grown, people)
    while board.cross():
        pass
    if board.need:
        return board.need
    board.plan.waiting = board.unfinished()
    return board.plan
