"""A customer's message opens a ticket again; nothing automatic does."""

import pytest
from msgspec.structs import replace

from support.threads_shelf import US, Shelf, a_mail
from threadline_contracts.message import Automation, AutomationKind, InboundMessage
from threadline_contracts.ticket import Status, TicketReopened


def answered(status: Status, answer: InboundMessage) -> tuple[Shelf, list[TicketReopened]]:
    shelf, first = Shelf(), a_mail("m1")
    shelf.place([first])
    shelf.tickets[shelf.home(first)].status = status
    plan = shelf.place([answer])
    return shelf, [happening.data for happening in plan.happenings if isinstance(happening.data, TicketReopened)]


@pytest.mark.parametrize("status", [Status.SOLVED, Status.PENDING])
def test_a_customers_answer_reopens(status: Status) -> None:
    answer = a_mail("m2", cites=["m1"])
    shelf, (event,) = answered(status, answer)
    assert shelf.tickets[shelf.home(answer)].status == Status.OPEN
    assert (event.message_id, event.ticket.status, event.ticket.revision) == (answer.id, Status.OPEN, 3)
    assert event.because == f"A customer wrote on this {status} ticket."


@pytest.mark.parametrize("status", [Status.OPEN, Status.CLOSED])
def test_an_open_or_closed_one_stays_as_it_is(status: Status) -> None:
    assert answered(status, a_mail("m2", cites=["m1"]))[1] == []


@pytest.mark.parametrize("kind", [*(kind for kind in AutomationKind if kind is not AutomationKind.NONE), "robot"])
def test_nothing_automatic_reopens(kind: str) -> None:
    mail = replace(a_mail("m2", cites=["m1"]), automation=Automation(kind=kind))
    shelf, events = answered(Status.SOLVED, mail)
    assert (shelf.tickets[shelf.home(mail)].status, events) == (Status.SOLVED, [])


def test_what_we_write_does_not_reopen() -> None:
    assert answered(Status.SOLVED, a_mail("m2", US, to=["ana@a.example"], cites=["m1"]))[1] == []


def test_a_repeat_does_not_reopen() -> None:
    assert answered(Status.SOLVED, a_mail("m1"))[1] == []


def test_on_a_merged_ticket_the_root_is_reopened_and_the_child_keeps_its_own() -> None:
    shelf, one, two = Shelf(), a_mail("m1"), a_mail("m2")
    for mail in (one, two, a_mail("m3", cites=["m1", "m2"])):
        shelf.place([mail])
    for ticket in shelf.tickets.values():
        ticket.status = Status.SOLVED
    shelf.place([a_mail("m4", cites=["m2"])])
    assert shelf.tickets[shelf.home(one)].status == Status.OPEN
    assert shelf.tickets[shelf.home(two)].status == Status.SOLVED
