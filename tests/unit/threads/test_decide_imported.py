"""What is imported finds its conversation like any message, but nothing reacts to it, and it keeps its time."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.messages import NOON
from support.threads import ACCOUNTS
from support.threads_shelf import Shelf, a_mail
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Status, TicketReopened

LONG_AGO = NOON - timedelta(days=400)


def imported(mail: InboundMessage, *, days: int = 0) -> InboundMessage:
    at = LONG_AGO + timedelta(days=days)
    return replace(mail, backfill=True, sent_at=at, received_at=at)


def test_an_imported_ticket_is_solved_when_its_last_message_came() -> None:
    shelf, first, last = Shelf(), imported(a_mail("m1")), imported(a_mail("m2", cites=["m1"]), days=9)
    shelf.place([first, last])
    ticket = shelf.tickets[shelf.home(first)]
    assert (ticket.status, ticket.solved_at, ticket.active_at) == (Status.SOLVED, last.received_at, last.received_at)
    assert (ticket.message_count, ticket.last_message) == (2, last.id)


def test_the_order_of_an_import_does_not_matter() -> None:
    shelf, first, last = Shelf(), imported(a_mail("m1")), imported(a_mail("m2", cites=["m1"]), days=9)
    shelf.place([last])
    shelf.place([first])
    ticket = shelf.tickets[shelf.root(first)]
    assert (ticket.active_at, ticket.last_message) == (last.received_at, last.id)


@pytest.mark.parametrize("status", [Status.SOLVED, Status.PENDING, Status.CLOSED])
def test_it_opens_nothing_again_and_follows_nothing(status: Status) -> None:
    shelf, first, old = Shelf(), a_mail("m1"), imported(a_mail("m2", cites=["m1"]))
    shelf.place([first])
    shelf.tickets[shelf.home(first)].status = status
    plan = shelf.place([old])
    assert shelf.tickets[shelf.home(old)].status == status
    assert shelf.home(old) == shelf.home(first)
    assert not [one for one in plan.happenings if isinstance(one.data, TicketReopened)]


def test_a_ticket_of_today_keeps_its_place_in_the_list() -> None:
    shelf, now = Shelf(), a_mail("m1")
    shelf.place([now])
    before = shelf.tickets[shelf.home(now)].active_at
    shelf.place([imported(a_mail("m0", cites=["m1"]))])
    ticket = shelf.tickets[shelf.home(now)]
    assert (ticket.active_at, ticket.last_message, ticket.status) == (before, now.id, Status.OPEN)


def test_a_customer_who_answers_old_history_gets_a_ticket_that_follows_it() -> None:
    shelf, old, answer = Shelf(), imported(a_mail("m1")), a_mail("m2", cites=["m1"])
    shelf.place([old])
    shelf.place([answer])
    assert shelf.tickets[shelf.home(answer)].follows == shelf.home(old)


def test_a_customer_who_answers_recent_history_opens_it_again() -> None:
    shelf, old, answer = Shelf(), imported(a_mail("m1"), days=395), a_mail("m2", cites=["m1"])
    shelf.place([old])
    shelf.place([answer])
    assert shelf.home(answer) == shelf.home(old)
    assert shelf.tickets[shelf.home(old)].status == Status.OPEN


def test_old_mail_under_our_own_address_is_no_attack_any_more() -> None:
    shelf, posing = Shelf(), a_mail("m1", ACCOUNTS[0])
    assert [one.type for one in shelf.place([posing]).happenings if one.type.startswith("security.")]
    old = imported(a_mail("m2", ACCOUNTS[0]))
    assert not [one for one in shelf.place([old]).happenings if one.type.startswith("security.")]
