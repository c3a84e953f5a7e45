"""Unmerge: the link goes, and both sides are as they would be without it."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.commands import IVA, a_merge, an_unmerge, revisions_told
from support.deciding import Desk
from support.threads_shelf import a_mail
from threadline_contracts.commands import Answer
from threadline_contracts.ticket import SuggestionSettled, SuggestionStatus, TicketUnmerged, TicketUpdated
from threadline_threads.commands.change import Effect
from threadline_threads.commands.facts import Facts
from threadline_threads.commands.merge import merge
from threadline_threads.commands.unmerge import unmerge

NAMES = ("m0", "m1", "m2", "m3", "m4")


def merged(desk: Desk, *pairs: tuple[str, str]) -> Desk:
    for ticket, into in pairs:
        desk.apply(merge(a_merge(desk.ticket(ticket), desk.ticket(into)), desk.change()))
    return desk


def unmerged(desk: Desk, ticket: str, because: str = "") -> Effect:
    return desk.apply(unmerge(an_unmerge(desk.ticket(ticket), because=because), desk.change()))


def test_the_child_and_what_came_with_it_leave_together() -> None:
    desk = merged(Desk(*NAMES), ("m0", "m1"), ("m2", "m1"), ("m1", "m3"), ("m4", "m3"))
    effect = unmerged(desk, "m1")
    assert {desk.root(name) for name in ("m0", "m1", "m2")} == {desk.ticket("m1")}
    assert {desk.root(name) for name in ("m3", "m4")} == {desk.ticket("m3")}
    assert effect.unlinked == [desk.ticket("m1")]
    assert revisions_told(desk.shelf.happenings)


def test_it_is_told_to_whom_it_concerns() -> None:
    desk = merged(Desk("m0", "m1", "m2", "m3"), ("m0", "m1"), ("m1", "m2"), ("m2", "m3"))
    effect = unmerged(desk, "m1", "two fires")
    told = [one.data for one in effect.plan.happenings]
    assert [one.ticket.id for one in told if isinstance(one, TicketUpdated)] == [desk.ticket("m3"), desk.ticket("m2")]
    left = [one for one in told if isinstance(one, TicketUnmerged)]
    assert {one.ticket.id for one in left} == {desk.ticket("m0"), desk.ticket("m1")}
    assert {one.root.id for one in left} == {desk.ticket("m3")}
    assert {(one.by, one.because, one.link.child) for one in left} == {(IVA, "two fires", desk.ticket("m1"))}
    for header in (one.ticket for one in told if isinstance(one, TicketUpdated | TicketUnmerged)):
        assert desk.shelf.tickets[header.id].header() == header


def test_it_stays_undone() -> None:
    desk = merged(Desk("m0", "m1"), ("m0", "m1"))
    unmerged(desk, "m0", "two fires")
    (pair,) = desk.severed
    assert pair.one < pair.other
    assert {pair.one, pair.other} == {desk.ticket("m0"), desk.ticket("m1")}
    assert (pair.by, pair.because, pair.at) == (IVA, "two fires", desk.shelf.now)
    assert pair.link is not None
    assert (pair.link.child, pair.link.rule) == (desk.ticket("m0"), "command")


def test_what_still_asks_to_merge_the_two_is_withdrawn() -> None:
    """A rule joined them, and the clerk has not settled yet what had asked for that."""
    desk = merged(Desk("m0", "m1", "m2", "m3"), ("m3", "m0"), ("m0", "m1"))
    asking, elsewhere = desk.suggest("m3", "m1"), desk.suggest("m2", "m1")
    effect = unmerged(desk, "m0", "two fires")
    assert (desk.status_of(asking), desk.status_of(elsewhere)) == (SuggestionStatus.WITHDRAWN, SuggestionStatus.OPEN)
    (told,) = [one.data for one in effect.plan.happenings if isinstance(one.data, SuggestionSettled)]
    assert (told.suggestion.by, told.suggestion.because) == (IVA, "two fires")
    assert told.ticket == desk.shelf.tickets[desk.ticket("m3")].header()


def test_neither_does_what_follows_the_other_join_it_again() -> None:
    desk = merged(Desk("m0", "m1"), ("m0", "m1"))
    follower = UUID(int=7)
    desk.shelf.tickets[desk.ticket("m1")].followed_by = follower
    unmerged(desk, "m0")
    assert [{pair.one, pair.other} for pair in desk.severed] == [
        {desk.ticket("m0"), desk.ticket("m1")},
        {desk.ticket("m0"), follower},
    ]


def test_both_know_their_newest_message_again() -> None:
    desk = Desk("m0", "m1")
    before = {one.id: (one.last_message) for one in desk.shelf.tickets.values()}
    merged(desk, ("m0", "m1"))
    unmerged(desk, "m0")
    assert {one.id: (one.last_message) for one in desk.shelf.tickets.values()} == before


def test_what_was_never_merged_is_refused() -> None:
    effect = unmerged(Desk("m0"), "m0")
    assert (effect.outcome.answer, effect.plan.happenings) == (Answer.REFUSED, [])
    assert effect.outcome.because.endswith("is not merged into another ticket.")


def test_a_root_is_refused_and_says_who_speaks_through_it() -> None:
    desk = merged(Desk("m0", "m1"), ("m0", "m1"))
    effect = unmerged(desk, "m1")
    reference = a_mail("m0").reference
    assert effect.outcome.answer is Answer.REFUSED
    assert f"it speaks for {reference[:5]}-{reference[5:]}: unmerge one of these" in effect.outcome.because


@pytest.mark.parametrize("empty", ["m0", "m1"])
def test_a_side_without_messages_is_refused(empty: str) -> None:
    desk = merged(Desk("m0", "m1"), ("m0", "m1"))
    change = desk.change()
    change.facts.newest = {ticket: one for ticket, one in change.facts.newest.items() if ticket != desk.ticket(empty)}
    effect = unmerge(an_unmerge(desk.ticket("m0")), change)
    assert effect.outcome.answer is Answer.REFUSED
    assert "Nothing would remain" in effect.outcome.because


pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES))


@given(st.lists(pairs, max_size=6), pairs)
@settings(max_examples=300, deadline=None)
def test_unmerge_right_after_a_merge_restores_every_root(before: list[tuple[str, str]], last: tuple[str, str]) -> None:
    desk = merged(Desk(*NAMES), *before)
    roots = {name: desk.root(name) for name in NAMES}
    child = roots[last[0]]
    merged(desk, last)
    if roots[last[0]] != roots[last[1]]:
        desk.apply(unmerge(an_unmerge(child), desk.change()))
    assert {name: desk.root(name) for name in NAMES} == roots
    assert revisions_told(desk.shelf.happenings)


@given(st.lists(st.tuples(st.booleans(), pairs), max_size=15))
@settings(max_examples=300, deadline=None)
def test_links_are_always_a_forest_that_ends_at_the_roots(steps: list[tuple[bool, tuple[str, str]]]) -> None:
    desk = Desk(*NAMES)
    for merging, (one, other) in steps:
        if merging:
            merged(desk, (one, other))
        else:
            unmerged(desk, one)
    parents = dict(desk.links())
    assert len(parents) == len(desk.links())
    for name in NAMES:
        top, seen = desk.ticket(name), set()
        while top in parents and top not in seen:
            seen.add(top)
            top = parents[top]
        assert top == desk.root(name)
    facts = Facts(desk.shelf.tickets.values())
    for root, members in facts.members.items():
        assert facts.subtree(root) == frozenset(members)
