"""The Date header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.dates import read_date


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (b"Mon, 02 Mar 2026 10:00:00 +0100", "2026-03-02T10:00:00+01:00"),
        (b"2 Mar 2026 10:00 GMT", "2026-03-02T10:00:00+00:00"),
        (b"Mon, 2 Mar 2026 10:00:00 (PST)", "2026-03-02T10:00:00+00:00"),
        (b"Mon, 02 Mar 2026 10:00:00 -0000", "2026-03-02T10:00:00+00:00"),
        (b"Sat, 31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59+00:00"),
        (b"2026-03-02T10:00:00Z", "2026-03-02T10:00:00+00:00"),
        (b"Tue, 1 Jan 2019 10:00:00 +99999999", None),
        (b"Foo, 32 Foo 2020 99:99:99", None),
        (b"\xff\xfe", None),
        (b"", None),
        (b"Mon, 02 Mar 10:00", None),
    ],
)
def test_a_date_is_an_aware_moment_or_nothing(raw: bytes, moment: str | None) -> None:
    found = read_date(raw)
    assert (found and found.isoformat()) == moment


@given(st.text(alphabet="MonTueJaFb0123456789 ,:+-()", max_size=40))
def test_every_date_is_aware_or_nothing(text: str) -> None:
    found = read_date(text.encode())
    assert found is None or found.tzinfo is not None
