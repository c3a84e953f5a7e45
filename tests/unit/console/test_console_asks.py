from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from support.messages import NOON
from threadline_console.asking.orders import Faults, read_order
from threadline_console.pages.asks import ask_erase, is_confirmed, merge_sentences
from threadline_console.pages.happenings import Place
from threadline_console.pages.notices import back_to, sentence
from threadline_console.pages.people import Person
from threadline_contracts.errors import MalformedInputError
from threadline_threads.reading import CommandRecord

HERE, THERE = Place("7K3M9-QZD4T", "Printer", "/tickets/7K3M9-QZD4T"), Place("0C7MV-X93KD", "Invoice", "/x")
ANA = Person(id="1", href="/contacts/1", name="Ana  Kovač", desk="main", names=(), tickets=(), more=0, ties=())


def a_record(answer: str, because: str) -> CommandRecord:
    return CommandRecord(
        id="c", type="t", by="Iva", asked=Raw(b"{}"), answer=answer, because=because, tickets=(), at=NOON
    )


def test_a_merge_says_its_direction_in_words() -> None:
    there, here = merge_sentences(HERE, THERE)

    assert there.startswith("“Printer” (7K3M9-QZD4T) will speak through “Invoice” (0C7MV-X93KD)")
    assert here.startswith("“Invoice” (0C7MV-X93KD) will speak through “Printer”")


@pytest.mark.parametrize(
    ("typed", "is_it"), [("Ana Kovač", True), (" ana   KOVAČ ", True), ("Ana", False), ("", False), ("erase", False)]
)
def test_erasing_wants_the_whole_name(typed: str, *, is_it: bool) -> None:
    assert is_confirmed(ask_erase(ANA), typed) is is_it


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/tickets/7K3M9-QZD4T?q=fire", "/tickets/7K3M9-QZD4T"),
        ("https://evil.example/", "/tickets"),
        ("//evil.example", "/tickets"),
        ("", "/tickets"),
        ("/contacts?command=old", "/contacts"),
    ],
)
def test_a_button_leads_back_to_a_page_of_ours_and_names_the_command(target: str, path: str) -> None:
    found = urlsplit(back_to(target, "c-1"))

    assert (found.scheme, found.netloc, found.path) == ("", "", path)
    assert parse_qs(found.query)["command"] == ["c-1"]


def test_a_refusal_says_that_nothing_was_done() -> None:
    assert sentence(a_record("refused", "It is not merged.")) == "Not done: It is not merged."
    assert sentence(a_record("done", "A speaks through B.")) == "A speaks through B."
    assert sentence(a_record("done", "")) == "Done."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
)


@given(
    kind=st.sampled_from(["ticket.merge.requested.v1", "contact.unlink.requested.v1"]) | json_values, data=json_values
)
def test_whatever_is_sent_is_an_order_or_says_what_is_wrong(kind: object, data: object) -> None:
    found = read_order({"type": kind, "data": data})

    assert not isinstance(found, Faults) or (found.fields and found.sentence)


@given(json_values.filter(lambda value: not isinstance(value, dict)))
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(MalformedInputError):
        read_order(value)
