"""What the clerk learns from events, and which late joins follow from who is one person."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from support.threads_clerk import CLERK_TERMS, written
from support.threads_suggesting import learnt, opened, opener, suggested
from threadline_contracts.message import Assurance, Automation, Direction, InboundMessage, Party
from threadline_contracts.topology import EventType
from threadline_threads.clerk.bare import bare_numbers
from threadline_threads.clerk.candidates import asked_hints
from threadline_threads.clerk.late import Home, due
from threadline_threads.clerk.lessons import lesson
from threadline_threads.hood import Waiting
from threadline_threads.reading import StoredEvent

ANA, BOB = "email:ana@a.example", "email:bob@b.example"


@pytest.mark.parametrize(
    "message",
    [
        replace(written("m1", ANA), automation=Automation(kind="auto_reply")),
        replace(written("m1", ANA), direction=Direction.OUTBOUND),
    ],
)
def test_only_a_person_who_opens_a_ticket_asks(message: InboundMessage) -> None:
    assert learnt(message).openers == []
    assert lesson([opened(written("m2", ANA), rule="token")], CLERK_TERMS).openers == []


def test_what_cannot_be_read_is_named_and_passed_over() -> None:
    broken = StoredEvent(sequence=7, type=EventType.TICKET_OPENED, body=b"{")
    found = lesson([broken, opened(written("m1", ANA))], CLERK_TERMS)
    assert list(found.skipped) == [7]
    assert len(found.openers) == 1


def test_who_is_linked_is_asked_for_under_all_names() -> None:
    work = "email:ana@work.example"
    hints = asked_hints(opener(written("m1", ANA)), {("main", ANA): [work]})
    assert {hint.value for hint in hints.values() if hint.kind == "contact"} == {ANA, work}
    claim = opener(written("m1", ANA, assurance=Assurance.CLAIMED))
    assert {h.value for h in asked_hints(claim, {("main", ANA): [work]}).values() if h.kind == "contact"} == {ANA}


def test_a_reply_is_due_where_another_name_of_its_sender_takes_part() -> None:
    a, b = UUID(int=1), UUID(int=2)
    homes = {a: Home(a, "main", a), b: Home(b, "main", b)}
    waits = Waiting(a, ANA, UUID(int=9), b, "m1@example.org", strict=True)
    groups = {("main", ANA): [BOB]}
    assert [one.target for one in due([waits], homes, groups, [(a, BOB, "")])] == [a]
    assert not list(due([waits], homes, groups, [(a, BOB, "m1@example.org")]))  # the cited mail alone names him
    assert not list(due([waits], homes, groups, [(b, BOB, "")]))
    assert not list(due([waits], homes, {("brand", ANA): [BOB]}, [(a, BOB, "")]))
    assert not list(due([waits], {**homes, b: Home(b, "main", a)}, groups, [(a, BOB, "")]))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thanks, I will wait. #79176172", ("79176172",)),
        ("Shall I send it back? (62-2026-837077)", ("62-2026-837077",)),
        ("53/382349 and 53/382349, 46/198054.", ("53/382349", "46/198054")),
        ("on 2026-03-05, 05/03/2026 or 05-03-26", ()),
        ("call 0912345678 or +385912345678, www.x.example/123456, a123456, 12345", ()),
        ("4111111111111111111, 1,234,567 and 123456.50", ()),
    ],
)
def test_a_long_number_that_stands_alone_is_found(text: str, found: tuple[str, ...]) -> None:
    assert bare_numbers(text) == found


def test_a_number_that_stands_alone_may_be_an_order_elsewhere() -> None:
    found = suggested(written("m1", ANA, text="My order 62-2026-837077."), written("m2", BOB, text="62-2026-837077?"))
    assert found is not None
    assert [reason.because for reason in found.reasons][:1] == ["Both name number 62-2026-837077."]
    both = suggested(written("m1", ANA, text="Order 4711-22-33."), written("m2", BOB, text="My order 4711-22-33?"))
    assert both is not None
    assert [reason.because for reason in both.reasons if reason.code == "same_number"] == [
        "Both name order 4711-22-33."
    ]


def test_an_announcement_is_nobodys_matter() -> None:
    people = tuple(Party(identities=written("x", f"email:p{n}@p.example").sender.identities) for n in range(3))
    ours = replace(written("m1", subject="We are closed on Friday"), direction=Direction.OUTBOUND, recipients=people)
    assert {(row.kind, row.proved) for row in learnt(ours).clues} == {("contact", False)}
    answer = replace(ours, evidence=written("m2", cites=["m0"]).evidence)
    assert ("contact", True) in {(row.kind, row.proved) for row in learnt(answer).clues}
