import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_console.filenames import content_disposition, safe_filename


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\boot.ini", "C__boot.ini"),
        ('a"b\r\nSet-Cookie: x=1', "a_b__Set-Cookie_ x=1"),
        ("invoice\u202egpj.exe", "invoice_gpj.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_name_is_one_plain_file(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_an_ascii_name_needs_no_second_form() -> None:
    assert content_disposition("attachment", "invoice.pdf") == 'attachment; filename="invoice.pdf"'


def test_a_name_of_any_script_is_sent_in_both_forms() -> None:
    header = content_disposition("inline", "Račun 100%.pdf")

    assert header == "inline; filename=\"Ra_un 100_.pdf\"; filename*=UTF-8''Ra%C4%8Dun%20100%25.pdf"


@given(st.text(max_size=400))
def test_the_header_is_one_printable_ascii_line(name: str) -> None:
    header = content_disposition("attachment", name)

    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
