"""Merge, and what a rule may join outside of a batch: two conversations speak through one root."""

from msgspec.structs import replace as changed

from support.commands import IVA, a_merge, revisions_told
from support.deciding import Desk, ends
from support.messages import NOON
from support.threads_shelf import a_mail
from threadline_contracts.commands import Answer
from threadline_contracts.ticket import Rule, Status, SuggestionSettled, SuggestionStatus, TicketMerged, TicketUpdated
from threadline_threads.commands.change import Change, Effect
from threadline_threads.commands.joining import Missing, joined_by_rule
from threadline_threads.commands.merge import merge
from threadline_threads.reasons import Reason

WHY = Reason(Rule.REFERENCE, "A rule says so.")


def merged(desk: Desk, ticket: str, into: str, because: str = "") -> Effect:
    return desk.apply(merge(a_merge(desk.ticket(ticket), desk.ticket(into), because=because), desk.change()))


def joined(desk: Desk, one: str, other: str) -> Effect | Missing | None:
    return joined_by_rule(desk.ticket(one), desk.ticket(other), WHY, desk.change())


def follow(desk: Desk, new: str, old: str) -> None:
    desk.shelf.tickets[desk.ticket(new)].follows = desk.ticket(old)
    desk.shelf.tickets[desk.ticket(old)].followed_by = desk.ticket(new)


def test_it_goes_in_the_direction_asked_even_from_the_older_to_the_younger() -> None:
    desk = Desk("m1", "m2")
    effect = merged(desk, "m1", "m2")
    assert desk.root("m1") == desk.root("m2") == desk.ticket("m2")
    assert ends(effect.plan.links) == [(desk.ticket("m1"), desk.ticket("m2"))]


def test_the_link_says_who_when_and_why() -> None:
    desk = Desk("m1", "m2")
    (link,) = merged(desk, "m1", "m2", "the same fire").plan.links
    assert (link.rule, link.by, link.because, link.at) == ("command", IVA, "the same fire", desk.shelf.now)
    (link,) = merged(Desk("m1", "m2"), "m1", "m2").plan.links
    assert link.because == "agent:iva merged them."


def test_a_merged_ticket_speaks_through_its_root() -> None:
    desk = Desk("m1", "m2", "m3", "m4")
    merged(desk, "m1", "m2")
    merged(desk, "m3", "m4")
    effect = merged(desk, "m1", "m3")
    assert ends(effect.plan.links) == [(desk.ticket("m2"), desk.ticket("m4"))]
    assert {desk.root(name) for name in ("m1", "m2", "m3", "m4")} == {desk.ticket("m4")}


def test_merging_what_is_one_changes_nothing() -> None:
    desk = Desk("m1", "m2", "m3")
    merged(desk, "m1", "m2")
    merged(desk, "m2", "m3")
    for one, other in (("m1", "m3"), ("m3", "m1"), ("m1", "m2"), ("m2", "m2")):
        effect = merged(desk, one, other)
        assert (effect.outcome.answer, effect.plan.tickets, effect.plan.happenings) == (Answer.UNCHANGED, {}, [])


def test_the_root_is_told_and_every_ticket_whose_root_changes() -> None:
    desk = Desk("m1", "m2", "m3")
    merged(desk, "m1", "m2")
    effect = merged(desk, "m2", "m3")
    updated, *others = [one.data for one in effect.plan.happenings]
    assert isinstance(updated, TicketUpdated)
    assert (updated.ticket.id, updated.changed) == (desk.ticket("m3"), ("links",))
    merges = [one for one in others if isinstance(one, TicketMerged)]
    assert {one.ticket.id for one in merges} == {desk.ticket("m1"), desk.ticket("m2")}
    assert {one.root for one in merges} == {updated.ticket}
    assert revisions_told(desk.shelf.happenings)


def test_the_conversation_is_where_its_newest_message_is_and_each_keeps_its_status() -> None:
    desk = Desk("m1", "m2")
    newest = desk.shelf.tickets[desk.ticket("m2")]
    desk.shelf.tickets[desk.ticket("m2")].status = Status.SOLVED
    merged(desk, "m2", "m1")
    root, child = desk.shelf.tickets[desk.ticket("m1")], desk.shelf.tickets[desk.ticket("m2")]
    assert (root.active_at, root.last_message) == (newest.active_at, newest.last_message)
    assert (root.status, child.status) == (Status.OPEN, Status.SOLVED)


