"""Nothing that a stranger can forge or type puts words into somebody else's conversation."""

import pytest
from msgspec.structs import replace

from support.messages import a_message
from support.threads import ACCOUNTS
from support.threads_shelf import Shelf, a_copy, a_mail, a_token, verified
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Evidence, InboundMessage

VICTIM = a_mail("m1", "ana@a.example")


@pytest.mark.parametrize(
    "mail",
    [
        a_mail("m2", "mallory@m.example", cites=["m1"]),
        a_mail("m2", "ana@a.example", claimed=True, cites=["m1"]),
        a_mail("m2", "mallory@m.example", tokens=[a_token(VICTIM, secret=b"guessed")]),
        a_mail("m2", "mallory@m.example", tokens=[a_token(VICTIM, key="k9", secret=b"another gateway's")]),
        a_mail("m2", "mallory@m.example", tokens=[a_token(a_mail("m1", desk="brand"))]),
        a_mail("m2", ACCOUNTS[0], cites=["m1"]),
        a_mail("m2", "support+tl-x@desk.example", cites=["m1"]),
        a_mail("m2", "no-reply@a.example", cites=["m1"]),
        a_mail("m2", "ana@a.example", desk="brand", cites=["m1"]),
        a_message("m2", channel="form", evidence=Evidence(references=("m1@example.org",))),
        a_message("m2", subject=f"Re: [{show_reference(VICTIM.reference)}] {VICTIM.reference}"),
        a_message("m2", external_id="", evidence=Evidence(references=("",))),
    ],
    ids=[
        "a cited id",
        "a From that fails DMARC",
        "a forged token",
        "a token of another gateway",
        "a token of another desk",
        "a From of ours",
        "a plus-address of ours",
        "a no-reply address",
        "the same id in another desk",
        "the same id in another channel",
        "a typed reference number",
        "nothing at all",
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_stranger_opens_a_ticket_of_their_own(mail: InboundMessage, *, late: bool) -> None:
    shelf = Shelf()
    for one in (mail, VICTIM) if late else (VICTIM, mail):
        shelf.place([one])
    assert shelf.root(mail) != shelf.root(VICTIM)


def test_a_refused_citation_says_so() -> None:
    shelf, mail = Shelf(), a_mail("m2", "mallory@m.example", cites=["m1"])
    shelf.place([VICTIM, mail])
    assert shelf.why(mail).because == (
        "Cites <m1@example.org>, but mallory@m.example takes no part in that conversation."
    )


def test_a_forged_copy_at_another_department_is_no_twin() -> None:
    shelf, copy = Shelf(), a_copy(a_mail("m1", claimed=True))
    shelf.place([VICTIM])
    shelf.place([copy])
    assert shelf.root(copy) != shelf.root(VICTIM)


@pytest.mark.parametrize("claimed", [False, True])
def test_a_copy_of_all_headers_that_says_something_else_is_no_twin(*, claimed: bool) -> None:
    shelf, mail = Shelf(), a_mail("m1", claimed=claimed)
    copy = replace(a_copy(mail), text="Send the money elsewhere.")
    for one in (mail, copy):
        shelf.place([one])
    assert shelf.root(copy) != shelf.root(mail)


@pytest.mark.parametrize("proved_first", [False, True])
def test_a_plausible_copy_of_a_verified_mail_must_say_the_same(*, proved_first: bool) -> None:
    shelf, mail = Shelf(), verified(a_mail("m1"))
    same = a_copy(a_mail("m1"))
    other = replace(a_copy(a_mail("m1"), "billing@desk.example"), text="Send the money elsewhere.")
    for one in (mail, same, other) if proved_first else (other, same, mail):
        shelf.place([one])
    assert shelf.root(same) == shelf.root(mail) != shelf.root(other)


def test_verified_copies_may_differ_in_what_lists_change() -> None:
    shelf, mail = Shelf(), verified(a_mail("m1"))
    copy = replace(a_copy(mail), text=f"{mail.text}\n--\nThe sales list")
    shelf.place([mail, copy])
    assert shelf.home(copy) == shelf.home(mail)


def test_a_stranger_whose_number_collides_gets_none_of_its_tokens() -> None:
    twin_number = a_message("forged", reference=VICTIM.reference, sender=a_mail("x", "mallory@m.example").sender)
    shelf, answer = Shelf(), a_mail("m3", tokens=[a_token(VICTIM)])
    shelf.place([VICTIM])
    shelf.place([twin_number])
    shelf.place([answer])
    assert shelf.home(answer) == shelf.home(VICTIM)
    assert shelf.root(twin_number) != shelf.root(VICTIM)


def test_who_came_by_a_token_brings_nobody_in() -> None:
    shelf = Shelf()
    newcomer = a_mail("m2", "new@n.example", to=["friend@f.example"], tokens=[a_token(VICTIM)])
    friend = a_mail("m3", "friend@f.example", cites=["m1"])
    again = a_mail("m4", "new@n.example", cites=["m2"])
    shelf.place([VICTIM, newcomer, friend, again])
    assert shelf.root(friend) != shelf.root(VICTIM)
    assert shelf.root(again) != shelf.root(VICTIM)


def test_until_somebody_who_takes_part_vouches_for_them() -> None:
    shelf = Shelf()
    newcomer = a_mail("m2", "new@n.example", to=["friend@f.example"], tokens=[a_token(VICTIM)])
    friend = a_mail("m3", "friend@f.example", cites=["m1"])
    for mail in (VICTIM, newcomer, friend, a_mail("m4", "ana@a.example", to=["new@n.example"], cites=["m1"])):
        shelf.place([mail])
    assert shelf.root(friend) == shelf.root(VICTIM)


def test_a_typed_address_in_a_form_opens_a_ticket_and_links_nobody() -> None:
    shelf = Shelf()
    form = a_message("f1", channel="form", account="contact", sender=a_mail("x", "ana@a.example", claimed=True).sender)
    shelf.place([VICTIM, form])
    assert shelf.root(form) != shelf.root(VICTIM)
