from datetime import UTC, datetime

from support.messages import a_message, a_person
from support.threads import incomings
from threadline_contracts.message import Evidence
from threadline_threads.decide import decide
from threadline_threads.foresight import foreseen
from threadline_threads.hood import Holder, Neighbourhood
from threadline_threads.plan import Plan
from threadline_threads.tickets import open_ticket

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
FIRST = a_message("first")
(ANSWER,) = incomings([a_message("answer", evidence=Evidence(in_reply_to=(FIRST.external_id,)))])


def knowing_the_first() -> Neighbourhood:
    hood = Neighbourhood()
    ticket = open_ticket(FIRST, NOW)
    hood.add_conversations([ticket])
    (one,) = incomings([FIRST])
    hood.holders[ANSWER.cites[0].key].append(Holder(ticket.id, plain=True, by=one.by))
    return hood


def test_the_people_of_an_answer_are_asked_for_where_its_citation_leads() -> None:
    hood = knowing_the_first()
    (ticket,) = hood.tickets
    assert foreseen([ANSWER], hood).pairs == {(ticket, who) for who in ANSWER.names}


def test_an_answer_is_decided_at_once_with_what_was_foreseen() -> None:
    hood = knowing_the_first()
    need = foreseen([ANSWER], hood)
    hood.add_facts(need.pairs, named=[(ticket, who, "") for ticket, who in need.pairs], waiting=[])
    plan = decide([ANSWER], hood, NOW)
    assert isinstance(plan, Plan)
    assert [placed.ticket for placed in plan.messages.values()] == list(hood.tickets)


def test_nothing_is_foreseen_for_what_leads_nowhere() -> None:
    (alone,) = incomings([a_message("alone", sender=a_person("new@customer.example"))])
    assert not foreseen([alone], knowing_the_first())
