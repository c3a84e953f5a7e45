"""What a file is, and what it may be called."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from threadline_form.filetypes import SAMPLE_BYTES, ending, matches, media_type, safe_name

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("C:\\Users\\Ana\\račun.pdf", "račun.pdf"),
        ("../../etc/passwd", "passwd"),
        ("exe.\u202egpj.scr", "exe._gpj.scr"),
        ("a\r\nSet-Cookie: x.txt", "a__Set-Cookie_ x.txt"),
        ("CON.txt", "_CON.txt"),
        ("λογαριασμός Ιουνίου.pdf", "λογαριασμός Ιουνίου.pdf"),
        ("...", "file"),
        ("", "file"),
        ("\ud800.txt", "_.txt"),
    ],
)
def test_a_name_is_a_plain_file_everywhere(given_name: str, safe: str) -> None:
    assert safe_name(given_name) == safe


@given(name=st.text(st.characters(codec=None), max_size=300))
@example(name="a" * 300 + ".jpeg")
@example(name="." + "b" * 300)
def test_every_name_becomes_safe_and_stays_so(name: str) -> None:
    safe = safe_name(name)
    assert 1 <= len(safe) <= 121
    assert not set(safe) & set('/\\\0\r\n"<>:|?*')
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("sample", "name", "kind"),
    [
        (PNG, "photo.png", "image/png"),
        (PNG, "invoice.pdf", "image/png"),
        (b"%PDF-1.7\n", "invoice", "application/pdf"),
        (b"MZ" + b"\0" * 64, "holiday.jpg", "application/x-msdownload"),
        ("Grüße".encode(), "letter.txt", "text/plain"),
        (b"a;b\n", "table.csv", "text/csv"),
        (b"\0\1\2", "table.csv", "application/octet-stream"),
        (b"", "empty.txt", "application/octet-stream"),
        (("ü" * SAMPLE_BYTES).encode()[1 : SAMPLE_BYTES + 1], "cut.txt", "application/octet-stream"),
        (("ü" * SAMPLE_BYTES + "x").encode()[:SAMPLE_BYTES], "long.txt", "text/plain"),
        (("xü" * SAMPLE_BYTES).encode()[:SAMPLE_BYTES], "cut in a letter.txt", "text/plain"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(sample: bytes, name: str, kind: str) -> None:
    assert media_type(sample, name) == kind


@given(sample=st.binary(max_size=600), name=st.text(max_size=20))
def test_any_bytes_have_some_type(sample: bytes, name: str) -> None:
    assert "/" in media_type(sample, name)


@pytest.mark.parametrize(
    ("kind", "name", "patterns", "found"),
    [
        ("image/png", "x.png", ["image/*"], True),
        ("image/png", "x.png", ["image/png"], True),
        ("text/plain", "RUN.EXE", [".exe"], True),
        ("text/plain", "x.txt", ["image/*", ".exe"], False),
        ("text/plain", "exe", [".exe"], False),
    ],
)
def test_patterns_name_types_families_and_endings(kind: str, name: str, patterns: list[str], *, found: bool) -> None:
    assert matches(kind, name, patterns) is found


def test_a_name_without_a_dot_has_no_ending() -> None:
    assert (ending("README"), ending("a.tar.GZ")) == ("", ".gz")
