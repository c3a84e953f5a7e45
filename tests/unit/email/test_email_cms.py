"""Mails inside opaque S/MIME signatures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.cms import is_encrypted, signed_content

SIGNED = bytes.fromhex("06092a864886f70d010702")
ENVELOPED = bytes.fromhex("06092a864886f70d010703")
DATA = bytes.fromhex("06092a864886f70d010701")
MAIL = b"Content-Type: text/plain\r\n\r\nSigned words.\r\n"


def der(tag: int, *content: bytes) -> bytes:
    whole = b"".join(content)
    length = bytes([len(whole)]) if len(whole) < 128 else b"\x82" + len(whole).to_bytes(2, "big")
    return bytes([tag]) + length + whole


def ber(tag: int, *content: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"


def signed(octets: bytes, wrap: object = der) -> bytes:
    make = der if wrap is der else ber
    holder = make(0x30, DATA, make(0xA0, octets))
    return make(0x30, SIGNED, make(0xA0, make(0x30, der(0x02, b"\1"), der(0x31), holder, der(0x31))))


@pytest.mark.parametrize(
    "cms",
    [
        signed(der(0x04, MAIL * 4)),
        signed(der(0x24, der(0x04, MAIL * 2), der(0x04, MAIL * 2))),
        signed(ber(0x24, der(0x04, MAIL), der(0x04, MAIL * 3)), ber),
    ],
)
def test_what_is_signed_is_found(cms: bytes) -> None:
    assert signed_content(cms) == MAIL * 4


def test_what_is_cut_off_is_found_so_far() -> None:
    assert signed_content(signed(der(0x04, MAIL * 4))[:-60]).startswith(MAIL)


def test_what_is_encrypted_holds_nothing_to_read() -> None:
    cms = der(0x30, ENVELOPED, der(0xA0, der(0x30, der(0x02, b"\0"))))
    assert (signed_content(cms), is_encrypted(cms), is_encrypted(signed(b""))) == (b"", True, False)


@given(st.binary(max_size=200))
def test_nothing_raises(junk: bytes) -> None:
    for cms in (junk, signed(junk), signed(junk, ber), ber(0x30, SIGNED, junk), b"\x30\x80" * 100 + junk):
        signed_content(cms)
        is_encrypted(cms)
