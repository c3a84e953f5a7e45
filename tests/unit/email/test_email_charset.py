"""Bytes become text whatever their label says."""
# ruff: noqa: RUF001 - words of many alphabets

import encodings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.charset import Decoded, codec_name, decode
from threadline_email.charset_japanese import decode_windows_jp


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüße aus München, schöne Straße", "latin1"),
        ("Ça va? déjà vu à l'été", "cp1252"),
        ("Žluťoučký kůň, děkuji", "cp1250"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy", "iso8859-2"),
        ("Yazıcı çalışmıyor, lütfen yardım edin", "iso8859-9"),
        ("Здравствуйте, как дела", "cp1251"),
        ("Добрый день, принтер не работает", "koi8-r"),
        ("Καλημέρα, ο εκτυπωτής", "iso8859-7"),
        ("שלום עולם, מה שלומך", "cp1255"),
        ("مرحبا بالعالم كيف حالك", "cp1256"),
        ("日本語テスト", "shift_jis"),
        ("日本語テスト", "euc_jp"),
        ("安全第一，您好，请问这个打印机怎么用？", "gbk"),
        ("안녕하세요", "euc_kr"),
    ],
)
def test_text_without_a_label_is_read_as_its_writer_meant(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("label", ["", "us-ascii", "iso-8859-1", "windows-1252", "klingon", "x-unknown"])
def test_utf_8_is_seen_whatever_the_label(label: str) -> None:
    assert decode("Grüße ✓".encode(), label).text == "Grüße ✓"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ('"utf-8"', "utf-8"),
        ("gb2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("base64", ""),
        ("unicode_escape", ""),
        ("idna", ""),
        ("rot13", ""),
        ("zip", ""),
        ("no\0such", ""),
    ],
)
def test_a_label_means_what_mailers_mean(label: str, codec: str) -> None:
    assert codec_name(label) == codec


def test_a_guess_is_admitted() -> None:
    assert decode("café très fâché".encode("latin1"), "utf-8").guessed == "cp1252"


def test_a_true_label_is_no_guess() -> None:
    assert decode("café".encode("latin1"), "iso-8859-1").guessed == ""


@pytest.mark.parametrize(
    ("raw", "label", "text"),
    [
        ("Grüße\nan alle".encode("utf-16"), "utf-8", "Grüße\nan alle"),
        ("hello you".encode("utf-16-le") + b"\n\0", "", "hello you\n"),
        ("hello you".encode("utf-16-be"), "us-ascii", "hello you"),
        ("Grüße".encode(), "utf-16", "Grüße"),
        (b"plain", "utf-16", "plain"),
        (b"a NUL\0 in \xe4", "", "a NUL\0 in ä"),
        ("Привет, мир! как дела".encode("cp1251"), "us-ascii", "Привет, мир! как дела"),
        (b"\x1b$B-!4]?t\x1b(B", "iso-2022-jp", "①丸数"),
        (b"\x1b(I1234\x1b(B", "iso-2022-jp", "ｱｲｳｴ"),
        (b"mostly seven-bit\x8a", "iso-2022-jp", "mostly seven-bit\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_label_that_the_bytes_belie_is_not_believed(raw: bytes, label: str, text: str) -> None:
    assert decode(raw, label).text == text


@pytest.mark.parametrize("kanji", ["亜", "熙", "表", "ソ", "能", "ミ", "欄", "飴", "院", "ァ", "ム", "─", "А"])
def test_every_row_of_japanese_is_found_in_the_charset_of_windows(kanji: str) -> None:
    assert decode_windows_jp(kanji.encode("iso2022_jp")) == kanji


@pytest.mark.parametrize("label", ["", "utf-16", "utf-7", "iso-2022-jp", "hz", "x-utf-16"])
def test_nothing_is_no_text_and_needs_no_guess(label: str) -> None:
    assert decode(b"", label) == Decoded("")


def test_a_byte_order_mark_is_no_text() -> None:
    assert decode(b"\xef\xbb\xbfHi").text == "Hi"


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "utf-7", "utf-16", "iso-2022-jp", "hz", "gbk", "latin1", "x"]),
)
def test_every_byte_string_is_text_that_utf_8_can_say(raw: bytes, label: str) -> None:
    assert decode(raw, label).text.encode() is not None


def test_python_is_not_asked_for_charsets_that_nobody_knows() -> None:
    before = len(encodings._cache)  # where it remembers every name for ever
    assert [codec_name(f"x-nobody-{number}") for number in range(300)] == [""] * 300
    assert len(encodings._cache) == before


@pytest.mark.parametrize("name", ["UTF-8", "utf 8", "ansi_x3.4-1968", "Windows-1252", "KS_C_5601-1987", "iso.8859.2"])
def test_charsets_are_known_however_they_are_written(name: str) -> None:
    assert codec_name(name)


def test_without_a_detector_unlabelled_bytes_are_read_as_windows_1252() -> None:
    assert decode("дом".encode("cp1251"), detect=False).text == "äîì"
