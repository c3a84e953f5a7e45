from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from benchmarks.grouping.labelled import Keeps, Labelled
from benchmarks.grouping.peers import PEERS, Algorithm, chatwoot, freescout, osticket, run, zammad
from support.labelled import a_labelled, an_agents_answer

FIRST = a_labelled("m1")
OURS = an_agents_answer("o1", FIRST)
EVERY = pytest.mark.parametrize("algorithm", PEERS.values(), ids=list(PEERS))


def together(algorithm: Algorithm, said: Sequence[Labelled]) -> bool:
    """Return whether the last of some messages is in the conversation of the first."""
    groups = run(algorithm, said).groups
    return groups[said[-1].id] == groups[said[0].id]


@EVERY
def test_an_answer_to_an_agent_finds_its_conversation_everywhere(algorithm: Algorithm) -> None:
    assert together(algorithm, [FIRST, OURS, a_labelled("m2", cites=["m1", "o1"], answers=OURS)])


@EVERY
def test_another_first_mail_opens_a_conversation_everywhere(algorithm: Algorithm) -> None:
    assert not together(algorithm, [FIRST, a_labelled("m2", "i2")])


@EVERY
def test_an_empty_message_id_is_nobodys(algorithm: Algorithm) -> None:
    nameless = [replace(one, message=replace(one.message, external_id="")) for one in (FIRST, a_labelled("m2", "i2"))]
    assert not together(algorithm, nameless)


@EVERY
def test_whoever_cites_a_message_with_the_same_subject_gets_in_everywhere(algorithm: Algorithm) -> None:
    stranger = a_labelled("x1", "x", by="mallory@m.example", cites=["m1"], subject=f"Re: {FIRST.message.subject}")
    assert together(algorithm, [FIRST, stranger])


def test_zammad_wants_the_same_subject_beside_the_reference_and_knows_prefixes_of_two_letters() -> None:
    assert not together(zammad, [FIRST, a_labelled("m2", cites=["m1"], subject="Something else")])
    assert not together(zammad, [FIRST, a_labelled("m2", cites=["m1"], subject=f"Odp: {FIRST.message.subject}")])


@pytest.mark.parametrize(("algorithm", "lets_in"), [(zammad, True), (osticket, False), (freescout, False)])
def test_who_types_the_ticket_number_from_elsewhere(algorithm: Algorithm, *, lets_in: bool) -> None:
    number = replace(a_labelled("x1", "x", by="mallory@m.example", answers=OURS), keeps=frozenset({Keeps.SUBJECT}))
    assert together(algorithm, [FIRST, OURS, number]) is lets_in


def test_osticket_takes_the_number_from_whoever_is_on_the_ticket() -> None:
    number = replace(a_labelled("m2", answers=OURS), keeps=frozenset({Keeps.SUBJECT}))
    assert together(osticket, [FIRST, OURS, number])


def test_freescout_looks_into_one_mailbox_alone_and_chatwoot_into_all_for_in_reply_to() -> None:
    elsewhere = a_labelled("m2", cites=["m1"], account="sales@localhost")
    evidence = replace(elsewhere.message.evidence, in_reply_to=elsewhere.message.evidence.references)
    direct = replace(elsewhere, message=replace(elsewhere.message, evidence=evidence))
    assert not together(freescout, [FIRST, direct])
    assert not together(chatwoot, [FIRST, elsewhere])
    assert together(chatwoot, [FIRST, direct])


def test_a_parent_that_arrives_late_is_lost_on_all_of_them() -> None:
    answer = a_labelled("m2", cites=["m1"])
    assert not any(together(algorithm, [answer, FIRST]) for algorithm in PEERS.values())


def test_an_agents_answer_is_no_automatic_join_of_theirs_to_boast_of() -> None:
    assert {join.rule for join in run(freescout, [FIRST, OURS]).joins} == {"agent"}
