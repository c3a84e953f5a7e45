"""Clues: which two messages the policy may join, decided by these two alone; and hints for suggestions."""

# ruff: noqa: RUF001 - real subjects in other alphabets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.clues import ANA, BOB, a_party, call, clues, form, joined, mail, ours
from support.messages import a_message, an_attachment
from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import Assurance, Automation, AutomationKind, BodyRef, InboundMessage, Party
from threadline_threads.clues import MAX_PEOPLE, HintKind, hints_of
from threadline_threads.keys import hint_key
from threadline_threads.numbers import packaged_patterns


@pytest.mark.parametrize(
    ("first", "reply"),
    [
        ("Broken lamp", "Re: broken lamp"),
        ("Pokvarena svjetiljka u kuhinji", "Odg: Pokvarena svjetiljka u kuhinji"),
        ("Χαλασμένη λάμπα", "Απ: ΧΑΛΑΣΜΈΝΗ ΛΆΜΠΑ"),
        ("Лампа не работает", "Отв: Re: Лампа не работает"),
        ("Defekte Lampe", "AW: [EXTERN] Defekte Lampe"),
        ("灯坏了", "回复：灯坏了"),
    ],
)
def test_a_reply_without_references_joins_by_subject_and_person(first: str, reply: str) -> None:
    assert joined(clues(mail(first)), clues(mail(reply, days=2)))
    assert joined(clues(ours(first, ANA)), clues(mail(reply, days=2)))


@pytest.mark.parametrize(
    "second",
    [
        mail("Re: Broken lamp", BOB, days=1),
        mail("Broken lamp", days=1),
        mail("Fwd: Broken lamp", days=1),
        mail("Re: Broken chair", days=1),
        mail("Re: Broken lamp", days=8),
        mail("Re: Broken lamp", days=-1),
        mail("Re: Broken lamp", days=1, desk="brand"),
        mail("Re: Broken lamp", days=1, assurance=Assurance.ASSERTED),
        mail("Re: Broken lamp", days=1, automation=Automation(kind=AutomationKind.BULK)),
        ours("Re: Broken lamp", ANA, days=1),
    ],
    ids=["other person", "no prefix", "forward", "other subject", "late", "before", "desk", "unproved", "bulk", "ours"],
)
def test_what_is_no_reply_by_subject(second: InboundMessage) -> None:
    assert not joined(clues(mail("Broken lamp")), clues(second))


@pytest.mark.parametrize("named", [{"cites": True}, {"has_token": True}])
def test_a_reply_that_names_its_conversation_itself_needs_no_subject(named: dict[str, bool]) -> None:
    assert not joined(clues(mail("Broken lamp")), clues(mail("Re: Broken lamp", days=1), **named))
    assert joined(clues(mail("Broken lamp"), **named), clues(mail("Re: Broken lamp", days=1)))


def test_at_the_same_moment_either_may_be_the_reply() -> None:
    assert joined(clues(mail("Re: Broken lamp")), clues(mail("Broken lamp")))


@pytest.mark.parametrize("subject", ["", "Re:", "Re: (no subject)", "Re: Question", "Odg: Upit"])
def test_a_subject_that_tells_nothing_gives_no_clue(subject: str) -> None:
    assert clues(mail(subject)) == []


def test_our_mail_to_many_is_nobodys_conversation() -> None:
    few = [f"p{number}@a.example" for number in range(MAX_PEOPLE)]
    assert len(clues(ours("Price list", *few))) == MAX_PEOPLE
    assert clues(ours("Price list", *few, ANA)) == []


def test_a_form_that_is_filled_in_twice_joins() -> None:
    assert joined(clues(form("Lampa ne radi.")), clues(form(" Lampa  ne radi.\n", minutes=9)))


@pytest.mark.parametrize(
    "second",
    [
        form("Lampa ne radi!", minutes=1),
        form("Lampa ne radi.", minutes=11),
        form("Lampa ne radi.", minutes=1, who=BOB),
        form("Lampa ne radi.", minutes=1, account="other"),
        form("Lampa ne radi.", minutes=1, channel="chat"),
        form("Lampa ne radi.", minutes=1, subject="Other"),
        form("Lampa ne radi.", minutes=1, desk="brand"),
    ],
    ids=["text", "late", "sender", "account", "channel", "subject", "desk"],
)
def test_another_form_does_not(second: InboundMessage) -> None:
    assert not joined(clues(form("Lampa ne radi.")), clues(second))


def test_a_long_text_is_the_same_only_as_a_whole() -> None:
    one, other = (BodyRef(blob=file_blob_id("main", digit * 64), size=9) for digit in "ab")
    assert joined(clues(form("Lampa", text_ref=one)), clues(form("Lampa", text_ref=one, minutes=1)))
    assert not joined(clues(form("Lampa", text_ref=one)), clues(form("Lampa", text_ref=other, minutes=1)))


