from datetime import UTC, datetime, timedelta, timezone

import pytest

from threadline_console.pages.times import age, when

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "short", "sentence"),
    [
        (timedelta(seconds=5), "now", "just now"),
        (timedelta(minutes=2, seconds=59), "2 min", "2 min ago"),
        (timedelta(hours=23, minutes=59), "23 h", "23 h ago"),
        (timedelta(days=6), "6 d", "6 d ago"),
        (timedelta(days=20), "13 Feb", "on 13 Feb"),
        (timedelta(days=365), "5 Mar 2025", "on 5 Mar 2025"),
        (timedelta(hours=-3), "5 Mar", "on 5 Mar"),
    ],
)
def test_a_moment_is_short_for_the_eye(ago: timedelta, short: str, sentence: str) -> None:
    shown = when(NOW - ago, NOW)

    assert (shown.short, shown.ago) == (short, sentence)


def test_a_moment_is_exact_in_the_tooltip_on_both_clocks() -> None:
    there = timezone(timedelta(hours=5, minutes=30))

    assert when(NOW, NOW).exact == "Thu 5 Mar 2026, 12:00:00 UTC"
    assert when(NOW.astimezone(there), NOW).exact.endswith("UTC (Thu 17:30 +0530 on the sender's clock)")


def test_an_age_has_one_unit() -> None:
    assert age(timedelta(days=400, hours=3)) == "400 d"
