from collections.abc import Sequence

from msgspec.structs import replace

from benchmarks.grouping.aims import aims
from benchmarks.grouping.scoring import AskedMerge, Grouping, RuleScore, score
from benchmarks.grouping.suggesting import accepting, suggested
from support.labelled import a_labelled, grouped, labels
from threadline_contracts.ticket import Rule

A1 = a_labelled("a1", "a")
A2 = a_labelled("a2", "a", proved_by=A1)
A3 = a_labelled("a3", "a")
B1 = a_labelled("b1", "b")
ALL = labels(A1, A2, A3, B1)
RIGHT = AskedMerge(A3.id, A1.id, 0.5, "same_number")
WRONG = AskedMerge(B1.id, A1.id, 0.4, "similar_text")
WRONG_AND_BETTER = AskedMerge(A3.id, B1.id, 0.9, "similar_text")


def asking(*suggestions: AskedMerge, homes: Sequence[str] = ()) -> Grouping:
    grouping = grouped([A1, A2], [A3], [B1])
    names = dict(zip(grouping.groups, homes, strict=True)) if homes else {}
    return replace(grouping, suggestions=suggestions, homes=names)


def test_right_suggestions_are_accepted_and_wrong_ones_declined() -> None:
    grouping = asking(RIGHT, WRONG)
    accepted = accepting(grouping, ALL)
    assert accepted.groups[A3.id] == accepted.groups[A1.id] != accepted.groups[B1.id]
    found = suggested(grouping, ALL)
    assert (found.made, found.right, found.accepted.recall) == (2, 1, 1)


def test_of_each_ticket_the_best_one_counts() -> None:
    found = suggested(asking(RIGHT, WRONG_AND_BETTER, WRONG), ALL)
    assert (found.tickets, found.best_right) == (2, 0)


def test_each_reason_answers_for_its_own_suggestions() -> None:
    found = suggested(asking(RIGHT, WRONG, WRONG_AND_BETTER), ALL)
    assert found.reasons == {"similar_text": (2, 0), "same_number": (1, 1)}


def test_what_a_ticket_says_later_makes_a_suggestion_right_too() -> None:
    drifted = replace(a_labelled("b2", "a"), conversation="b")
    grouping = replace(grouped([A1], [B1, drifted]), suggestions=[WRONG])
    assert suggested(grouping, labels(A1, B1, drifted)).right == 1


def test_without_suggestions_nothing_is_brought_together() -> None:
    found = suggested(asking(), ALL)
    assert (found.made, found.tickets, found.accepted.recall) == (0, 0, 1 / 3)


def test_the_aims_say_what_is_not_reached() -> None:
    grouping = asking(RIGHT)
    rules = [RuleScore(Rule.TOKEN, 10, 1, 0, 0), RuleScore(Rule.POLICY, 100, 3, 0, 0)]
    found = aims(score(grouping, ALL), rules, suggested(grouping, ALL), [Rule.TOKEN])
    assert [(aim.found, aim.reached) for aim in found] == [(1, False), (0.97, False), (1, True), (1, True)]


def test_where_the_policy_joins_nothing_it_joins_nothing_wrong() -> None:
    grouping = asking()
    found = aims(score(grouping, ALL), [], suggested(grouping, ALL), [Rule.TOKEN])
    assert all(aim.reached for aim in found)