def test_an_idempotency_key_joins_within_a_day() -> None:
    first = form("Lampa ne radi.", external_id="k1")
    assert joined(clues(first), clues(form("Radi ipak.", external_id="k1", minutes=60)))
    assert not joined(clues(first), clues(form("Radi ipak.", external_id="k1", minutes=60 * 25)))
    assert not joined(clues(first), clues(form("Radi ipak.", external_id="k2", minutes=60)))


def test_a_key_that_a_site_uses_for_everybody_joins_nobody_with_anybody_else() -> None:
    first = form("Lampa ne radi.", external_id="contact")
    assert not joined(clues(first), clues(form("Gdje je račun?", who=BOB, external_id="contact", minutes=1)))


def test_a_form_without_key_text_or_sender_gives_no_clue() -> None:
    assert clues(form("")) == []
    nobody = a_message("nobody", channel="form", text="x", external_id="", sender=Party())
    assert clues(nobody) == []


def test_a_call_back_joins_the_missed_call_either_way() -> None:
    missed = clues(call("091 123 4567"))
    assert joined(missed, clues(call("+385 91 1234567", hours=3, outbound=True)))
    assert joined(clues(call("+385911234567", outbound=True)), clues(call("0911234567", hours=23)))


@pytest.mark.parametrize(
    "second",
    [
        call("091 123 4567", hours=1),
        call("091 123 4568", hours=1, outbound=True),
        call("091 123 4567", hours=25, outbound=True),
    ],
    ids=["same direction", "other number", "late"],
)
def test_what_is_no_call_back(second: InboundMessage) -> None:
    assert not joined(clues(call("091 123 4567")), clues(second))


@pytest.mark.parametrize("number", ["anonymous", "1001", "01 555 0100", "+266696687"])
def test_withheld_numbers_extensions_and_exchanges_give_no_clue(number: str) -> None:
    assert clues(call(number)) == []


def test_the_operator_may_join_by_subject_alone_or_by_number() -> None:
    assert joined(clues(mail("Broken lamp"), eager=True), clues(mail("Broken lamp", days=1), eager=True), eager=True)
    one, other = mail("Order 4711 is late"), mail("Gdje je narudžba br. 4711?", days=30)
    assert joined(clues(one, eager=True), clues(other, eager=True), eager=True)
    stranger = mail("Where is order 4711?", BOB, days=30)
    assert not joined(clues(one, eager=True), clues(stranger, eager=True), eager=True)


MESSAGES = st.builds(
    lambda subject, sender, days, desk, to: (
        mail(subject, sender, days=days, desk=desk) if to is None else ours(subject, to, days=days)
    ),
    st.sampled_from(["Lamp", "Re: Lamp", "Fwd: Lamp", "Re:", "", "Order 4711 is late"]),
    st.sampled_from([ANA, BOB]),
    st.sampled_from([0, 1, 6, 8]),
    st.sampled_from(["main", "brand"]),
    st.sampled_from([None, ANA]),
)


@given(one=MESSAGES, other=MESSAGES, cites=st.booleans())
def test_agreeing_is_symmetric_and_never_leaves_the_desk(
    one: InboundMessage, other: InboundMessage, *, cites: bool
) -> None:
    found = joined(clues(one, eager=True), clues(other, cites=cites, eager=True), eager=True)
    assert not found or one.desk == other.desk


def test_hints_name_people_subject_numbers_and_files() -> None:
    file = an_attachment(b"a receipt")
    message = mail("Re: Narudžba br. 4711 kasni", recipients=(a_party(BOB),), attachments=(file, file), raw="main.p.1")
    found = hints_of(message, [f"email:{ANA}"], [f"email:{ANA}", f"email:{BOB}"], packaged_patterns())
    assert [(hint.kind, hint.value, hint.proved) for hint in found] == [
        (HintKind.CONTACT, f"email:{ANA}", True),
        (HintKind.CONTACT, f"email:{BOB}", False),
        (HintKind.SUBJECT_OF, f"email:{ANA} narudžba br. 4711 kasni", True),
        (HintKind.SUBJECT_OF, f"email:{BOB} narudžba br. 4711 kasni", True),
        (HintKind.SUBJECT, "narudžba br. 4711 kasni", True),
        (HintKind.NUMBER, f"reference {message.reference}", True),
        (HintKind.NUMBER, "order 4711", True),
        (HintKind.BLOB, file.blob, True),
        (HintKind.BLOB, "main.p.1", True),
    ]
    assert found[0].key == hint_key("main", "contact", f"email:{ANA}")


def test_a_subject_is_nobodys_where_several_people_share_the_address() -> None:
    shared = "info@company.example"
    assert not joined(clues(mail("Broken lamp", shared)), clues(mail("Re: Broken lamp", shared, days=1)))
