from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_console.session import NAME_CHARACTERS, Session, is_token, read, sign

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
NONCE = bytes(12)


def test_a_signed_session_is_genuine_until_it_ends() -> None:
    value = sign("token", ends=SOON, nonce=NONCE)

    assert read("token", value, now=NOW) == Session(name="")
    assert read("token", value, now=SOON) is None


def test_another_token_ends_every_session() -> None:
    assert read("new token", sign("token", ends=SOON, nonce=NONCE), now=NOW) is None


@pytest.mark.parametrize("name", ["", "Iva", "Γιώργος"])
def test_no_byte_of_a_session_can_be_changed(name: str) -> None:
    value = sign("token", ends=SOON, nonce=NONCE, name=name)

    for place, old in enumerate(value):
        changed = value[:place] + ("A" if old != "A" else "B") + value[place + 1 :]
        assert read("token", changed, now=NOW) is None


@given(st.text())
def test_whatever_a_browser_sends_is_no_session(value: str) -> None:
    assert read("token", value, now=NOW) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Iva \n Horvat ", "Iva Horvat"),
        ("Γιώργος", "Γιώργος"),
        ("Iva\x1b[31m\u202e", "Iva[31m"),
        ("\udcff", ""),
        ("x" * 99, "x" * (NAME_CHARACTERS - 1) + "…"),
    ],
)
def test_a_session_remembers_what_somebody_called_themselves(typed: str, kept: str) -> None:
    value = sign("token", ends=SOON, nonce=NONCE, name=typed)

    assert read("token", value, now=NOW) == Session(name=kept)


@pytest.mark.parametrize(("given_", "is_it"), [("token", True), ("Token", False), ("", False), ("\udcff", False)])
def test_only_the_token_is_the_token(given_: str, *, is_it: bool) -> None:
    assert is_token("token", given_) is is_it


def test_an_empty_token_is_nobodys() -> None:
    assert not is_token("", "")
