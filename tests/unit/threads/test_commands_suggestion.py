"""A suggestion decided: accepted it is a merge, declined it is for good, and either way it is settled."""

from support.commands import IVA, a_decision, a_merge
from support.deciding import Desk, ends
from threadline_contracts.commands import Answer, Decision
from threadline_contracts.ticket import SuggestionSettled, SuggestionStatus
from threadline_threads.commands.change import Effect
from threadline_threads.commands.merge import merge
from threadline_threads.commands.suggestion import decide_suggestion


def decided(desk: Desk, decision: Decision, because: str = "") -> Effect:
    suggestion = desk.suggest("m2", "m1")
    return desk.apply(decide_suggestion(a_decision(suggestion, decision, because=because), desk.change()))


def test_accepted_the_younger_speaks_through_the_other() -> None:
    desk = Desk("m1", "m2")
    effect = decided(desk, Decision.ACCEPT)
    (link,) = effect.plan.links
    assert ends([link]) == [(desk.ticket("m2"), desk.ticket("m1"))]
    assert (link.rule, link.by, link.because) == ("suggestion", IVA, "Both name order 4711.")
    assert [one.status for one in effect.settled] == [SuggestionStatus.ACCEPTED]
    assert effect.outcome.answer is Answer.DONE


def test_declined_the_two_stay_apart() -> None:
    desk = Desk("m1", "m2")
    effect = decided(desk, Decision.DECLINE, "two orders")
    assert (effect.plan.links, effect.plan.tickets) == ([], {})
    (pair,), (settled,) = effect.severed, effect.settled
    assert ({pair.one, pair.other}, pair.link) == ({desk.ticket("m1"), desk.ticket("m2")}, None)
    assert (settled.status, settled.by, settled.because) == (SuggestionStatus.DECLINED, IVA, "two orders")
    (told,) = effect.plan.happenings
    assert told.data == SuggestionSettled(ticket=desk.shelf.tickets[desk.ticket("m2")].header(), suggestion=settled)


def test_declined_what_else_asks_to_merge_the_two_conversations_is_withdrawn() -> None:
    desk = Desk("m1", "m2", "m3")
    desk.apply(merge(a_merge(desk.ticket("m3"), desk.ticket("m2")), desk.change()))
    other = desk.suggest("m3", "m1")
    decided(desk, Decision.DECLINE)
    assert desk.status_of(other) is SuggestionStatus.WITHDRAWN


def test_decided_again_changes_nothing() -> None:
    desk = Desk("m1", "m2")
    decided(desk, Decision.DECLINE)
    (suggestion,) = desk.suggestions
    effect = decide_suggestion(a_decision(suggestion, Decision.ACCEPT), desk.change())
    assert effect.outcome.answer is Answer.UNCHANGED
    assert "declined already, by agent:iva" in effect.outcome.because


def test_what_is_one_by_now_can_be_accepted_but_not_declined() -> None:
    desk = Desk("m1", "m2")
    desk.apply(merge(a_merge(desk.ticket("m2"), desk.ticket("m1")), desk.change()))
    declined = decided(desk, Decision.DECLINE)
    assert declined.outcome.answer is Answer.REFUSED
    assert "unmerge one instead" in declined.outcome.because
    accepted = decided(desk, Decision.ACCEPT)
    assert (accepted.outcome.answer, accepted.plan.links) == (Answer.DONE, [])
    assert [one.status for one in accepted.settled] == [SuggestionStatus.ACCEPTED]


def test_one_settlement_is_one_event_however_often_it_is_published() -> None:
    desk = Desk("m1", "m2")
    effect = decided(desk, Decision.DECLINE)
    (told,) = effect.plan.happenings
    assert told.revision == int(desk.shelf.now.timestamp()) * 1_000_000
