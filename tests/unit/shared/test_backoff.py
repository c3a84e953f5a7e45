"""Waiting longer and longer, and never in step."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from threadline_shared.backoff import delays


def test_delays_double_up_to_the_most() -> None:
    assert list(islice(delays(1, 5, dice=lambda: 1.0), 5)) == [1, 2, 4, 5, 5]


def test_jitter_shortens_by_up_to_half() -> None:
    assert list(islice(delays(1, 4, dice=lambda: 0.0), 3)) == [0.5, 1, 2]


@given(st.floats(0.001, 100), st.floats(0.001, 100), st.floats(0, 1))
def test_a_delay_is_positive_and_at_most_the_most(first: float, most: float, roll: float) -> None:
    assert all(0 < delay <= most for delay in islice(delays(first, most, dice=lambda: roll), 50))


def test_two_replicas_do_not_wait_in_step() -> None:
    assert list(islice(delays(), 8)) != list(islice(delays(), 8))
