"""Keys are frozen: stored ones must be found again by every later version."""

from uuid import UUID

from threadline_threads.keys import (
    citation_key,
    clue_key,
    conversation_key,
    hint_key,
    lock_number,
    reference_key,
    ticket_id,
    twin_key,
)


def test_golden_vectors() -> None:
    assert reference_key("main", "7K3M9QZD4T").hex() == "63cc72bdd992092f2b0b4aa0e652120f"
    assert (conversation_key("main", "chat", "widget", "c1") or b"").hex() == "c5506e4cf8e44c75d5e744fd83cc0935"
    assert twin_key("main", "email", "f" * 64).hex() == "8f137980683f65917413ff7d32fa52ab"
    assert (citation_key("main", "email", "m1@example.org") or b"").hex() == "08bdeadb6580511ce323cf3c1fb75775"
    assert ticket_id(UUID(int=1)) == UUID("807f6191-e225-5557-9121-dea0f2b17d0c")


def test_golden_vectors_of_weak_evidence() -> None:
    assert clue_key("main", "reply_subject", "email:ana@a.example", "lamp").hex() == "8c402abcc9a8ee44bf79a1c3cf1b2e60"
    assert hint_key("main", "contact", "email:ana@a.example").hex() == "212994605c0473db4bb900535f249f63"
    assert hint_key("main", "number", "order", "4711").hex() == "0d236ecce107b0f4a434c74f9cde78c9"


def test_what_is_empty_has_no_key() -> None:
    assert citation_key("main", "email", "") is None
    assert conversation_key("main", "chat", "widget", "") is None


def test_no_two_ways_to_say_different_things_meet() -> None:
    keys = [
        citation_key("main", "email", "x"),
        citation_key("brand", "email", "x"),
        citation_key("main", "chat", "x"),
        twin_key("main", "email", "x"),
        reference_key("main", "x"),
        conversation_key("main", "chat", "a", "bc"),
        conversation_key("main", "chat", "ab", "c"),
        conversation_key("main", "chat", "a\n", "bc"),
        clue_key("main", "external", "email", "x"),
        clue_key("brand", "external", "email", "x"),
        clue_key("main", "external", "emailx"),
        hint_key("main", "external", "email", "x"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_key_is_locked_by_its_first_64_bits() -> None:
    assert lock_number(b"\xff" * 8 + b"any") == -1
    assert lock_number(b"\0" * 7 + b"\x02" + b"any") == 2
