"""Names that are safe to show and to save."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.filenames import NAME_MAX_BYTES, safe_name, unique_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\a.txt", "a.txt"),
        ("folder/", "folder"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("NUL .txt", "_NUL .txt"),
        ("con  .txt", "_con .txt"),
        ("CONIN$", "_CONIN$"),
        ("conout$.log", "_conout$.log"),
        ("a\N{ARABIC LETTER MARK}b\N{SOFT HYPHEN}c\N{FRACTION SLASH}d.txt", "a_b_c_d.txt"),
        ("console.txt", "console.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("invoice\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "invoice_fdp.exe"),
        ("name. ", "name"),
        ("", "file"),
        ("\0\0", "file"),
        ("Re\N{COMBINING ACUTE ACCENT}sume.pdf", "Résume.pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_name("ä" * 500 + ".pdf")
    assert name.endswith("ä.pdf")
    assert len(name.encode()) <= NAME_MAX_BYTES


def test_names_within_a_mail_are_unique_without_regard_to_case() -> None:
    taken: dict[str, str] = {}
    files = [("a.txt", "1"), ("A.txt", "2"), ("a (2).txt", "3"), ("b", "1"), ("a.txt", "1"), ("a.txt", "2")]
    assert [unique_name(name, taken, content) for name, content in files] == [
        "a.txt",
        "A (2).txt",
        "a (2) (2).txt",
        "b",
        "a.txt",  # the same file once more
        "a (2).txt",
    ]


@given(st.text(max_size=300))
def test_no_name_leaves_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\\0<>:"|?*')
    assert safe.strip(". ") == safe
    assert len(safe.encode()) <= NAME_MAX_BYTES