def test_it_lifts_whatever_keeps_the_two_apart_and_nothing_else() -> None:
    desk = Desk("m1", "m2", "m3", "m4")
    merged(desk, "m1", "m2")
    for pair in (("m1", "m3"), ("m2", "m3"), ("m1", "m4")):
        desk.sever(*pair)
    merged(desk, "m3", "m2")
    assert [{pair.one, pair.other} for pair in desk.severed] == [{desk.ticket("m1"), desk.ticket("m4")}]


def test_what_was_suggested_between_the_two_is_accepted() -> None:
    desk = Desk("m1", "m2", "m3")
    wanted, other = desk.suggest("m2", "m1"), desk.suggest("m3", "m1")
    effect = merged(desk, "m2", "m1", "the same fire")
    assert (desk.status_of(wanted), desk.status_of(other)) == (SuggestionStatus.ACCEPTED, SuggestionStatus.OPEN)
    told = effect.plan.happenings[-1].data
    assert isinstance(told, SuggestionSettled)
    assert (told.suggestion.by, told.suggestion.because) == (IVA, "the same fire")
    assert told.ticket == desk.shelf.tickets[desk.ticket("m2")].header()


def test_two_desks_stay_two() -> None:
    desk = Desk("m1")
    desk.shelf.place([a_mail("m2", desk="brand")])
    there = desk.shelf.home(a_mail("m2", desk="brand"))
    effect = merge(a_merge(desk.ticket("m1"), there), desk.change())
    assert effect.outcome.answer is Answer.REFUSED
    assert joined_by_rule(desk.ticket("m1"), there, WHY, desk.change()) is None


def test_a_person_may_merge_a_ticket_with_the_one_it_follows_but_no_rule_does() -> None:
    desk = Desk("m1", "m2")
    follow(desk, "m2", "m1")
    assert joined(desk, "m1", "m2") is None
    assert joined(desk, "m2", "m1") is None
    assert merged(desk, "m2", "m1").outcome.answer is Answer.DONE


def test_a_rule_joins_to_the_older_and_promotes_what_was_suggested() -> None:
    desk = Desk("m1", "m2")
    wanted = desk.suggest("m2", "m1")
    effect = joined(desk, "m2", "m1")
    assert isinstance(effect, Effect)
    desk.apply(effect)
    assert ends(effect.plan.links) == [(desk.ticket("m2"), desk.ticket("m1"))]
    assert (desk.status_of(wanted), desk.suggestions[wanted].by) == (SuggestionStatus.PROMOTED, "threads")


def test_a_rule_joins_the_newest_follower_of_what_is_over() -> None:
    desk = Desk("m1", "m2", "m3", "m4")
    follow(desk, "m2", "m1")
    follow(desk, "m3", "m2")
    effect = joined(desk, "m4", "m1")
    assert isinstance(effect, Effect)
    assert ends(effect.plan.links) == [(desk.ticket("m4"), desk.ticket("m3"))]
    assert joined(desk, "m3", "m1") is None


def test_a_follower_must_be_known_first_and_one_merged_with_what_it_follows_is_the_end() -> None:
    desk = Desk("m1", "m2", "m3")
    follow(desk, "m2", "m1")
    facts = desk.change().facts
    del facts.tickets[desk.ticket("m2")]
    missing = joined_by_rule(desk.ticket("m3"), desk.ticket("m1"), WHY, Change(facts, NOON))
    assert missing == Missing(frozenset({desk.ticket("m2")}))
    merged(desk, "m2", "m1")
    effect = joined(desk, "m3", "m1")
    assert isinstance(effect, Effect)
    assert ends(effect.plan.links) == [(desk.ticket("m3"), desk.ticket("m1"))]


def test_a_rule_joins_nothing_that_somebody_keeps_apart() -> None:
    desk = Desk("m1", "m2", "m3")
    desk.sever("m1", "m2")
    merged(desk, "m3", "m2")
    assert joined(desk, "m1", "m3") is None
    assert joined(desk, "m2", "m3") is None  # one already


def test_an_effect_does_not_touch_the_facts_it_was_made_from() -> None:
    desk = Desk("m1", "m2")
    change = desk.change()
    before = [changed(ticket) for ticket in change.facts.tickets.values()]
    merge(a_merge(desk.ticket("m1"), desk.ticket("m2")), change)
    assert list(change.facts.tickets.values()) == before
    assert change.now > NOON
