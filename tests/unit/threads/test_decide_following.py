"""What was solved too long ago is not opened again: a new ticket follows it, and gets what comes after."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.messages import NOON
from support.threads_shelf import US, Shelf, a_copy, a_mail, a_token
from threadline_contracts.message import Automation, AutomationKind, InboundMessage
from threadline_contracts.ticket import MessagePlaced, Status, TicketReopened, TicketUpdated
from threadline_contracts.topology import EventType
from threadline_threads.plan import Told

FIRST = a_mail("m1", to=["bob@b.example"])
ANSWER = a_mail("m2", cites=["m1"])
LONG_AGO = NOON - timedelta(days=31)
ROBOT = replace(a_mail("m3", cites=["m1"]), automation=Automation(kind=AutomationKind.AUTO_REPLY))


def over(*mails: InboundMessage, status: Status = Status.SOLVED) -> Shelf:
    """Return a shelf whose first ticket is over, with other mails after that."""
    shelf = Shelf()
    shelf.place([FIRST])
    end(shelf, FIRST, status)
    for mail in mails:
        shelf.place([mail])
    return shelf


def end(shelf: Shelf, mail: InboundMessage, status: Status = Status.SOLVED) -> None:
    ticket = shelf.tickets[shelf.root(mail)]
    ticket.status, ticket.solved_at = status, LONG_AGO


@pytest.mark.parametrize("status", [Status.SOLVED, Status.CLOSED])
def test_a_customers_message_opens_a_ticket_that_follows(status: Status) -> None:
    shelf = over(ANSWER, status=status)
    old, new = shelf.tickets[shelf.home(FIRST)], shelf.tickets[shelf.home(ANSWER)]
    assert (new.follows, old.followed_by, old.status, new.status) == (old.id, new.id, status, Status.OPEN)
    assert new.root == new.id
    assert new.links == old.links == ()


def test_both_are_told() -> None:
    shelf = over(ANSWER)
    _, opened, updated = shelf.happenings
    assert (opened.type, updated.type) == (EventType.TICKET_OPENED, EventType.TICKET_UPDATED)
    assert isinstance(opened.data, Told | MessagePlaced)
    assert opened.data.ticket.follows == shelf.home(FIRST)
    assert isinstance(updated.data, TicketUpdated)
    assert (updated.data.changed, updated.data.ticket.followed_by) == (("followed_by",), shelf.home(ANSWER))
    assert shelf.why(ANSWER).because.endswith(
        "That ticket was solved more than 30 days before, so this one follows it."
    )
    assert shelf.why(ANSWER).rule == "open"


def test_within_the_time_it_is_opened_again() -> None:
    shelf = over()
    shelf.tickets[shelf.home(FIRST)].solved_at = NOON - timedelta(days=29)
    plan = shelf.place([ANSWER])
    ticket = shelf.tickets[shelf.home(FIRST)]
    assert (shelf.home(ANSWER), ticket.status, ticket.solved_at) == (ticket.id, Status.OPEN, None)
    assert isinstance(plan.happenings[-1].data, TicketReopened)


@pytest.mark.parametrize(
    "later",
    [
        a_mail("m4", cites=["m1"]),
        a_mail("m4", cites=["m1", "m2"]),
        a_mail("m4", "bob@b.example", to=["ana@a.example"], cites=["m1"]),
        a_mail("m4", US, to=["ana@a.example"], cites=["m1"]),
        a_mail("m4", tokens=[a_token(FIRST)]),
        replace(ROBOT, id=a_mail("m4").id),
    ],
    ids=["citing the old", "citing both", "by who took part in the old", "by us", "by a token", "by a machine"],
)
def test_what_comes_later_goes_to_the_follower(later: InboundMessage) -> None:
    shelf = over(ANSWER, later)
    assert shelf.home(later) == shelf.home(ANSWER)
    assert shelf.root(FIRST) != shelf.root(ANSWER)


def test_even_when_all_of_it_comes_in_one_batch() -> None:
    shelf = over()
    later = [a_mail(f"m{n}", cites=["m1", "m2"]) for n in range(3, 6)]
    shelf.place([ANSWER, *later])
    assert {shelf.home(one) for one in later} == {shelf.home(ANSWER)}
    assert len(shelf.tickets) == 2


def test_a_follower_that_is_over_is_followed_too() -> None:
    shelf = over(ANSWER)
    end(shelf, ANSWER)
    third, fourth = a_mail("m5", cites=["m1"]), a_mail("m6", cites=["m1"])
    for mail in (third, fourth):
        shelf.place([mail])
    newest = shelf.tickets[shelf.home(third)]
    assert (newest.follows, shelf.home(fourth)) == (shelf.home(ANSWER), newest.id)
    assert len({shelf.root(one) for one in (FIRST, ANSWER, third)}) == 3


@pytest.mark.parametrize("mail", [ROBOT, a_mail("m3", US, to=["ana@a.example"], cites=["m1"])])
def test_what_no_customer_wrote_stays_with_the_old_one_and_changes_nothing(mail: InboundMessage) -> None:
    shelf = over(mail)
    assert shelf.home(mail) == shelf.home(FIRST)
    assert shelf.tickets[shelf.home(FIRST)].status == Status.SOLVED


@pytest.mark.parametrize("mails", [(), (ANSWER,)])
def test_a_copy_of_an_old_mail_stays_with_it(mails: tuple[InboundMessage, ...]) -> None:
    copy = a_copy(FIRST)
    shelf = over(*mails, copy)
    assert shelf.home(copy) == shelf.home(FIRST)
    assert shelf.tickets[shelf.home(FIRST)].status == Status.SOLVED


def test_a_citation_that_comes_true_late_joins_the_follower() -> None:
    stranger = a_mail("m3", "cyd@c.example", cites=["m1"])
    shelf = over(stranger, ANSWER, a_mail("m4", to=["cyd@c.example"], cites=["m2"]))
    assert shelf.root(stranger) != shelf.root(FIRST)
    shelf.place([a_mail("m5", "cyd@c.example", cites=["m1"])])
    assert shelf.home(a_mail("m5")) == shelf.home(ANSWER)


def test_a_message_of_an_old_and_a_living_conversation_leaves_the_old_alone() -> None:
    other, both = a_mail("m5"), a_mail("m6", cites=["m5", "m1"])
    shelf = over(ANSWER, other, both)
    assert shelf.root(both) == shelf.root(other) == shelf.root(ANSWER) != shelf.root(FIRST)


def test_a_conversation_that_lives_on_is_open_though_its_oldest_ticket_was_over() -> None:
    other, both = a_mail("m5"), a_mail("m6", cites=["m1", "m5"])
    shelf = over(other, both)
    assert shelf.root(both) == shelf.root(FIRST) == shelf.root(other)
    assert shelf.tickets[shelf.root(both)].status == Status.OPEN


def test_a_follower_that_somebody_merged_into_the_old_one_is_no_riddle() -> None:
    shelf = over(ANSWER)
    shelf.tickets[shelf.home(ANSWER)].root = shelf.home(FIRST)
    shelf.tickets[shelf.home(FIRST)].status = Status.OPEN
    shelf.place([a_mail("m4", cites=["m1"])])
    assert shelf.root(a_mail("m4")) == shelf.home(FIRST)


def test_a_ticket_and_one_that_it_follows_are_never_linked_not_even_through_a_merge() -> None:
    other = a_mail("m5")
    shelf = over(ANSWER, other)
    shelf.tickets[shelf.home(FIRST)].root = shelf.home(other)
    shelf.place([a_mail("m6", cites=["m2", "m1"])])
    assert shelf.root(ANSWER) != shelf.root(other)
