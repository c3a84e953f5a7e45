"""Sliding windows over a bounded number of callers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_form.rates import Rates, Window, address_key

HOUR = 3600.0


def test_one_more_than_the_limit_waits() -> None:
    rates = Rates([Window(3, HOUR)])
    waits = [rates.take("a", 100.0 + second) for second in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 2 * HOUR


def test_others_do_not_wait_for_it() -> None:
    rates = Rates([Window(1, HOUR)])
    rates.take("a", 0.0)
    assert rates.take("b", 0.0) == 0


def test_the_longer_window_counts_too() -> None:
    rates = Rates([Window(2, HOUR), Window(3, 24 * HOUR)])
    taken = [rates.take("a", hour * HOUR) for hour in (0, 2, 4, 6)]
    assert [wait > 0 for wait in taken] == [False, False, False, True]


def test_what_is_given_back_was_never_taken() -> None:
    rates = Rates([Window(1, HOUR)])
    rates.take("a", 0.0)
    rates.give_back("a")
    rates.give_back("nobody")
    assert rates.take("a", 0.0) == 0


def test_the_oldest_address_is_forgotten_when_there_are_too_many() -> None:
    rates = Rates([Window(1, HOUR)], max_keys=100)
    for number in range(1000):
        rates.take(str(number), 0.0)
    assert len(rates) == 100
    assert rates.take("999", 0.0) > 0


@given(times=st.lists(st.floats(0, 10 * HOUR), max_size=60), limit=st.integers(1, 5))
def test_whoever_waits_as_told_is_admitted(times: list[float], limit: int) -> None:
    rates = Rates([Window(limit, HOUR), Window(limit * 3, 24 * HOUR)])
    for now in sorted(times):
        wait = rates.take("a", now)
    later = max(times, default=0.0)
    while (wait := rates.take("a", later)) > 0:
        assert wait >= 1
        later += wait
    assert later <= max(times, default=0.0) + 48 * HOUR


@given(times=st.lists(st.floats(0, 10 * HOUR), max_size=200), limit=st.integers(1, 10))
def test_no_fixed_hour_has_more_than_the_limit(times: list[float], limit: int) -> None:
    rates = Rates([Window(limit, HOUR)])
    admitted = [now for now in sorted(times) if rates.take("a", now) == 0]
    assert all(sum(hour <= now / HOUR < hour + 1 for now in admitted) <= limit for hour in range(10))


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_household_is_one_caller(address: str, key: str) -> None:
    assert address_key(address) == key
