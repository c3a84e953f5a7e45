"""The PROXY header, byte by byte."""

import struct
from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_contracts.errors import MalformedInputError
from threadline_email.proxy import NOBODY, Introduction, read_introduction

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(command: int, family: int, rest: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(rest)) + rest


def addresses(source: str) -> bytes:
    packed = ip_address(source).packed
    return packed + bytes(len(packed)) + struct.pack("!HH", 40_000, 25)


HEADERS = [
    (b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 25\r\n", "203.0.113.7"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 25\r\n", "2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", NOBODY),
    (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", NOBODY),
    (version_2(0x21, 0x11, addresses("203.0.113.7")), "203.0.113.7"),
    (version_2(0x21, 0x21, addresses("2001:db8::7")), "2001:db8::7"),
    (version_2(0x21, 0x21, addresses("::ffff:203.0.113.7")), "203.0.113.7"),
    (version_2(0x21, 0x11, addresses("203.0.113.7") + b"\x04\0\3abc"), "203.0.113.7"),  # a NOOP behind the addresses
    (version_2(0x20, 0x11, addresses("203.0.113.7")), NOBODY),  # LOCAL: a health check
    (version_2(0x20, 0x00, b""), NOBODY),
    (version_2(0x21, 0x00, b""), NOBODY),
    (version_2(0x21, 0x31, bytes(216)), NOBODY),  # a Unix socket
]


@pytest.mark.parametrize(("header", "ip"), HEADERS)
def test_a_header_says_who_comes_and_ends_where_it_ends(header: bytes, ip: str) -> None:
    assert read_introduction(header + b"EHLO x\r\n") == Introduction(ip, len(header))


@pytest.mark.parametrize(("header", "ip"), HEADERS)
def test_half_a_header_is_waited_for(header: bytes, ip: str) -> None:
    del ip
    assert {read_introduction(header[:length]) for length in range(len(header))} == {None}


@pytest.mark.parametrize(
    "data",
    [
        b"EHLO x\r\n",
        b"PROXY\r\n",
        b"PROXY TCP4\r\n",
        b"PROXY TCP4 203.0.113.7 192.0.2.1 40000\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 40000 25\r\n",
        b"PROXY TCP6 203.0.113.7 192.0.2.1 40000 25\r\n",
        b"PROXY TCP4 here there 40000 25\r\n",
        b"PROXY UDP4 203.0.113.7 192.0.2.1 40000 25\r\n",
        b"PROXY  TCP4 203.0.113.7 192.0.2.1 40000 25\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        b"PROXY \xff\xfe\r\n",
        version_2(0x11, 0x11, addresses("203.0.113.7")),
        version_2(0x22, 0x11, addresses("203.0.113.7")),
        version_2(0x21, 0x11, b"\1\2\3\4"),
        version_2(0x21, 0x11, bytes(5000)),
        SIGNATURE[:-1] + b"X" + bytes(20),
    ],
)
def test_anything_else_is_no_header(data: bytes) -> None:
    with pytest.raises(MalformedInputError):
        read_introduction(data)


@given(st.sampled_from([b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11", b""]), st.binary(max_size=200))
def test_whatever_comes_is_an_introduction_or_is_not(begin: bytes, rest: bytes) -> None:
    with suppress(MalformedInputError):
        found = read_introduction(begin + rest)
        assert found is None or found.length <= len(begin + rest)
