from uuid import UUID

from benchmarks.grouping.labelled import Proof
from benchmarks.grouping.proofs import US, Facts, prove
from threadline_contracts.ticket import Rule

ONE, TWO, THREE, FOUR = (UUID(int=number) for number in range(1, 5))
ANA, BOB = "ana@a.example", "bob@b.example"
OPENS = Facts(by=ANA, names=frozenset({ANA}))


def test_who_takes_part_proves_by_citing() -> None:
    found = prove({ONE: OPENS, TWO: Facts(by=ANA, names=frozenset({ANA}), cites=(ONE,))})
    assert found == {ONE: (), TWO: (Proof(Rule.REFERENCE, ONE),)}


def test_a_stranger_and_somebody_unproved_prove_nothing_by_citing() -> None:
    found = prove({ONE: OPENS, TWO: Facts(by=BOB, cites=(ONE,)), THREE: Facts(names=frozenset({ANA}), cites=(ONE,))})
    assert not any(found.values())


def test_who_is_drawn_in_later_has_proved_it_then() -> None:
    draws_in = Facts(by=ANA, names=frozenset({ANA, BOB}), cites=(ONE,))
    found = prove({ONE: OPENS, TWO: Facts(by=BOB, names=frozenset({BOB}), cites=(ONE,)), THREE: draws_in})
    assert found[TWO] == (Proof(Rule.REFERENCE, ONE),)


def test_a_token_proves_by_itself_and_nothing_else_that_is_cited_beside_it_does() -> None:
    found = prove({ONE: OPENS, TWO: OPENS, THREE: Facts(by=ANA, token=ONE, cites=(TWO,))})
    assert found[THREE] == (Proof(Rule.TOKEN, ONE),)


def test_who_came_by_a_token_takes_part_after_somebody_named_them() -> None:
    comes, cites = Facts(by=BOB, names=frozenset({BOB}), token=ONE), Facts(by=BOB, cites=(ONE,))
    assert prove({ONE: OPENS, TWO: comes, THREE: cites})[THREE] == ()
    answer = Facts(by=US, names=frozenset({BOB}), token=TWO)
    assert prove({ONE: OPENS, TWO: comes, THREE: cites, FOUR: answer})[THREE] == (Proof(Rule.REFERENCE, ONE),)


def test_what_we_cite_we_prove() -> None:
    assert prove({ONE: OPENS, TWO: Facts(by=US, cites=(ONE,))})[TWO] == (Proof(Rule.REFERENCE, ONE),)


def test_what_lies_outside_the_issue_proves_nothing_in_it() -> None:
    assert prove({ONE: Facts(token=FOUR, cites=(FOUR,))})[ONE] == ()


def test_addresses_that_a_channel_shows_to_be_one_persons_prove_as_one() -> None:
    cites = Facts(by=BOB, names=frozenset({BOB}), cites=(ONE,))
    signed_in = Facts(certain=frozenset({"visitor", ANA}))
    assert prove({ONE: OPENS, TWO: cites, THREE: signed_in})[TWO] == ()
    as_bob = Facts(certain=frozenset({"visitor", BOB}))
    assert prove({ONE: OPENS, TWO: cites, THREE: signed_in, FOUR: as_bob})[TWO] == (Proof(Rule.REFERENCE, ONE),)
