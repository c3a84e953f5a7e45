"""The words a message is found by."""

from hypothesis import given
from hypothesis import strategies as st

from support.messages import a_message, a_person
from threadline_threads.words import words, words_of


def test_case_accents_and_repetition_do_not_matter() -> None:
    assert words("Größe, groesse: grosse GRÖSSE café CAFE\u0301") == ["grosse", "groesse", "cafe"]


def test_numbers_people_subject_and_text_are_there() -> None:
    message = a_message(reference="7K3M9QZD4T", subject="Order 42", sender=a_person("ana@a.example", name="Ana B."))
    found = words_of(message).split(" ")
    assert {"7k3m9qzd4t", "7k3m9", "qzd4t", "order", "42", "ana", "b", "a", "example", "burns"} <= set(found)


@given(st.text())
def test_words_are_safe_to_put_into_a_query(text: str) -> None:
    assert all(word.isalnum() and len(word) <= 40 for word in words(text))


def test_a_long_message_has_a_bounded_number_of_words() -> None:
    assert len(words_of(a_message(text=" ".join(f"w{n}" for n in range(20_000)))).split(" ")) <= 400
