"""Soft line breaks (RFC 3676)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.flowed import unflowed


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one \ntwo", "one two"),
        ("one \ntwo \nthree\nfour", "one two three\nfour"),
        ("one \n\ntwo", "one \n\ntwo"),
        ("> one \n> two\nreply", "> one two\nreply"),
        (">> one \n> two", ">> one \n> two".replace("one \n", "one\n")),
        ("text \n-- \nAda \nLovelace", "text \n-- \nAda Lovelace"),
        (" From here\n > no quotation", "From here\n> no quotation"),
        ("one \r\ntwo\r\n", "one two\n"),
        ("ends soft ", "ends soft "),
    ],
)
def test_soft_breaks_are_undone(text: str, joined: str) -> None:
    assert unflowed(text) == joined


def test_the_space_of_a_soft_break_may_be_no_text() -> None:
    assert unflowed("日本 \n語 \nです", delsp=True) == "日本語です"


@given(st.text(st.sampled_from("> -\nab"), max_size=60))
def test_no_word_is_lost(text: str) -> None:
    def words(said: str) -> str:
        return "".join(said.replace(">", "").split())

    assert words(unflowed(text)) == words(text)
