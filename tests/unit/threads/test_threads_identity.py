"""Who counts as the same person, and who as none."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.messages import a_person
from threadline_contracts.message import Assurance, Identity, IdentityKind, Party
from threadline_threads.identity import Customs, contact, links_people, own_contacts, people, persons, shown, verified

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
        ("ana@\uff45xample.com", "ana@example.com"),
        ("ana@пример.рф", "ana@xn--e1afmkfd.xn--p1ai"),
        ("ana@παράδειγμα.ελ", "ana@ΠΑΡΆΔΕΙΓΜΑ.ελ"),
        ("ana@čakovec.hr", "ana@xn--akovec-h2a.hr"),
        ("ana@\U0001f4a9.example", "ana@xn--ls8h.example"),
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


def test_the_dots_of_gmail_are_left_out_only_where_the_operator_says_so() -> None:
    dotless = Customs(gmail_dots=True)
    party = a_person("A.na.B+x.y@gmail.com")
    assert persons(party, Customs()) == ("email:a.na.b+x.y@gmail.com",)
    assert persons(party, dotless) == ("email:anab+x.y@gmail.com",)
    assert persons(a_person("a.na@example.com"), dotless) == ("email:a.na@example.com",)


def a_caller(number: str) -> Party:
    return Party(identities=(Identity(kind=IdentityKind.PHONE, value=number, assurance=Assurance.ASSERTED),))


def test_a_number_belongs_to_the_country_of_its_account() -> None:
    customs = Customs(region="HR", regions={"berlin": "DE"})
    assert persons(a_caller("091 123 4567"), customs, account="zagreb") == ("phone:+385911234567",)
    assert persons(a_caller("030 123456"), customs, account="berlin") == ("phone:+4930123456",)


@pytest.mark.parametrize("number", ["anonymous", "+266696687", "0000"])
def test_a_withheld_number_is_nobody(number: str) -> None:
    assert persons(a_caller(number), Customs(region="HR")) == ()


def test_our_own_lines_are_nobody() -> None:
    customs = Customs(own=own_contacts(["+385 1 234 5600"]), region="HR")
    assert persons(a_caller("01 234 5600"), customs) == ()
    assert persons(a_caller("01 765 4300"), customs, account="+385 1 7654 300") == ()


def test_the_channels_proof_alone_verifies() -> None:
    party = Party(
        identities=tuple(
            Identity(kind=IdentityKind.EMAIL, value=f"{how}@a.example", assurance=how) for how in Assurance
        )
    )
    assert verified(party, Customs()) == ("email:verified@a.example",)


@pytest.mark.parametrize("kind", [IdentityKind.TELEGRAM, IdentityKind.VISITOR, IdentityKind.EXTERNAL])
def test_other_values_are_exact(kind: IdentityKind) -> None:
    assert contact(kind, " Ab-C.1 ") == f"{kind}:Ab-C.1"


CUSTOMS = Customs(
    own=OWN, shared=own_contacts(["ana@family.example", "@agency.example", "+385 1 555 0100", "01 555 0200"], "HR")
)


@pytest.mark.parametrize(
    "person",
    [
        "email:ana@a.example",
        "email:ana.horvat+shop@gmail.com",
        "phone:+385911234567",
        "phone:+4930123456;ext=12",
        "telegram:4930123",
        "visitor:v1",
        "external:customer-7",
    ],
)
def test_what_is_one_persons_links_what_is_known_of_them(person: str) -> None:
    assert links_people(person, CUSTOMS)


@pytest.mark.parametrize(
    "person",
    [
        "email:info@shop.example",
        "email:info.zagreb@shop.example",
        "email:support2@shop.example",
        "email:prodaja@shop.example",
        "email:buchhaltung@shop.example",
        "email:comptabilité@shop.example",
        "email:ventas@shop.example",
        "email:πωλήσεις@shop.example",
        "email:бухгалтерия@shop.example",
        "email:postmaster@shop.example",
        "email:no-reply@shop.example",
        "email:support+tl-k1@desk.example",
        "email:ana@family.example",
        "email:ana+x@family.example",
        "email:anybody@agency.example",
        "phone:+38515550100",
        "phone:+38515550100;ext=12",
        "phone:+38515550200",
        "phone:1001",
        "phone:0911234567",
        "phone:sip:ana@pbx.example",
    ],
)
def test_what_several_people_use_links_nobody(person: str) -> None:
    assert not links_people(person, CUSTOMS)


@given(st.text(max_size=80))
@example("@ 0")
def test_an_address_has_one_form_that_stays(value: str) -> None:
    found = contact(IdentityKind.EMAIL, value)
    assert found is None or contact(IdentityKind.EMAIL, shown(found)) == found
