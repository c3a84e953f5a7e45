"""What the clerk learns from events, and which late joins follow from who is one person."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from support.threads_clerk import CLERK_TERMS, written
from support.threads_suggesting import learnt, opened, opener
from threadline_contracts.message import Assurance, Automation, Direction, InboundMessage
from threadline_contracts.topology import EventType
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
