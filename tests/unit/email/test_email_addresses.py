"""Addresses as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.addresses import ADDRESSES_MAX, is_address, read_addresses


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a@b.c", [("", "a@b.c")]),
        (b"<A@B.C>", [("", "A@b.c")]),
        (b"Ada <a@b.c>", [("Ada", "a@b.c")]),
        (b'"Lovelace, Ada" <a@b.c>, Bob <b@b.c>', [("Lovelace, Ada", "a@b.c"), ("Bob", "b@b.c")]),
        (b"Lovelace, Ada <a@b.c>", [("Lovelace, Ada", "a@b.c")]),
        (b"a@b.c (Ada)", [("Ada", "a@b.c")]),
        (b"a@b.c Ada Lovelace", [("Ada Lovelace", "a@b.c")]),
        (b"=?utf-8?q?J=C3=B6rg?= <j@b.c>", [("Jörg", "j@b.c")]),
        (b'"=?utf-8?q?J=C3=B6rg?=" <j@b.c>', [("Jörg", "j@b.c")]),
        (b"desk: a@b.c, b@b.c;, c@b.c", [("", "a@b.c"), ("", "b@b.c"), ("", "c@b.c")]),
        (b"undisclosed-recipients:;", []),
        (b"<@relay.example,@two.example:a@b.c>", [("", "a@b.c")]),
        (b"a@b.c; b@b.c", [("", "a@b.c"), ("", "b@b.c")]),
        (b"mailto:a@b.c", [("", "a@b.c")]),
        (b"a@b.c.", [("", "a@b.c")]),
        (b"Ada <a b@b.c>", [("Ada", "ab@b.c")]),
        (b"support@localhost", [("", "support@localhost")]),
        (b'"a@b.c" <e@x.y>', [("a@b.c", "e@x.y")]),
        (b"Ada <not an address>", []),
        (b"Ada", []),
        (b"", []),
        (b"<>", []),
        (b"a@@b", []),
        (b'Ada "the \\"Countess\\"" <a@b.c>', [('Ada "the \\"Countess\\""', "a@b.c")]),
    ],
)
def test_an_address_header_is_read(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(found.name, found.email) for found in read_addresses(raw)] == expected


@pytest.mark.parametrize("raw", [b"a@" + b"b" * 400, b"<" + b"a" * 400 + b"@b.c>", b"Ada " + b"a" * 400 + b"@b.c"])
def test_an_endless_address_is_none(raw: bytes) -> None:
    assert read_addresses(raw) == []


def test_a_flood_of_addresses_is_cut() -> None:
    flood = b", ".join(b"user%d@example.com" % number for number in range(5000))
    assert len(read_addresses(flood)) == ADDRESSES_MAX


@given(st.text(alphabet='ab@.<>,;:"\\() =?', max_size=60))
def test_whatever_is_found_is_one_address(text: str) -> None:
    assert all(is_address(found.email) for found in read_addresses(text.encode()))


@given(st.binary(max_size=200))
def test_every_header_is_read(raw: bytes) -> None:
    read_addresses(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Chris <c@(his host.)public.example>, joe@example.org", ["c@public.example", "joe@example.org"]),
        (b"Pete(A chap) <pete(his account)@silly.test(his host)>", ["pete@silly.test"]),
        (b"Chris <nobody>, joe@example.org", ["joe@example.org"]),
        (b"jdoe@test   . example", ["jdoe@test.example"]),
        (b"J . Doe jdoe@test.example", ["jdoe@test.example"]),
    ],
)
def test_comments_and_blanks_inside_an_address_are_no_part_of_it(raw: bytes, expected: list[str]) -> None:
    assert [address.email for address in read_addresses(raw)] == expected
