"""Status by command: of one ticket, and since when it is done with."""

import pytest

from support.commands import a_status
from support.deciding import Desk
from threadline_contracts.commands import Answer
from threadline_contracts.ticket import Status, TicketUpdated
from threadline_threads.commands.change import Effect
from threadline_threads.commands.status import set_status


def with_status(desk: Desk, status: Status) -> Effect:
    return desk.apply(set_status(a_status(desk.ticket("m1"), status), desk.change()))


@pytest.mark.parametrize(("status", "done_with"), [("pending", False), ("solved", True), ("closed", True)])
def test_it_is_set_and_told(status: str, *, done_with: bool) -> None:
    desk = Desk("m1")
    effect = with_status(desk, Status(status))
    ticket = desk.shelf.tickets[desk.ticket("m1")]
    assert (ticket.status, ticket.solved_at) == (status, desk.shelf.now if done_with else None)
    (told,) = [one.data for one in effect.plan.happenings]
    assert isinstance(told, TicketUpdated)
    assert (told.changed, told.ticket, told.because) == (("status",), ticket.header(), f"agent:iva set it to {status}.")


def test_what_is_so_already_changes_nothing() -> None:
    effect = with_status(Desk("m1"), Status.OPEN)
    assert (effect.outcome.answer, effect.plan.tickets) == (Answer.UNCHANGED, {})


def test_it_is_no_longer_done_with_once_it_is_open_again() -> None:
    desk = Desk("m1")
    with_status(desk, Status.SOLVED)
    with_status(desk, Status.OPEN)
    assert desk.shelf.tickets[desk.ticket("m1")].solved_at is None
