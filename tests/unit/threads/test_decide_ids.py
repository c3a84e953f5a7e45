"""An external id names one message: its best-proved author's, or, where that cannot be told, none."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from support.messages import NOON
from support.threads import ACCOUNTS
from support.threads_shelf import US, Shelf, a_copy, a_mail, verified
from threadline_contracts.message import InboundMessage
from threadline_contracts.topology import EventType

ANA, MALLORY = "ana@a.example", "mallory@m.example"
ANSWER = a_mail("m3", ANA, cites=["m1"])


def under_the_same_id(name: str, by: str = MALLORY, *, claimed: bool = False) -> InboundMessage:
    """Return a mail that bears the id of `m1` and names Ana."""
    mail = a_mail(name, by, to=[ANA], claimed=claimed)
    return replace(mail, external_id=a_mail("m1").external_id)


def placed(*mails: InboundMessage) -> Shelf:
    shelf = Shelf()
    for mail in mails:
        shelf.place([mail])
    return shelf


def conflicts(shelf: Shelf) -> int:
    return sum(one.type == EventType.SECURITY_IDENTITY_CONFLICT for one in shelf.happenings)


@pytest.mark.parametrize("theirs_first", [False, True])
def test_a_better_proved_author_keeps_the_id_or_takes_it(*, theirs_first: bool) -> None:
    mail, theirs = verified(a_mail("m1", ANA)), under_the_same_id("m2")
    shelf = placed(*((theirs, mail) if theirs_first else (mail, theirs)), ANSWER)
    assert shelf.home(ANSWER) == shelf.home(mail)
    assert conflicts(shelf) == 1


@pytest.mark.parametrize("theirs_first", [False, True])
def test_between_two_as_well_proved_it_names_neither(*, theirs_first: bool) -> None:
    mail, theirs = a_mail("m1", ANA), under_the_same_id("m2")
    shelf = placed(*((theirs, mail) if theirs_first else (mail, theirs)), ANSWER)
    assert len({shelf.root(one) for one in (mail, theirs, ANSWER)}) == 3
    assert shelf.why(ANSWER).because == (
        "Cites <m1@example.org>, but more than one message bears that id, so it names none of them."
    )
    assert conflicts(shelf) == 1


def test_a_third_that_is_proved_better_ends_the_dispute() -> None:
    third = verified(under_the_same_id("m4", "owner@o.example"))
    shelf = placed(a_mail("m1", ANA), under_the_same_id("m2"), third, a_mail("m5", "owner@o.example", cites=["m1"]))
    assert shelf.home(a_mail("m5")) == shelf.home(third)


def test_what_nobody_proved_never_takes_an_id() -> None:
    mail, theirs = a_mail("m1", ANA), under_the_same_id("m2", ANA, claimed=True)
    assert placed(mail, theirs, ANSWER).home(ANSWER) == placed(theirs, mail, ANSWER).home(mail)


def test_who_uses_an_id_before_its_mail_arrives_does_not_catch_what_cites_it() -> None:
    theirs, late = verified(under_the_same_id("m2")), verified(a_mail("m1", ANA))
    shelf = placed(theirs, ANSWER, late)
    assert shelf.root(ANSWER) != shelf.root(theirs)
    assert shelf.root(late) != shelf.root(theirs)


def test_nor_does_what_waits_for_the_old_owner_join_the_new_one() -> None:
    waits = a_mail("m5", "bob@b.example", cites=["m1"])
    theirs, mail = under_the_same_id("m2"), verified(a_mail("m1", ANA))
    names_bob = a_mail("m6", MALLORY, to=["bob@b.example"], cites=["m4"])
    shelf = placed(theirs, waits, mail, replace(names_bob, evidence=a_mail("m6", cites=["m2"]).evidence))
    assert shelf.root(waits) not in {shelf.root(theirs), shelf.root(mail)}
    assert (shelf.home(theirs), "email:bob@b.example", waits.id) not in shelf.waits


def test_what_we_wrote_about_one_message_does_not_join_another_that_took_its_id() -> None:
    mail, ours = a_mail("m1", ANA, claimed=True), a_mail("m4", US, to=[ANA], cites=["m1"])
    theirs, again = verified(under_the_same_id("m2")), a_mail("m5", US, to=[ANA], cites=["m1"])
    shelf = placed(mail, ours, theirs, again)
    assert shelf.root(ours) == shelf.root(mail) != shelf.root(theirs)
    assert shelf.root(again) != shelf.root(theirs)


def test_who_uses_an_id_first_does_not_catch_our_answer_to_a_sender_who_is_proved_worse() -> None:
    theirs, mail = verified(under_the_same_id("m2")), a_mail("m1", ANA)
    ours, polite = a_mail("m4", US, to=[ANA], cites=["m1"]), a_mail("m5", US, to=[MALLORY], cites=["m1"])
    shelf = placed(theirs, mail, ours, polite)
    assert shelf.root(ours) not in {shelf.root(theirs), shelf.root(mail)}
    assert shelf.root(polite) == shelf.root(theirs)


def test_a_copy_of_our_announcement_at_another_mailbox_is_no_conflict() -> None:
    announcement = a_mail("m1", US, to=[f"p{n}@p.example" for n in range(6)])
    copy = verified(replace(a_mail("m2", ACCOUNTS[0]), external_id=announcement.external_id))
    assert conflicts(placed(announcement, copy)) == 0


def test_a_device_that_repeats_its_id_is_found_by_none_and_suspected_of_nothing() -> None:
    scans = [
        replace(under_the_same_id(f"s{n}", ANA), sent_at=NOON + timedelta(minutes=n), recipients=()) for n in range(3)
    ]
    shelf = placed(*scans, a_mail("m4", US, to=[ANA], cites=["m1"]))
    assert len({shelf.root(one) for one in (*scans, a_mail("m4"))}) == 4
    assert conflicts(shelf) == 0


def test_a_lists_copy_is_found_by_the_same_id() -> None:
    mail = a_mail("m1", ANA)
    copy = replace(a_copy(mail), fingerprint="with [sales] before the subject")
    shelf = placed(mail, copy)
    assert shelf.root(copy) != shelf.root(mail)
    shelf.place([ANSWER])
    assert shelf.root(copy) == shelf.root(mail) == shelf.root(ANSWER)


def test_an_id_used_twice_in_one_conversation_still_names_it() -> None:
    mail, again = a_mail("m1", ANA), replace(a_mail("m2", ANA, cites=["m1"]), external_id="m1@example.org")
    later = replace(again, sent_at=NOON + timedelta(minutes=1))
    shelf = placed(mail, later, ANSWER)
    assert shelf.root(ANSWER) == shelf.root(mail) == shelf.root(later)


@pytest.mark.parametrize("late", [False, True])
def test_answers_to_an_announcement_are_matters_of_their_own(*, late: bool) -> None:
    people = [f"p{n}@p.example" for n in range(6)]
    announcement = a_mail("m1", US, to=people)
    answers = [a_mail(f"a{n}", who, cites=["m1"]) for n, who in enumerate(people)]
    shelf = placed(*((*answers, announcement) if late else (announcement, *answers)))
    assert len({shelf.root(one) for one in (announcement, *answers)}) == 7
    if not late:
        assert shelf.why(answers[0]).because == (
            "Cites <m1@example.org>, which we wrote to many people: each answer to it is a matter of its own."
        )


def test_a_mail_of_ours_to_a_few_is_no_announcement() -> None:
    ours = a_mail("m1", US, to=["p1@p.example", "p2@p.example", "support@desk.example"])
    answer = a_mail("m2", "p1@p.example", cites=["m1"])
    assert placed(ours, answer).home(answer) == placed(ours).home(ours)
