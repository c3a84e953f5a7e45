from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from support.console_tickets import a_conversation
from support.messages import NOON, a_message
from threadline_console.pages.conversation import conversation
from threadline_console.pages.happenings import Happening, elsewhere, happenings
from threadline_console.pages.view import Filters
from threadline_contracts.ids import show_reference
from threadline_contracts.ticket import Link, Rule, TicketHeader
from threadline_threads.reading import CommandRecord, Conversation, Note, Severed

ROOT = a_conversation(a_message("m1", subject="Printer"), a_message("m2", sent_at=NOON + timedelta(hours=2)))
OTHER = a_conversation(a_message("o1", subject="Invoice")).ticket
HOUR = timedelta(hours=1)


def a_link(child: TicketHeader, rule: str = Rule.COMMAND, by: str = "Iva", because: str = "one fire") -> Link:
    return Link(child=child.id, parent=ROOT.ticket.id, rule=rule, because=because, by=by, at=NOON + HOUR)


def a_record(kind: str, *tickets: UUID, answer: str = "done", **asked: Any) -> CommandRecord:
    return CommandRecord(
        id="c-1",
        type=kind,
        by="Iva",
        asked=Raw(msgspec.json.encode(asked)),
        answer=answer,
        because="",
        tickets=tickets,
        at=NOON + HOUR,
    )


def told(found: Conversation) -> list[Happening]:
    return happenings(found, {OTHER.id: OTHER}, NOON)


def in_words(one: Happening) -> str:
    return " ".join(part for part in (one.who, one.did, one.ticket.subject if one.ticket else "", one.then) if part)


def test_a_merge_says_who_and_why_and_can_be_undone() -> None:
    found = replace(ROOT, merged=(replace(OTHER, root=ROOT.ticket.id),), links=(a_link(OTHER),))

    (merge,) = told(found)

    assert in_words(merge) == "Iva merged Invoice into this ticket"
    assert (merge.because, merge.undoes) == ("one fire", True)
    assert merge.ask == f"/tickets/{show_reference(OTHER.reference)}/unmerge"


def test_what_a_rule_joined_is_threadlines_doing() -> None:
    found = replace(ROOT, merged=(OTHER,), links=(a_link(OTHER, Rule.REFERENCE, "threads", "Message X replies."),))

    assert in_words(told(found)[0]) == "Threadline joined Invoice into this ticket"


@pytest.mark.parametrize("because", ["Iva merged them.", "Iva undid it."])
def test_a_reason_that_nobody_gave_is_not_repeated(because: str) -> None:
    found = replace(ROOT, merged=(OTHER,), links=(a_link(OTHER, because=because),))

    assert told(found)[0].because == ""


def test_what_was_undone_is_told_twice_and_can_be_merged_again() -> None:
    pair = Severed(one=OTHER.id, other=ROOT.ticket.id, by="Iva", because="two", at=NOON + 2 * HOUR, link=a_link(OTHER))

    was, undone = told(replace(ROOT, severed=(pair,)))

    assert (in_words(was), was.ask) == ("Iva merged Invoice into this ticket", "")
    assert in_words(undone) == "Iva took Invoice apart from this ticket again; no rule joins the two"
    assert undone.ask.endswith(f"/merge?q={show_reference(OTHER.reference)}")


def test_a_declined_suggestion_keeps_two_tickets_apart() -> None:
    pair = Severed(one=OTHER.id, other=ROOT.ticket.id, by="Iva", because="two orders", at=NOON, link=None)

    (apart,) = told(replace(ROOT, severed=(pair,)))

    assert in_words(apart) == "Iva said that Invoice is something else; no rule joins the two"


def test_a_split_is_told_once_from_both_sides() -> None:
    pair = Severed(one=OTHER.id, other=ROOT.ticket.id, by="Iva", because="", at=NOON, link=None)
    split = a_record("ticket.split.requested.v1", OTHER.id, ROOT.ticket.id, ROOT.ticket.id)
    from_new = replace(a_conversation(a_message("o1")), severed=(pair,), history=(split,))

    (old,) = told(replace(ROOT, severed=(pair,), history=(split,)))
    (new,) = happenings(from_new, {ROOT.ticket.id: ROOT.ticket}, NOON)

    assert in_words(old) == "Iva split a message off into Invoice"
    assert in_words(new) == "Iva split this off from Printer"
    assert old.ask_word == new.ask_word == "Merge back"


def test_a_status_is_told_of_this_ticket_and_of_one_merged_into_it() -> None:
    own = a_record("ticket.status.requested.v1", ROOT.ticket.id, status="solved", because="the technician came")
    childs = replace(a_record("ticket.status.requested.v1", OTHER.id, status="closed"), id="c-2")

    found = told(replace(ROOT, merged=(OTHER,), history=(own, childs)))

    assert [in_words(one) for one in found] == ["Iva set this to solved", "Iva set Invoice to closed"]
    assert found[0].because == "the technician came"


@pytest.mark.parametrize("answer", ["refused", "unchanged"])
def test_what_changed_nothing_is_no_part_of_the_story(answer: str) -> None:
    record = a_record("ticket.status.requested.v1", ROOT.ticket.id, answer=answer, status="solved")

    assert told(replace(ROOT, history=(record,))) == []


def test_a_ticket_names_the_one_it_follows_and_the_one_that_follows_it() -> None:
    following = replace(ROOT, ticket=replace(ROOT.ticket, follows=OTHER.id))
    followed = replace(ROOT, ticket=replace(ROOT.ticket, followed_by=OTHER.id))

    assert in_words(told(following)[0]) == "This follows Invoice which was done already"
    assert in_words(told(followed)[0]) == "The customer wrote again: Invoice follows this one"
    assert elsewhere(following) == elsewhere(followed) == {OTHER.id}


def test_a_ticket_that_is_gone_is_named_without_a_link() -> None:
    pair = Severed(one=uuid4(), other=ROOT.ticket.id, by="Iva", because="", at=NOON, link=None)

    (apart,) = told(replace(ROOT, severed=(pair,)))

    assert (apart.ticket and apart.ticket.subject, apart.ask) == ("a ticket that is gone", "")


@pytest.mark.parametrize("asked", [b"", b"null", b"[1]", b"{"])
def test_a_command_that_was_forgotten_is_still_told(asked: bytes) -> None:
    record = replace(a_record("ticket.status.requested.v1", ROOT.ticket.id), asked=Raw(asked))

    assert in_words(told(replace(ROOT, history=(record,)))[0]) == "Iva set this to another status"


def test_what_happened_stands_between_the_messages_in_order_of_time() -> None:
    reopened = Note(message=ROOT.messages[1].message.id, type="ticket.reopened.v1", because="", at=NOON + 3 * HOUR)
    found = replace(ROOT, merged=(OTHER,), links=(a_link(OTHER),), notes=(reopened,))

    pane = conversation(found, Filters(), NOON)

    shown = [
        line
        for item in pane.first
        for line in ([item.message.who] if item.message else [in_words(item.happening)] if item.happening else [])
    ]
    assert shown == ["Ada", "Iva merged Invoice into this ticket", "Ada", "A customer wrote, which opened this again"]


def test_a_signal_warns_at_its_message() -> None:
    signal = Note(message=ROOT.messages[0].message.id, type="security.forged_token.v1", because="k1", at=NOON)

    pane = conversation(replace(ROOT, notes=(signal,)), Filters(), NOON)

    messages = [item.message for item in pane.first if item.message]
    assert [warn.word.word for warn in messages[0].warns] == ["Forged reply token"]
    assert messages[1].warns == ()
