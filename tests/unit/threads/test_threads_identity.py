"""Who counts as the same person, and who as none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.messages import a_person
from threadline_contracts.message import Assurance, Identity, IdentityKind, Party
from threadline_threads.identity import contact, own_contacts, people, shown

OWN = own_contacts(["support@desk.example", "Sales@Desk.Example"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        (" ana@example.com. ", "ana@example.com"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@BÜCHER.example", "ana@bücher.example"),
        ("jose\u0301@example.com", "josé@example.com"),
        ("a@例\u3002example", "a@例.example"),
    ],
)
def test_the_same_mailbox_however_it_is_written(one: str, other: str) -> None:
    assert contact(IdentityKind.EMAIL, one) == contact(IdentityKind.EMAIL, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana+x@example.com", "ana@example.com"),
        ("a.na@gmail.com", "ana@gmail.com"),
        ("ana@straße.example", "ana@strasse.example"),
        ("straße@example.com", "strasse@example.com"),
        ("ana@example.com", "ana@example.co"),
    ],
)
def test_never_one_person_for_two_mailboxes(one: str, other: str) -> None:
    assert contact(IdentityKind.EMAIL, one) != contact(IdentityKind.EMAIL, other)


def test_kinds_are_kept_apart() -> None:
    assert contact(IdentityKind.TELEGRAM, "4930123") != contact(IdentityKind.PHONE, "4930123")


@pytest.mark.parametrize(
    "address",
    [
        "support@desk.example",
        "SALES@desk.example",
        "support+tl-k1-anything@desk.example",
        "no-reply@shop.example",
        "noreply+42@shop.example",
        "MAILER-DAEMON@mx.example",
        "news-bounces@lists.example",
        "owner-news@lists.example",
        " ",
    ],
)
def test_our_mailboxes_roles_and_nothing_are_no_people(address: str) -> None:
    assert people(a_person(address), OWN) == ()


def test_a_shared_mailbox_of_a_customer_is_somebody() -> None:
    assert people(a_person("info@shop.example"), OWN) == ("email:info@shop.example",)


def test_a_claimed_identity_is_named_but_proves_nothing() -> None:
    party = Party(
        identities=(
            Identity(kind=IdentityKind.EMAIL, value="ana@a.example", assurance=Assurance.CLAIMED),
            Identity(kind=IdentityKind.VISITOR, value="v1", assurance=Assurance.VERIFIED),
        )
    )
    assert people(party, OWN) == ("email:ana@a.example", "visitor:v1")
    assert people(party, OWN, proved=True) == ("visitor:v1",)


def test_people_read_the_address_alone() -> None:
    assert shown("email:ana@a.example") == "ana@a.example"


@given(st.sampled_from(list(IdentityKind)), st.text(max_size=600))
def test_every_identity_is_one_short_line_or_nobody(kind: IdentityKind, value: str) -> None:
    found = contact(kind, value)
    assert found is None or ("\n" not in found and len(found) <= 600)
    if found:
        assert contact(kind, value.strip()) == found
