import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_console.ranges import Span, Unsatisfiable, read_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=2-5", Span(2, 6)),
        ("bytes=5-", Span(5, 10)),
        ("bytes=5-999", Span(5, 10)),
        ("bytes=-3", Span(7, 10)),
        ("bytes=-999", Span(0, 10)),
        ("Bytes = 0-1", Span(0, 2)),
        ("bytes=10-", Unsatisfiable()),
        ("bytes=-0", Unsatisfiable()),
        (None, None),
        ("bytes=-", None),
        ("bytes=3-2", None),
        ("bytes=0-1,4-5", None),
        ("pages=1-2", None),
        ("bytes=٣-", None),
    ],
)
def test_a_range_of_ten_bytes(header: str | None, part: Span | Unsatisfiable | None) -> None:
    assert read_range(header, 10) == part


@given(st.text() | st.from_regex(r"bytes=[0-9]*-[0-9]*"), st.integers(0, 1000))
def test_a_span_never_leaves_the_file(header: str, size: int) -> None:
    part = read_range(header, size)

    assert not isinstance(part, Span) or 0 <= part.start < part.stop <= size


def test_no_range_of_an_empty_file_can_be_given() -> None:
    assert read_range("bytes=0-", 0) == Unsatisfiable()
