"""Topic patterns against a naive matcher."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_contracts.topology import ALWAYS, DEAD_LETTERS, THREADS_MESSAGES, Exchange
from threadline_shared.bus.topics import Routes, matches

WORDS = st.lists(st.sampled_from(["a", "b", ""]), max_size=5)
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "#"]), max_size=5)


def naive(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(naive(pattern[1:], words[n:]) for n in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and naive(pattern[1:], words[1:])


def words_of(key: str) -> Sequence[str]:
    return key.split(".") if key else []


@given(pattern=PATTERNS.map(".".join), key=WORDS.map(".".join))
def test_it_matches_as_the_naive_matcher_does(pattern: str, key: str) -> None:
    assert matches(pattern, key) == naive(words_of(pattern), words_of(key))


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("message.#", "message.received.v1.email", True),
        ("message.#", "message", True),
        ("message.#", "messages.received", False),
        ("message.*", "message.received.v1", False),
        ("*.*.v1.email", "message.received.v1.email", True),
        ("#.email", "message.received.v1.email", True),
        ("#", "", True),
        ("*", "", False),
        ("a*", "ab", False),
    ],
)
def test_the_rules_in_examples(pattern: str, key: str, *, expected: bool) -> None:
    assert matches(pattern, key) is expected


def test_patterns_of_many_wildcards_stay_cheap() -> None:
    assert not matches("#." * 40 + "z", "a." * 400 + "a")


def test_a_queue_bound_twice_gets_an_event_once() -> None:
    routes = Routes()
    routes.add(ALWAYS)
    assert routes.to(Exchange.MESSAGES, "message.received.v1.email") == (THREADS_MESSAGES,)


def test_a_later_declaration_counts_for_keys_seen_before() -> None:
    routes = Routes()
    assert routes.to(Exchange.DEAD, "x") == ()
    routes.add([DEAD_LETTERS])
    assert routes.to(Exchange.DEAD, "x") == (DEAD_LETTERS,)
