"""Each rule by itself: what joins, where it lands, and the sentence that says why."""

import pytest

from support.messages import a_message, a_person
from support.threads import ACCOUNTS
from support.threads_shelf import US, Shelf, a_copy, a_mail, a_token
from threadline_contracts.message import Assurance, Evidence, IdentityKind
from threadline_contracts.topology import EventType


def test_a_first_message_opens_a_ticket() -> None:
    shelf, mail = Shelf(), a_mail("m1")
    shelf.place([mail])
    assert shelf.why(mail).rule == "open"
    assert shelf.why(mail).because == "Starts a conversation: it cites no earlier message."
    assert [happening.type for happening in shelf.happenings] == [EventType.TICKET_OPENED]


def test_an_answer_by_somebody_who_takes_part_joins() -> None:
    shelf, first = Shelf(), a_mail("m1", to=["bob@b.example"])
    answer = a_mail("m2", "Bob@B.example", to=["ana@a.example"], cites=["m1"])
    shelf.place([first])
    shelf.place([answer])
    assert shelf.home(answer) == shelf.home(first)
    assert shelf.why(answer).rule == "reference"
    assert (
        shelf.why(answer).because == "Replies to <m1@example.org> in this ticket, and bob@b.example takes part in it."
    )


@pytest.mark.parametrize("late", [False, True])
def test_whom_only_the_cited_mail_names_must_answer_its_author(*, late: bool) -> None:
    shelf, first, answer = Shelf(), a_mail("m1", to=["bob@b.example"]), a_mail("m2", "bob@b.example", cites=["m1"])
    for mail in (answer, first) if late else (first, answer):
        shelf.place([mail])
    assert shelf.root(answer) != shelf.root(first)
    if not late:
        assert shelf.why(answer).because == (
            "Cites <m1@example.org>, but only that message names bob@b.example, and this is no answer to who wrote it."
        )
    shelf.place([a_mail("m3", to=["bob@b.example"], cites=["m1"])])
    assert shelf.root(answer) == shelf.root(first)


def test_an_answer_that_overtakes_its_parent_waits_for_it() -> None:
    shelf, first, answer = Shelf(), a_mail("m1"), a_mail("m2", cites=["m1"])
    shelf.place([answer])
    assert shelf.why(answer).because == "None of the messages it cites is known here."
    shelf.place([first])
    assert shelf.home(first) == shelf.home(answer)
    assert shelf.why(first).because == (
        "Is what a message of this ticket replies to, and ana@a.example takes part in its conversation."
    )


def test_any_cited_id_joins_not_only_the_nearest() -> None:
    shelf, first, answer = Shelf(), a_mail("m1"), a_mail("m9", cites=["m1", "lost", "lost too"])
    shelf.place([first, answer])
    assert shelf.home(answer) == shelf.home(first)


def test_what_we_answer_joins_though_we_are_no_participant() -> None:
    shelf, first, ours = Shelf(), a_mail("m1"), a_mail("m2", US, to=["ana@a.example"], cites=["m1"])
    shelf.place([first, ours])
    assert shelf.home(ours) == shelf.home(first)
    assert shelf.why(ours).because == "Replies to <m1@example.org> in this ticket, and we wrote it."


def test_whom_we_write_to_takes_part() -> None:
    shelf, ours = Shelf(), a_mail("m1", US, to=["bob@b.example"])
    answer = a_mail("m2", "bob@b.example", cites=["m1"])
    shelf.place([ours, answer])
    assert shelf.home(answer) == shelf.home(ours)


def test_a_token_joins_whoever_carries_it() -> None:
    shelf, first = Shelf(), a_mail("m1")
    newcomer = a_mail("m2", "new@n.example", tokens=[a_token(first)])
    shelf.place([first, newcomer])
    assert shelf.home(newcomer) == shelf.home(first)
    assert shelf.why(newcomer).because == "Carries a token that we signed for this ticket."
    assert a_token(first) not in str(shelf.why(newcomer))


def test_the_first_genuine_token_is_the_only_edge() -> None:
    shelf, one, two, three = Shelf(), a_mail("m1"), a_mail("m2"), a_mail("m3")
    mail = a_mail("m4", cites=["m3"], tokens=[a_token(one), a_token(two)])
    shelf.place([one, two, three, mail])
    assert shelf.home(mail) == shelf.home(one)
    assert len({shelf.root(other) for other in (one, two, three)}) == 3


