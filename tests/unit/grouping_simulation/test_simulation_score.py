from msgspec.structs import replace

from benchmarks.grouping.labelled import Proof
from benchmarks.grouping.scoring import (
    Grouping,
    Join,
    RuleScore,
    missed_proofs,
    only,
    score,
    score_rules,
    unproved,
)
from support.labelled import a_labelled, an_agents_answer, grouped, labels
from threadline_contracts.ticket import Rule

A1 = a_labelled("a1", "a")
A2 = a_labelled("a2", "a", proved_by=A1)
A3 = replace(a_labelled("a3", "a"), hint="same order number")
B1 = a_labelled("b1", "b")
B2 = a_labelled("b2", "b", proved_by=B1)
ALL = labels(A1, A2, A3, B1, B2)


def test_all_together_as_labelled_is_perfect() -> None:
    found = score(grouped([A1, A2, A3], [B1, B2]), ALL)
    assert (found.precision, found.recall, found.provable_recall) == (1, 1, 1)
    assert (found.joins, found.wrong, found.intrusions) == (3, [], 0)


def test_a_pair_of_two_issues_costs_precision_and_is_a_wrong_join() -> None:
    found = score(grouped([A1, A2, B1]), labels(A1, A2, B1))
    assert found.precision == 1 / 3
    assert [join.message for join in found.wrong] == [B1.id]


def test_a_missed_pair_costs_recall_and_provable_recall_only_where_something_proves_it() -> None:
    found = score(grouped([A1, A2], [A3], [B1], [B2]), ALL)
    assert (found.precision, found.recall, found.provable_recall) == (1, 1 / 4, 1 / 2)


def test_with_nothing_in_common_there_is_no_precision() -> None:
    assert score(grouped([A1], [B1]), labels(A1, B1)).precision is None


def test_another_matter_in_the_same_conversation_counts_neither_way() -> None:
    drifted = replace(a_labelled("a4", "a, later"), conversation="a")
    found = score(grouped([A1, A2, drifted]), labels(A1, A2, drifted))
    assert (found.precision, found.recall, found.drifted, found.wrong) == (1, 1, 2, [])


def test_our_own_mails_hold_together_but_are_no_pairs_and_an_agents_answer_is_no_automatic_join() -> None:
    ours = an_agents_answer("ours", A1)
    later = a_labelled("a5", "a", proved_by=ours)
    found = score(grouped([A1, ours, later]), labels(A1, ours, later))
    assert (found.right, found.same, found.joins) == (1, 1, 1)
    assert missed_proofs(grouped([A1, ours], [later]), labels(A1, ours, later)) == [(later, later.proofs[0])]


def test_a_stranger_intrudes_only_where_somebody_else_is() -> None:
    stranger = replace(a_labelled("x1", "x"), stranger=True)
    assert score(grouped([A1, stranger]), labels(A1, stranger)).intrusions == 1
    assert score(grouped([A1], [stranger]), labels(A1, stranger)).intrusions == 0


def test_what_no_rule_is_meant_to_stand_is_counted_apart() -> None:
    stranger = replace(a_labelled("x1", "x"), stranger=True, limit="two forged things")
    found = score(grouped([A1, A2, stranger]), labels(A1, A2, stranger))
    assert (found.precision, found.wrong, found.intrusions) == (1, [], 0)
    assert [join.message for join in found.at_limits] == [stranger.id]


def test_a_wrong_link_of_two_tickets_is_a_wrong_join_of_what_opened_them() -> None:
    found = score(grouped([A1, B1]), labels(A1, B1))
    assert [(join.message, join.to) for join in found.wrong] == [(B1.id, A1.id)]


def test_what_follows_a_wrong_join_is_not_wrong_too() -> None:
    homes = {A1.id: 1, B1.id: 1, B2.id: 1}
    joins = [Join(Rule.POLICY, B1.id, A1.id, after=1), Join(Rule.TOKEN, B2.id, A1.id, after=2)]
    found = score(Grouping(groups=homes, joins=joins, homes=homes), labels(A1, B1, B2))
    assert [join.message for join in found.wrong] == [B1.id]


def test_a_link_is_right_if_both_tickets_speak_of_one_conversation_by_then() -> None:
    homes = {A1.id: 1, B1.id: 1, B2.id: 2}
    right, early = (Join(Rule.REFERENCE, B2.id, A1.id, after=after) for after in (3, 1))
    known = labels(A1, B1, B2)
    assert score(Grouping(groups=homes, joins=[right], homes=homes), known).wrong == []
    assert score(Grouping(groups=homes, joins=[early], homes=homes), known).wrong == [early]


def test_each_rule_answers_for_its_own_joins_and_proofs() -> None:
    tokened = replace(A3, proofs=(Proof(Rule.TOKEN, A1.id),))
    grouping = grouped([A1, A2, B1], [tokened])
    assert score_rules(grouping, labels(A1, A2, tokened, B1)) == [
        RuleScore(Rule.REFERENCE, joins=2, wrong=1, proofs=1, honoured=1),
        RuleScore(Rule.TOKEN, joins=0, wrong=0, proofs=1, honoured=0),
    ]


def test_what_stands_apart_unproved_tells_what_is_left_to_go_by() -> None:
    assert unproved(grouped([A1, A2], [A3]), labels(A1, A2, A3)) == {"same order number": 1}
    assert not unproved(grouped([A1, A2, A3]), labels(A1, A2, A3))


def test_one_channel_alone_leaves_out_joins_to_another() -> None:
    form = replace(B1, message=replace(B1.message, channel="form"))
    found = score(grouped([A1, form, B2]), only(labels(A1, form, B2), "email"))
    assert (found.joins, found.same) == (1, 0)
