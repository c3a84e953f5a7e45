"""What becomes of suggestions: opened, strengthened, settled, withdrawn; each pair once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.messages import NOON
from support.threads_clerk import written
from support.threads_suggesting import a_ticket
from threadline_contracts.ticket import Link, Suggestion, SuggestionReason, SuggestionSettled, SuggestionStatus
from threadline_contracts.topology import EventType
from threadline_threads.clerk.concluding import Present, conclude
from threadline_threads.clerk.proposing import Proposal
from threadline_threads.keys import suggestion_id

NOW = NOON + timedelta(days=1)
TICKETS = [a_ticket(written(f"m{n}", "email:ana@a.example"), age=n) for n in range(6)]


def a_proposal(one: int, other: int, *scores: float, blocked: bool = False) -> Proposal:
    """Return a proposal with reasons of these scores."""
    reasons = [SuggestionReason(code=f"code{n}", because=f"Because {n}.", score=s) for n, s in enumerate(scores)]
    return Proposal(TICKETS[one].id, TICKETS[other].id, tuple(reasons), blocked=blocked)


def an_open(one: int, other: int, score: float = 0.5) -> Suggestion:
    ticket, second = TICKETS[one].id, TICKETS[other].id
    why = SuggestionReason(code="code0", because="Because 0.", score=score)
    return Suggestion(
        id=suggestion_id(ticket, second), ticket=ticket, other=second, score=score, reasons=(why,), at=NOON
    )


def present(*known: Suggestion, apart: tuple[int, int] | None = None) -> Present:
    kept = {frozenset({TICKETS[apart[0]].id, TICKETS[apart[1]].id}): "agent:iva"} if apart else {}
    return Present({ticket.id: ticket for ticket in TICKETS}, {one.id: one for one in known}, kept)


def test_the_younger_ticket_asks() -> None:
    result = conclude(present(), [a_proposal(0, 3, 0.5)], {}, 0.35, NOW)
    (made,) = result.suggestions
    assert (made.ticket, made.other) == (TICKETS[3].id, TICKETS[0].id)
    assert [h.type for h in result.happenings] == [EventType.TICKET_MERGE_SUGGESTED]


def test_what_speaks_too_little_is_not_suggested() -> None:
    assert not conclude(present(), [a_proposal(3, 0, 0.3)], {}, 0.35, NOW).suggestions
    assert conclude(present(), [a_proposal(3, 0, 0.3, 0.2)], {}, 0.35, NOW).suggestions


def test_an_open_suggestion_grows_stronger_and_a_repeat_tells_nothing() -> None:
    known = an_open(3, 0)
    assert not conclude(present(known), [a_proposal(3, 0, 0.5)], {}, 0.35, NOW).happenings
    (stronger,) = conclude(present(known), [a_proposal(3, 0, 0.1, 0.4)], {}, 0.35, NOW).suggestions
    assert (stronger.id, stronger.score) == (known.id, 0.7)


@pytest.mark.parametrize("status", [one for one in SuggestionStatus if one is not SuggestionStatus.OPEN])
def test_what_was_settled_is_not_asked_again(status: SuggestionStatus) -> None:
    known = replace(an_open(3, 0), status=status, settled_at=NOON)
    assert not conclude(present(known), [a_proposal(3, 0, 0.9)], {}, 0.35, NOW).suggestions


def test_what_is_kept_apart_is_suggested_only_where_a_rule_would_join() -> None:
    assert not conclude(present(apart=(3, 0)), [a_proposal(3, 0, 0.9)], {}, 0.35, NOW).suggestions
    (made,) = conclude(present(apart=(3, 0)), [a_proposal(3, 0, 0.95, blocked=True)], {}, 0.35, NOW).suggestions
    assert made.reasons[0].because.endswith("kept apart by a decision of agent:iva.")
    assert not conclude(present(), [a_proposal(3, 0, 0.95, blocked=True)], {}, 0.35, NOW).suggestions


def test_the_weakest_is_withdrawn_for_a_better_one() -> None:
    known = [an_open(5, 0, 0.5), an_open(5, 1, 0.6), an_open(5, 2, 0.7)]
    result = conclude(present(*known), [a_proposal(5, 3, 0.55)], {}, 0.35, NOW)
    assert {(one.other, one.status) for one in result.suggestions} == {
        (TICKETS[0].id, SuggestionStatus.WITHDRAWN),
        (TICKETS[3].id, SuggestionStatus.OPEN),
    }
    assert not conclude(present(*known), [a_proposal(5, 3, 0.4)], {}, 0.35, NOW).suggestions


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ("reference", SuggestionStatus.PROMOTED),
        ("policy", SuggestionStatus.PROMOTED),
        ("command", SuggestionStatus.ACCEPTED),
        ("suggestion", SuggestionStatus.ACCEPTED),
    ],
)
def test_what_became_true_is_settled_by_who_made_it_so(rule: str, status: SuggestionStatus) -> None:
    known, link = an_open(3, 0), Link(child=TICKETS[3].id, parent=TICKETS[0].id, rule=rule, because="It is.", at=NOON)
    joined = replace(TICKETS[3], root=TICKETS[0].id)
    now = Present({**present().tickets, joined.id: joined}, {known.id: known}, {})
    result = conclude(now, [a_proposal(3, 0, 0.9)], {joined.id: link}, 0.35, NOW)
    (settled,) = result.suggestions
    assert (settled.status, settled.because, settled.settled_at) == (status, "It is.", NOW)
    (told,) = result.happenings
    assert isinstance(told.data, SuggestionSettled)
    assert told.about == known.id


@given(
    asked=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.01, 1)), max_size=15),
    known=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), max_size=4),
)
def test_there_are_never_more_than_three_open_for_a_ticket(
    asked: list[tuple[int, int, float]], known: list[tuple[int, int]]
) -> None:
    before = [an_open(one, other) for one, other in known if other < one]
    proposals = [a_proposal(one, other, score) for one, other, score in asked]
    result = conclude(present(*before), proposals, {}, 0.35, NOW)
    after = {one.id: one for one in before} | {one.id: one for one in result.suggestions}
    asking = [one.ticket for one in after.values() if one.status == SuggestionStatus.OPEN]
    assert all(asking.count(ticket) <= 3 for ticket in asking)
    assert len(result.happenings) == len(result.suggestions)