@pytest.mark.parametrize("first_comes_last", [False, True])
def test_answers_with_one_token_are_together_even_without_what_they_answer(*, first_comes_last: bool) -> None:
    shelf, lost = Shelf(), a_mail("m1")
    one, two = (a_mail(name, by, tokens=[a_token(lost)]) for name, by in (("m2", "a@a.example"), ("m3", "b@b.example")))
    shelf.place([one, two, *([lost] if first_comes_last else [])])
    assert shelf.root(one) == shelf.root(two)
    if first_comes_last:
        assert shelf.home(lost) == shelf.home(one)
        assert shelf.why(lost).rule == "token"


def test_a_channels_own_conversation_joins() -> None:
    shelf = Shelf()
    one, two, other = (
        a_message(name, channel="chat", account="widget", conversation=chat, sender=a_person(f"{name}@x.example"))
        for name, chat in (("m1", "c1"), ("m2", "c1"), ("m3", "c2"))
    )
    shelf.place([one, two, other])
    assert shelf.home(two) == shelf.home(one) != shelf.home(other)
    assert shelf.why(two).because == "Belongs to the same chat conversation as this ticket."


def test_a_conversation_is_one_of_its_account() -> None:
    shelf = Shelf()
    one, two = (a_message(w, channel="chat", account=w, conversation="c1") for w in ("widget", "other"))
    shelf.place([one, two])
    assert shelf.home(two) != shelf.home(one)


def test_a_chat_that_a_token_brought_in_goes_on_without_it() -> None:
    shelf, mail = Shelf(), a_mail("m1")
    chat = {"channel": "chat", "account": "widget", "conversation": "c1"}
    brought = a_message("m2", **chat, evidence=Evidence(tokens=(a_token(mail),)))  # type: ignore[arg-type]
    line = a_message("m3", **chat)  # type: ignore[arg-type]
    shelf.place([mail])
    shelf.place([brought])
    shelf.place([line])
    assert shelf.home(mail) == shelf.home(brought) == shelf.home(line)


@pytest.mark.parametrize("line_comes", ["never", "first", "between", "last"])
def test_two_tokens_in_one_chat_link_nothing_but_a_line_without_one_does(line_comes: str) -> None:
    shelf, one, two = Shelf(), a_mail("m1"), a_mail("m2")
    line, by_one, by_two = (
        a_message(
            name, channel="chat", account="widget", conversation="c1", evidence=Evidence(tokens=tuple(map(a_token, of)))
        )
        for name, of in (("m3", []), ("m4", [one]), ("m5", [two]))
    )
    order = {
        "never": [by_one, by_two],
        "first": [line, by_one, by_two],
        "between": [by_one, line, by_two],
        "last": [by_one, by_two, line],
    }
    for message in (one, two, *order[line_comes]):
        shelf.place([message])
    assert (shelf.root(one) == shelf.root(two)) == (line_comes != "never")


def test_one_mail_at_two_departments_is_one_ticket_that_names_both() -> None:
    shelf = Shelf()
    one, two = a_mail("m1"), a_copy(a_mail("m1"))
    shelf.place([one, two])
    assert shelf.home(two) == shelf.home(one)
    assert shelf.tickets[shelf.home(one)].accounts == ACCOUNTS
    assert shelf.why(two).because == "Is a copy of a message in this ticket, received by sales@desk.example."


def test_a_phone_takes_part_however_it_is_written() -> None:
    shelf = Shelf()
    one, two = (
        a_message(
            f"m{number}",
            sender=a_person(phone, kind=IdentityKind.PHONE, assurance=Assurance.VERIFIED),
            evidence=Evidence(references=("m1@example.org",)),
        )
        for number, phone in ((1, "+49 (30) 123-456"), (2, "+4930123456"))
    )
    shelf.place([one, two])
    assert shelf.home(two) == shelf.home(one)


def test_a_repeated_message_has_no_effect() -> None:
    shelf, mail = Shelf(), a_mail("m1")
    assert [shelf.place([mail, mail]).repeats, shelf.place([mail]).repeats] == [1, 1]
    assert len(shelf.happenings) == 1
