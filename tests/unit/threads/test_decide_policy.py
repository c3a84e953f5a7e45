"""What the policy joins, behind every proof, and what it says about it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.clues import BOB, call, form, mail
from support.messages import NOON
from support.threads import TERMS, incomings
from support.threads_shelf import US, Shelf, a_mail, a_token
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Evidence, InboundMessage
from threadline_contracts.ticket import Status
from threadline_threads.hood import Apart
from threadline_threads.leads import spans

LAMP = mail("Broken lamp")
REPLY = mail("Re: Broken lamp", days=1)
NUMBER = "+385912345678"


def placed(*messages: InboundMessage) -> Shelf:
    shelf = Shelf()
    for message in messages:
        shelf.place([message])
    return shelf


@pytest.mark.parametrize("order", [(LAMP, REPLY), (REPLY, LAMP)])
def test_a_reply_without_references_joins_in_any_order_and_says_why(order: Sequence[InboundMessage]) -> None:
    shelf = placed(*order)
    first, second = order
    why = shelf.why(second)
    number = show_reference(first.reference)
    assert shelf.home(second) == shelf.home(first)
    assert (why.rule, why.score, why.evidence) == ("policy", 0.9, (f"reply_subject of {number}",))
    assert why.because == (
        f"Shares subject and proved person with message {number} of this ticket, and one is a reply."
    )


def test_two_in_one_batch_join_too() -> None:
    shelf = Shelf()
    shelf.place([LAMP, REPLY])
    assert shelf.home(LAMP) == shelf.home(REPLY)


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        (form("Lampa ne radi."), form("Lampa ne radi.", minutes=5), 0.95),
        (form("Lampa", external_id="key"), form("ne radi", minutes=60, external_id="key"), 0.99),
        (call(NUMBER), call(NUMBER, hours=2, outbound=True), 0.85),
    ],
    ids=["a form filled in twice", "a form sent twice", "a call back"],
)
def test_so_do_the_other_conditions(one: InboundMessage, other: InboundMessage, score: float) -> None:
    shelf = placed(one, other)
    assert shelf.home(one) == shelf.home(other)
    assert (shelf.why(other).rule, shelf.why(other).score) == ("policy", score)


def test_two_tickets_that_a_later_message_agrees_with_become_one() -> None:
    first, second = form("Lampa ne radi."), form("Lampa ne radi.", minutes=15)
    shelf = placed(first, second, between := form("Lampa ne radi.", minutes=8))
    assert shelf.root(first) == shelf.root(second) == shelf.root(between)
    assert {link.rule for ticket in shelf.tickets.values() for link in ticket.links} == {"policy"}


TWICE = (mail("Broken lamp", days=-1), LAMP)


def test_a_reply_joins_one_of_those_that_share_its_subject_the_newest() -> None:
    shelf = placed(*TWICE, REPLY)
    assert shelf.home(REPLY) == shelf.home(LAMP) != shelf.root(TWICE[0])
    assert len(shelf.tickets) == 2


def test_so_it_does_in_one_batch_and_when_it_is_revised() -> None:
    shelf = Shelf()
    shelf.place([REPLY, *TWICE, REPLY])
    assert len({shelf.root(one) for one in (*TWICE, REPLY)}) == 2
    shelf.place([replace(REPLY, version=1, text="Corrected.")])
    assert len({shelf.root(one) for one in (*TWICE, REPLY)}) == 2


@pytest.mark.parametrize("status", [Status.SOLVED, Status.CLOSED])
def test_rather_one_that_is_open(status: Status) -> None:
    shelf = placed(*TWICE)
    shelf.tickets[shelf.home(LAMP)].status = status
    shelf.place([REPLY])
    assert shelf.home(REPLY) == shelf.home(TWICE[0])


def test_what_comes_late_is_not_joined_by_a_reply_that_has_found_its_own() -> None:
    shelf = placed(LAMP, REPLY, TWICE[0], between := mail("Broken lamp", days=0.5))
    assert len({shelf.root(one) for one in (LAMP, TWICE[0], between)}) == 3
    assert shelf.root(REPLY) == shelf.root(LAMP)


def test_replies_that_wait_for_what_they_reply_to_are_together_with_it() -> None:
    more = mail("AW: Broken lamp", days=2)
    shelf = placed(more, REPLY, LAMP)
    assert shelf.root(more) == shelf.root(REPLY) == shelf.root(LAMP)


def test_a_proof_is_the_reason_where_there_is_one() -> None:
    chair, answer = mail("Broken chair"), replace(REPLY, evidence=Evidence(tokens=(a_token(LAMP),)))
    shelf = placed(chair, LAMP, answer)
    assert shelf.why(answer).rule == "token"


def test_tokens_of_two_tickets_are_not_linked_by_what_they_have_in_common() -> None:
    one, two = a_mail("m1"), a_mail("m2")
    forms = [replace(form("Lampa ne radi."), evidence=Evidence(tokens=(a_token(mail),))) for mail in (one, two)]
    first, second = forms[0], replace(forms[1], id=a_mail("x").id, fingerprint="x", reference=a_mail("x").reference)
    shelf = placed(one, two, first, second)
    assert shelf.root(one) != shelf.root(two)


@pytest.mark.parametrize(
    "other",
    [
        mail("Re: Broken lamp", BOB, days=1),
        mail("Re: Broken lamp", days=8),
        mail("Re: Broken lamp", days=1, desk="brand"),
        mail("Broken lamp", days=1),
    ],
    ids=["somebody else", "too late", "another desk", "no reply"],
)
def test_what_does_not_agree_stays_apart(other: InboundMessage) -> None:
    shelf = placed(LAMP, other)
    assert shelf.root(other) != shelf.root(LAMP)


def test_what_is_kept_apart_stays_apart() -> None:
    apart = form("Lampa ne radi."), form("Lampa ne radi.", minutes=15)
    shelf = placed(*apart)
    ends = [shelf.home(one) for one in apart]
    shelf.apart = [Apart(ends[0], ends[1], "Olga")]
    shelf.place([form("Lampa ne radi.", minutes=8)])
    assert len({shelf.tickets[end].root for end in ends}) == 2
    assert len(shelf.suggestions) == 1


def test_a_closed_ticket_is_followed() -> None:
    shelf = placed(LAMP)
    shelf.tickets[shelf.home(LAMP)].status = Status.CLOSED
    shelf.place([REPLY])
    assert shelf.tickets[shelf.home(REPLY)].follows == shelf.home(LAMP)


def test_a_call_brings_in_nobody_but_its_caller() -> None:
    ours = call(NUMBER, outbound=True)
    theirs = replace(call(NUMBER, hours=1), recipients=(mail("x", BOB).sender,))
    assert [one.names for one in incomings([ours, theirs])] == [(), (f"phone:{NUMBER}",)]


def test_a_repeated_message_agrees_with_itself_alone() -> None:
    revised = replace(LAMP, version=1, subject="Re: Broken lamp")
    shelf = placed(LAMP, revised)
    assert len(shelf.tickets) == 1


def test_what_must_be_known_lies_within_the_window_of_each_key() -> None:
    (span,) = spans(incomings([LAMP, REPLY]))
    assert (span.since, span.until) == (NOON - timedelta(days=7), NOON + timedelta(days=8))


def test_a_message_without_clues_asks_for_nothing() -> None:
    assert spans(incomings([a_mail("m1"), a_mail("m2", US)], TERMS)) == []
