"""What somebody keeps apart, no rule makes one conversation of; it suggests to, once."""

from collections.abc import Sequence

import pytest

from support.threads_shelf import Shelf, a_mail
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import MergeSuggested, Status
from threadline_threads.hood import Apart
from threadline_threads.keys import suggestion_id

ONE, TWO = a_mail("m1"), a_mail("m2")
BOTH = a_mail("m3", cites=["m1", "m2"])  # the nearest comes last


def kept_apart(*mails: InboundMessage) -> Shelf:
    """Return a shelf where Olga keeps the first two mails apart, with the others after that."""
    shelf = Shelf()
    shelf.place([ONE])
    shelf.place([TWO])
    shelf.apart = [Apart(shelf.home(TWO), shelf.home(ONE), "Olga")]
    for mail in mails:
        shelf.place([mail])
    return shelf


def suggested(shelf: Shelf) -> Sequence[MergeSuggested]:
    return [one.data for one in shelf.happenings if isinstance(one.data, MergeSuggested)]


def test_a_message_of_both_goes_to_its_strongest_edge() -> None:
    shelf = kept_apart(BOTH)
    assert shelf.home(BOTH) == shelf.home(TWO)
    assert shelf.root(ONE) != shelf.root(TWO)


def test_what_the_rule_would_have_done_is_suggested_with_its_reason() -> None:
    shelf = kept_apart(BOTH)
    (told,) = suggested(shelf)
    made = told.suggestion
    assert (made.id, made.ticket, made.other) == (
        suggestion_id(shelf.home(ONE), shelf.home(TWO)),
        shelf.home(TWO),
        shelf.home(ONE),
    )
    assert (told.ticket.id, told.other.id, made.score) == (made.ticket, made.other, 0.95)
    assert made.reasons[0].code == "reference"
    assert made.reasons[0].because.endswith("They are kept apart by a decision of Olga.")


def test_it_is_suggested_once() -> None:
    shelf = kept_apart(BOTH, a_mail("m4", cites=["m1", "m2"]), a_mail("m5", cites=["m2", "m1"]))
    assert len(suggested(shelf)) == len(shelf.suggestions) == 1
    assert shelf.root(ONE) != shelf.root(TWO)


def test_it_is_suggested_once_in_a_batch() -> None:
    shelf = kept_apart()
    plan = shelf.place([BOTH, a_mail("m4", cites=["m1", "m2"])])
    assert len(plan.suggestions) == 1


@pytest.mark.parametrize("order", [("m1", "m2"), ("m2", "m1")])
def test_neither_does_a_chain_through_a_third_ticket_join_them(order: Sequence[str]) -> None:
    third = a_mail("m4")
    links = [a_mail(f"link {other}", cites=["m4", other]) for other in order]
    shelf = kept_apart(third, *links)
    assert shelf.root(ONE) != shelf.root(TWO)
    assert shelf.root(third) == shelf.root({"m1": ONE, "m2": TWO}[order[0]])


def test_nor_one_made_in_one_batch() -> None:
    shelf = kept_apart()
    third = a_mail("m4")
    shelf.place([third, a_mail("m5", cites=["m4", "m1"]), a_mail("m6", cites=["m4", "m2"])])
    assert shelf.root(ONE) != shelf.root(TWO)


def test_nor_who_waited_to_take_part() -> None:
    stranger = a_mail("m4", "bob@b.example", cites=["m1", "m2"])
    names_bob = [a_mail(f"m{n + 5}", to=["bob@b.example"], cites=[cited]) for n, cited in enumerate(("m1", "m2"))]
    shelf = kept_apart(stranger, *names_bob)
    assert shelf.root(stranger) == shelf.root(ONE) != shelf.root(TWO)
    assert len(suggested(shelf)) == 1


def test_what_nobody_keeps_apart_still_meets() -> None:
    shelf = kept_apart(a_mail("m4"), a_mail("m5", cites=["m4", "m1"]))
    assert shelf.root(a_mail("m4")) == shelf.root(ONE)


def closed(shelf: Shelf, mail: InboundMessage) -> None:
    shelf.tickets[shelf.root(mail)].status = Status.CLOSED


def test_what_follows_one_of_them_is_kept_apart_from_the_other_too() -> None:
    shelf = kept_apart()
    closed(shelf, ONE)
    for mail in (a_mail("m4", cites=["m1"]), a_mail("m5", cites=["m4", "m2"])):
        shelf.place([mail])
    follower = shelf.tickets[shelf.home(a_mail("m4"))]
    assert follower.follows == shelf.home(ONE)
    assert shelf.root(a_mail("m5")) == shelf.root(TWO) != follower.root
    (told,) = suggested(shelf)
    assert {told.ticket.id, told.other.id} == {follower.id, shelf.home(TWO)}
    assert told.suggestion.reasons[0].because.endswith("They are kept apart by a decision of Olga.")


def test_so_is_what_follows_in_one_batch_and_what_follows_that() -> None:
    shelf = kept_apart()
    closed(shelf, ONE)
    shelf.place([a_mail("m4", cites=["m2", "m1"])])
    assert shelf.root(a_mail("m4")) != shelf.root(TWO)
    closed(shelf, a_mail("m4"))
    closed(shelf, TWO)
    shelf.place([a_mail("m5", cites=["m4"]), a_mail("m6", cites=["m2"]), a_mail("m7", cites=["m5", "m6"])])
    followers = [shelf.tickets[shelf.home(a_mail(name))] for name in ("m5", "m6")]
    assert [one.follows for one in followers] == [shelf.home(a_mail("m4")), shelf.home(TWO)]
    assert followers[0].root != followers[1].root
