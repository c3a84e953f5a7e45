"""Searches of bounded size: together they cover every UID, once."""

from hypothesis import given
from hypothesis import strategies as st

from threadline_email.imap.connection import spans


def test_what_is_new_is_searched_to_the_end() -> None:
    assert list(spans(8, 0, uidnext=8)) == ["8:*"]
    assert list(spans(1, 0, uidnext=25, size=10)) == ["1:10", "11:20", "21:*"]
    assert list(spans(1, 0, uidnext=11, size=10)) == ["1:10", "11:*"]
    assert list(spans(30, 0, uidnext=8)) == ["30:*"]


def test_a_range_that_is_empty_asks_for_nothing() -> None:
    assert list(spans(5, 4, uidnext=9)) == []


@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 90), st.integers(1, 20))
def test_a_range_is_covered_without_overlap(first: int, last: int, uidnext: int, size: int) -> None:
    covered = [
        uid for span in spans(first, last, uidnext=uidnext, size=size) for uid in range(*ends(span.split(":"), last))
    ]
    assert covered == list(range(first, last + 1))


def ends(span: list[str], last: int) -> tuple[int, int]:
    return int(span[0]), (last if span[1] == "*" else int(span[1])) + 1
