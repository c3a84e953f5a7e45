"""A token joins only when we signed it, in this desk, with a key we know."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_contracts.ids import reference_of
from threadline_contracts.tokens import TOKEN_PATTERN, Token, Verdict, find_tokens, read_token, sign_token, verify_token

KEY = b"k" * 32
RING = {"k2": b"n" * 32, "k1": KEY}
references = st.uuids().map(reference_of)


def parsed(text: str) -> Token:
    token = read_token(text)
    assert token is not None
    return token


@given(references)
def test_a_signed_token_is_genuine(reference: str) -> None:
    token = parsed(sign_token("main", reference, "k1", KEY))

    assert token.reference == reference
    assert verify_token("main", token, RING) is Verdict.GENUINE


def test_a_token_of_another_desk_is_forged_here() -> None:
    token = parsed(sign_token("brand-b", "7K3M9QZD4T", "k1", KEY))

    assert verify_token("main", token, RING) is Verdict.FORGED


def test_an_unknown_key_is_a_stranger() -> None:
    token = parsed(sign_token("main", "7K3M9QZD4T", "k9", KEY))

    assert verify_token("main", token, RING) is Verdict.STRANGER


@given(references, st.integers(0, 19))
def test_any_change_of_the_signature_is_a_forgery(reference: str, position: int) -> None:
    token = parsed(sign_token("main", reference, "k1", KEY))
    changed = "1" if token.mac[position] == "0" else "0"
    forged = Token(token.key, token.reference, token.mac[:position] + changed + token.mac[position + 1 :])

    assert verify_token("main", forged, RING) is Verdict.FORGED


@pytest.mark.parametrize(
    "where",
    ["support+{}@shop.example", "<{}.1@threadline>", "Re: printer [{}]", "SUPPORT+{}@SHOP.EXAMPLE".upper(), "{}"],
)
def test_a_token_is_found_wherever_mail_carries_it(where: str) -> None:
    token = sign_token("main", "7K3M9QZD4T", "k1", KEY)
    text = where.format(token) if "{}" in where else where.replace("{}", token)

    assert find_tokens(text) == (token,)
    assert find_tokens(text.upper()) == (token,)


def test_a_run_that_is_longer_than_a_token_is_none() -> None:
    token = sign_token("main", "7K3M9QZD4T", "k1", KEY)

    assert find_tokens(f"x{token}") == find_tokens(f"{token}0") == ()


@given(st.text(max_size=80))
def test_any_text_is_searched_without_harm(text: str) -> None:
    for token in find_tokens(text):
        assert re.fullmatch(TOKEN_PATTERN, token)


def test_a_token_fits_a_local_part() -> None:
    assert len("support+" + sign_token("main", "7K3M9QZD4T", "k1234567", KEY)) <= 64
