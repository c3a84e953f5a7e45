"""What is inside a winmail.dat."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tnef import a_file, an_embedded_mail, properties, tnef
from threadline_email.rtf import read_rtf, unpack_rtf
from threadline_email.tnef import DEPTH_MAX, read_tnef

# The examples of MS-OXRTFCP 4.1 and 4.2.
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
REPEATED = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_subject_text_and_files_come_out() -> None:
    stream = tnef(
        (1, 0x9003, properties({0x0037: "Drucker", 0x1000: "Er brennt – 日本"})),  # noqa: RUF001 - a dash
        *a_file(b"%PDF-1.4", "Rechnung März.pdf", media_type="application/pdf", content_id="a@b"),
    )
    found = read_tnef(stream)
    assert found is not None
    assert (found.subject, found.text, found.whole) == ("Drucker", "Er brennt – 日本", True)  # noqa: RUF001
    [file] = found.files
    assert (file.name, file.media_type, file.content_id) == ("Rechnung März.pdf", "application/pdf", "a@b")
    assert file.content == b"%PDF-1.4"


def test_old_attributes_are_in_the_code_page_of_the_stream() -> None:
    found = read_tnef(tnef((1, 0x9007, pack("<II", 1251, 0)), (1, 0x8004, "Привет".encode("cp1251") + b"\0")))
    assert found is not None
    assert found.subject == "Привет"


def test_html_is_in_the_code_page_of_the_message() -> None:
    codepage = pack("<HHI", 0x0003, 0x3FDE, 1250)
    html = "<p>Příliš žluťoučký</p>".encode("cp1250")
    value = pack("<HHII", 0x0102, 0x1013, 1, len(html)) + html + b"\0" * (-len(html) % 4)
    found = read_tnef(tnef((1, 0x9003, pack("<I", 2) + codepage + value)))
    assert found is not None
    assert found.html == "<p>Příliš žluťoučký</p>"


def test_a_mail_inside_is_read_too() -> None:
    inner = tnef((1, 0x9003, properties({0x0037: "Inner", 0x1000: "text"})), *a_file(b"x", "a.txt"))
    found = read_tnef(tnef(*an_embedded_mail(inner, "Inner")))
    assert found is not None
    message = found.files[0].message
    assert message is not None
    assert (message.subject, message.text, message.files[0].name) == ("Inner", "text", "a.txt")


def test_nesting_ends_somewhere() -> None:
    stream = tnef((1, 0x8004, b"innermost"))
    for _ in range(DEPTH_MAX * 3):
        stream = tnef(*an_embedded_mail(stream, "mail"))
    found, depth = read_tnef(stream), 0
    while found is not None and found.files and found.files[0].message:
        found, depth = found.files[0].message, depth + 1
    assert depth == DEPTH_MAX


@pytest.mark.parametrize("cut", [3, 6, 20, 60])
def test_what_is_cut_off_is_read_so_far(cut: int) -> None:
    stream = tnef((1, 0x8004, b"Drucker\0"), *a_file(b"x" * 40, "a.bin"))
    found = read_tnef(stream[:-cut])
    assert found is not None
    assert (found.subject, found.whole) == ("Drucker", False)


def test_a_named_property_before_another_does_no_harm() -> None:
    named = pack("<HH", 0x001F, 0x8001) + b"\0" * 16 + pack("<II", 1, 6) + "abc".encode("utf-16-le") + b"\0\0"
    value = pack("<II", 1, 4) + "x".encode("utf-16-le") + b"\0\0"
    stream = pack("<I", 2) + named + value + properties({0x0037: "S"})[4:]
    found = read_tnef(tnef((1, 0x9003, stream)))
    assert found is not None
    assert found.subject == "S"


@given(st.binary(max_size=400))
def test_no_stream_raises(junk: bytes) -> None:
    read_tnef(b"\x78\x9f\x3e\x22\x01\x00" + junk)
    read_tnef(tnef((1, 0x9003, junk), (2, 0x9002, b""), (2, 0x9005, junk)))
    read_tnef(junk)


def test_compressed_rtf_is_unpacked() -> None:
    assert unpack_rtf(HELLO) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpack_rtf(REPEATED) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_rtf_says_its_text() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator Riched20;}"
        rb"Gr\'fc\'dfe\par {\b bold}\tab\u8364? \{x\}\line{\pict 0102}end}"
    )
    assert read_rtf(rtf).text == "Grüße\nbold\t€ {x}\nend"


def test_rtf_made_from_html_is_html_again() -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\'dfe & mehr"
        rb"{\*\htmltag84 &nbsp;}\htmlrtf }\htmlrtf0{\*\htmltag72 </p>}}"
    )
    assert read_rtf(rtf).html == "<p>Grüße &amp; mehr&nbsp;</p>"


@given(
    st.binary(max_size=300), st.lists(st.sampled_from([rb"{", rb"}", rb"\*", rb"\u1", rb"\'", rb"\htmlrtf", rb"\uc9"]))
)
def test_no_rtf_raises(junk: bytes, pieces: list[bytes]) -> None:
    unpack_rtf(junk)
    unpack_rtf(HELLO[:16] + junk)
    read_rtf(b"{\\rtf1\\fromhtml1" + b"".join(pieces) + junk)
    read_rtf(b"{\\rtf1" + b"".join(pieces) + junk)
