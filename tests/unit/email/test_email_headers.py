"""Header fields, and where the body begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.headers import FIELDS_MAX, read_head


@pytest.mark.parametrize(
    ("raw", "subject", "body"),
    [
        (b"Subject: a\r\n\r\nbody", b"a", b"body"),
        (b"subject :a\n\nbody", b"a", b"body"),
        (b"Subject: a\r\n b\r\n\tc\r\n\r\nbody", b"a b c", b"body"),
        (b"Subject: a\r\r\nX: y\r\r\n\r\r\nbody", b"a", b"body"),
        (b"\r\nbody", b"", b"body"),
        (b"From x@y Mon Mar  2\r\nSubject: a\r\n\r\nbody", b"a", b"body"),
        (b"Subject: a\r\nno field at all", b"a", b"no field at all"),
        (b"Subject: a", b"a", b""),
        (b"body without head", b"", b"body without head"),
        (b"", b"", b""),
    ],
)
def test_head_and_body_are_told_apart(raw: bytes, subject: bytes, body: bytes) -> None:
    headers, rest = read_head(raw)
    assert (headers.first("subject"), rest) == (subject, body)


def test_a_repeated_field_keeps_every_value_in_order() -> None:
    headers, _ = read_head(b"X: 1\r\nY: 2\r\nx: 3\r\n\r\n")
    assert headers.all("x") == [b"1", b"3"]


def test_an_absent_field_is_empty() -> None:
    headers, _ = read_head(b"X: 1\r\n\r\n")
    assert (headers.first("y"), headers.text("y"), "y" in headers) == (b"", "", False)


def test_a_flood_of_fields_is_cut() -> None:
    headers, _ = read_head(b"X: 1\r\n" * 10_000 + b"\r\n")
    assert len(headers.all("x")) == FIELDS_MAX


@given(st.binary(max_size=200))
def test_every_byte_string_has_a_head_and_a_body(raw: bytes) -> None:
    read_head(raw)
