"""What speaks for it that a message belongs to another conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.clues import form
from support.threads_clerk import CLERK_TERMS, terms_with, written
from support.threads_suggesting import a_ticket, codes, near, opener, suggested
from threadline_contracts.message import Assurance, Direction
from threadline_contracts.ticket import Status
from threadline_threads.clerk.candidates import MOST_SHARING, candidates
from threadline_threads.clerk.proposing import combined
from threadline_threads.clerk.scoring import likeness, proposal
from threadline_threads.keys import citation_key
from threadline_threads.policy import Action, Condition
from threadline_threads.policy_settings import PolicyRow

ANA, BOB = "email:ana@a.example", "email:bob@b.example"
LONG = "The new printer in the second floor prints only every other page since this morning"


@given(scores=st.lists(st.floats(0, 1), max_size=6))
def test_a_score_grows_with_every_reason_and_never_beyond_one(scores: list[float]) -> None:
    assert 0 <= combined(scores) <= 1
    assert combined([*scores, 0.5]) >= combined(scores)
    assert combined(scores) == combined(reversed(scores))


def test_a_form_sent_twice_with_one_key_is_suggested_where_the_policy_says_so() -> None:
    row = PolicyRow(condition=Condition.SAME_KEY, later="form", earlier="form", window="24h", action=Action.SUGGEST)
    one, other = form("Lampa", external_id="key"), form("ne radi", minutes=60, external_id="key")
    found = suggested(one, other, terms=terms_with(row))
    assert found is not None
    assert (found.reasons[0].code, found.reasons[0].score) == ("same_key", 0.8)
    assert "same_key" not in codes(suggested(one, other))  # our own row joins them
    bobs = form("ne radi", minutes=60, external_id="key", who="bob@b.example")
    assert "same_key" not in codes(suggested(one, bobs, terms=terms_with(row)))
    late = form("ne radi", minutes=25 * 60, external_id="key")
    assert "same_key" not in codes(suggested(one, late, terms=terms_with(row)))


def test_reasons_count_as_independent() -> None:
    assert combined([0.5, 0.5]) == 0.75
    assert combined([]) == 0


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (LONG, LONG.upper() + "!", True),
        (LONG, LONG + " and nobody here knows why", True),
        (LONG, "Please send me the invoice for the order of last week, it has not arrived", False),
        ("Hello, any news?", "Hello, any news?", False),
        (LONG, " ".join(f"word{n}" for n in range(400)) + " " + LONG, False),
        ("", "", False),
        (
            "Novi pisač na drugom katu ispisuje samo svaku drugu stranicu",
            "novi pisac na drugom katu ispisuje samo svaku drugu stranicu od jutros",
            True,
        ),
    ],
)
def test_texts_are_alike_in_their_words(one: str, other: str, alike: bool) -> None:  # noqa: FBT001 - a column
    assert (likeness(one, other) >= 75) is alike


@given(one=st.text(max_size=400), other=st.text(max_size=400))
def test_likeness_is_a_share_and_symmetric(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 100
    assert likeness(one, other) == pytest.approx(likeness(other, one))


def test_a_persons_only_open_ticket_counts_with_the_time_between() -> None:
    found = suggested(written("m1", ANA), written("m2", ANA, minutes=30))
    assert codes(found) == ["only_open_ticket", "close_in_time"]


def test_a_solved_ticket_is_not_the_persons_open_one_and_a_closed_one_nobodys() -> None:
    one, two = written("m1", ANA, text="Order no. 4711-22"), written("m2", ANA, minutes=30, text="Order no. 4711-22")
    assert codes(suggested(one, two, status=Status.SOLVED)) == ["same_number", "close_in_time"]
    assert suggested(one, two, status=Status.CLOSED) is None


def test_one_of_several_open_tickets_counts_less() -> None:
    mails = [written(f"m{n}", ANA, minutes=n) for n in range(3)]
    around = near(*(a_ticket(mail, age=n) for n, mail in enumerate(mails)), messages=mails)
    found = [proposal(one, {}, CLERK_TERMS.policy, CLERK_TERMS.customs) for one in candidates(opener(mails[2]), around)]
    assert [codes(one) for one in found] == [["same_contact", "close_in_time"]] * 2


def test_a_subject_of_the_same_person_counts_more_than_anybodys() -> None:
    one = written("m1", ANA, subject="Broken lamp in hall", minutes=-9000)
    hers = written("m2", ANA, subject="Broken lamp in hall")
    his = written("m2", BOB, subject="Fwd: Broken lamp in hall")
    mine, other = suggested(one, hers), suggested(one, his)
    assert mine is not None
    assert other is not None
    assert codes(mine) == codes(other) == ["same_subject"]
    assert combined(r.score for r in mine.reasons) > combined(r.score for r in other.reasons)


def test_a_number_that_too_many_share_tells_nothing() -> None:
    mails = [written(f"m{n}", f"email:p{n}@p.example", text="Order no. 4711-22") for n in range(MOST_SHARING + 2)]
    around = near(*(a_ticket(mail) for mail in mails), messages=mails)
    assert candidates(opener(mails[-1]), around) == []


def test_who_names_the_number_of_a_ticket_may_belong_to_it() -> None:
    one = written("m1", ANA)
    two = written("m2", BOB, text=f"My number is {one.reference[:5]}-{one.reference[5:]}.")
    found = suggested(one, two)
    assert codes(found) == ["same_number", "close_in_time"]
    assert found is not None
    assert "number" in found.reasons[0].because


def test_alike_texts_strengthen_another_reason_but_are_none_of_themselves() -> None:
    assert codes(suggested(written("m1", ANA, text=LONG), written("m2", ANA, text=LONG))) == [
        "similar_text",
        "only_open_ticket",
        "close_in_time",
    ]
    assert suggested(written("m1", ANA, text=LONG), written("m2", BOB, text=LONG)) is None


def test_texts_and_subjects_that_name_different_numbers_are_not_alike() -> None:
    words = f"{LONG}, order no. "
    one = written("m1", ANA, text=f"{words}4711-22", subject="Broken lamp in hall")
    assert codes(suggested(one, written("m2", BOB, text=f"{words}9922-11", subject="Broken lamp in hall"))) == []
    hers = suggested(one, written("m2", ANA, text=f"{words}9922-11", subject="Broken lamp in hall"))
    assert codes(hers) == ["same_subject", "only_open_ticket", "close_in_time"]


def test_a_claim_of_somebody_with_several_open_tickets_counts_less() -> None:
    mails = [written("m1", ANA), written("m2", ANA, minutes=1)]
    claim = written("m3", ANA, assurance=Assurance.CLAIMED, minutes=90)
    everything = [*mails, claim]
    around = near(*(a_ticket(mail, age=n) for n, mail in enumerate(everything)), messages=everything)
    found = [proposal(one, {}, CLERK_TERMS.policy, CLERK_TERMS.customs) for one in candidates(opener(claim), around)]
    alone = suggested(mails[0], claim)
    assert alone is not None
    assert all(one and one.reasons[0].score < alone.reasons[0].score for one in found)


def test_a_claim_is_a_reason_whoever_claims() -> None:
    claim = written("m2", ANA, assurance=Assurance.CLAIMED, minutes=5)
    found = suggested(written("m1", ANA), claim)
    assert found is not None
    assert codes(found) == ["claimed_identity", "close_in_time"]
    assert found.join is None


def test_who_claimed_to_be_the_sender_before_counts_more_than_who_named_him() -> None:
    claimed = suggested(written("m1", ANA, assurance=Assurance.CLAIMED), written("m2", ANA, minutes=90))
    named = suggested(written("m1", BOB, cc=["ana@a.example"]), written("m2", ANA, minutes=90))
    assert claimed is not None
    assert named is not None
    assert codes(claimed) == codes(named) == ["claimed_identity", "close_in_time"]
    assert claimed.reasons[0].score > named.reasons[0].score


def test_no_reason_repeats_what_is_in_the_other_conversation() -> None:
    one = written("m1", ANA, text=f"{LONG}. My secret is 1234.", subject="A secret lamp of mine", cc=["eve@e.example"])
    found = suggested(one, written("m2", ANA, text=LONG, minutes=5))
    assert found is not None
    told = " ".join(reason.because for reason in found.reasons)
    assert not any(word in told for word in ("secret", "printer", "lamp", "eve"))


def test_the_window_of_a_row_holds_in_both_directions() -> None:
    terms = terms_with(PolicyRow(condition=Condition.ONLY_OPEN_TICKET, window="1h", action=Action.SUGGEST))
    one, late = written("m1", ANA), written("m2", ANA, minutes=61)
    assert suggested(one, late, terms=terms) is None
    assert codes(suggested(one, written("m2", ANA, minutes=60), terms=terms)) == ["only_open_ticket", "close_in_time"]


@pytest.mark.parametrize(
    ("channel", "joins"), [("email", True), ("chat", False)], ids=["the pair of the row", "another pair"]
)
def test_a_row_joins_its_pair_of_channels_alone(channel: str, joins: bool) -> None:  # noqa: FBT001 - a column
    row = PolicyRow(condition=Condition.ONLY_OPEN_TICKET, later="email", earlier="email", action=Action.JOIN)
    one = replace(written("m1", ANA), channel=channel)
    found = suggested(one, written("m2", ANA, minutes=5), terms=terms_with(row))
    assert found is not None
    assert (found.join is not None) is joins


def test_the_same_words_of_one_sender_may_be_suggested_by_a_row() -> None:
    row = PolicyRow(condition=Condition.SAME_CONTENT, window="1h", action=Action.SUGGEST)
    found = suggested(written("m1", ANA, text=LONG), written("m2", ANA, text=LONG), terms=terms_with(row))
    assert "same_content" in codes(found)
    assert "similar_text" not in codes(found)


def test_a_call_after_ours_may_be_suggested_by_a_row() -> None:
    row = PolicyRow(condition=Condition.CALL_BACK, window="24h", action=Action.SUGGEST)
    phone = "phone:+385912345678"
    ours = replace(written("m1"), direction=Direction.OUTBOUND, recipients=(written("x", phone).sender,))
    assert "call_back" in codes(suggested(ours, written("m2", phone, minutes=60), terms=terms_with(row)))
    assert "call_back" not in codes(suggested(written("m1", phone), written("m2", phone), terms=terms_with(row)))


def test_a_shared_address_joins_nothing() -> None:
    row = PolicyRow(condition=Condition.ONLY_OPEN_TICKET, action=Action.JOIN)
    office = "email:info@a.example"
    found = suggested(written("m1", office), written("m2", office, minutes=5), terms=terms_with(row))
    assert found is not None
    assert found.join is None


def test_a_cited_message_counts_for_its_conversation() -> None:
    one, two = written("m1", ANA), written("m2", BOB, cites=["m1"])
    around = near(a_ticket(one), a_ticket(two), messages=(two,))
    key = citation_key("main", "email", "m1@example.org")
    assert key is not None
    around.cited = {key: [a_ticket(one).id]}
    (found,) = candidates(opener(two), around)
    assert codes(proposal(found, {}, CLERK_TERMS.policy, CLERK_TERMS.customs)) == ["cites_in_vain"]


def test_what_follows_a_ticket_is_not_suggested_for_it() -> None:
    one, two = written("m1", ANA), written("m2", ANA, minutes=5)
    old, new = a_ticket(one), a_ticket(two, age=1)
    new.follows = old.id
    assert candidates(opener(two), near(old, new, messages=(one, two))) == []
