from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_console.session import is_genuine, is_token, sign

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
NONCE = bytes(12)


def test_a_signed_session_is_genuine_until_it_ends() -> None:
    value = sign("token", ends=SOON, nonce=NONCE)

    assert is_genuine("token", value, now=NOW)
    assert not is_genuine("token", value, now=SOON)


def test_another_token_ends_every_session() -> None:
    assert not is_genuine("new token", sign("token", ends=SOON, nonce=NONCE), now=NOW)


def test_no_byte_of_a_session_can_be_changed() -> None:
    value = sign("token", ends=SOON, nonce=NONCE)

    for place, old in enumerate(value):
        changed = value[:place] + ("A" if old != "A" else "B") + value[place + 1 :]
        assert not is_genuine("token", changed, now=NOW)


@given(st.text())
def test_whatever_a_browser_sends_is_no_session(value: str) -> None:
    assert not is_genuine("token", value, now=NOW)


@pytest.mark.parametrize(("given_", "is_it"), [("token", True), ("Token", False), ("", False), ("\udcff", False)])
def test_only_the_token_is_the_token(given_: str, *, is_it: bool) -> None:
    assert is_token("token", given_) is is_it


def test_an_empty_token_is_nobodys() -> None:
    assert not is_token("", "")
