"""Idempotency keys."""

import pytest

from threadline_form.keys import SeenKeys, key_of, new_key


@pytest.mark.parametrize(
    ("header", "typed", "key"),
    [("h", "t", "h"), ("", "t", "t"), ('"quoted"', "", "quoted"), (" h ", "", "h")],
)
def test_the_header_wins_over_the_field(header: str, typed: str, key: str) -> None:
    assert key_of(header, typed) == (key, ())


def test_without_one_each_submission_has_its_own() -> None:
    (one, no_faults), (other, _) = key_of("", " "), key_of("", "")
    assert (one != other, no_faults) == (True, ())


@pytest.mark.parametrize("key", ["two words", "x" * 201, "naïve"])
def test_a_key_that_is_none_is_a_fault(key: str) -> None:
    assert [fault.code for fault in key_of(key, "")[1]] == ["bad_key"]


def test_a_key_with_other_content_was_used_before() -> None:
    seen = SeenKeys()
    seen.remember("contact", "k", "one")
    seen.remember("contact", "k", "two")
    assert [seen.is_reused("contact", "k", content) for content in ("one", "two")] == [False, True]
    assert not seen.is_reused("help", "k", "two")


def test_the_oldest_keys_are_forgotten() -> None:
    seen = SeenKeys(limit=2)
    for number in range(3):
        seen.remember("contact", str(number), "one")
    assert [seen.is_reused("contact", str(number), "two") for number in range(3)] == [False, True, True]


def test_new_keys_differ() -> None:
    assert len({new_key() for _ in range(100)}) == 100
