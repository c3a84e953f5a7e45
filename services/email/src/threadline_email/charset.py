"""Bytes to text, whatever the label says: strict UTF-8, then the declared charset, then a guess, then Windows-1252."""

import codecs
import encodings
import re
from encodings.aliases import aliases
from functools import lru_cache
from pkgutil import iter_modules
from typing import Final

from msgspec import Struct

from threadline_email.charset_japanese import decode_windows_jp

# Mailers say the left and mean the right (the superset, as in the WHATWG Encoding Standard).
_MEANT: Final = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_ALIASES: Final = {
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "x-sjis": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "cp-850": "cp850",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "macintosh": "mac-roman",
    "x-user-defined": "cp1252",
    "ansi_x3.110-1983": "cp1252",
    "x-unknown": "cp1252",
    "unknown-8bit": "cp1252",
}
# Python knows codecs that are no charsets, or that are slow or chatty on hostile input (idna, unicode_escape ...).
_CHARSET: Final = re.compile(r"ascii|utf-|iso|cp\d|koi8|gb|hz|big5|euc_|shift_jis|mac-|johab|ptcp154|tis-620|kz1048")
# Python remembers every name it is ever asked for, and looks for it on the disk: it is asked for these alone.
_KNOWN: Final = frozenset({*aliases, *(module.name for module in iter_modules(encodings.__path__))})
# Seven-bit encodings look like valid UTF-8, and UTF-16 of English does too: believe the label first.
_LABEL_FIRST: Final = re.compile(r"utf-16|utf-32|utf-7|iso2022|hz")
_ISO_2022_JP: Final = re.compile(rb"\x1b\$[@B]|\x1b\([BJ]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NULS_OF_UTF_16: Final = 4  # one byte in four at least, in the languages that are written with few others
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_DAMAGED: Final = 10  # so many good characters for a bad one, and a text is damaged rather than mislabelled


class Decoded(Struct, frozen=True):
    """Text, and the charset it was read with when that was not what the sender said."""

    text: str
    guessed: str = ""


def decode(raw: bytes, declared: str = "", *, detect: bool = True) -> Decoded:
    """Return bytes as text. Total; `guessed` names the charset when the label was missing or wrong.

    Without `detect`, bytes that need a detector are read as Windows-1252: it takes milliseconds, and a hostile mail
    may ask for it a thousand times.
    """
    if not raw:
        return Decoded("")
    label, first = _label(declared)
    if first or b"\x1b" in raw or b"\0" in raw:
        if (found := _by_label_first(raw, label)) is not None:
            return found
    elif raw.isascii():
        return Decoded(raw.decode("ascii"))
    if (text := _lenient(raw, "utf-8") or _cut_utf_8(raw)) is not None:
        return Decoded(text.removeprefix("\ufeff"), "" if label in {"", "utf-8", "utf-8-sig"} else "utf-8")
    if label and (text := _strict(raw, label)) is not None:
        return Decoded(text)
    return _guess(raw) if detect else Decoded(raw.decode("cp1252", "replace"), "cp1252")


@lru_cache(maxsize=256)
def _label(declared: str) -> tuple[str, bool]:
    """Return Python's name of a declared charset, and whether it must be believed before the bytes are looked at."""
    label = codec_name(declared)
    return label, _LABEL_FIRST.search(label or declared.lower()) is not None


def _by_label_first(raw: bytes, label: str) -> Decoded | None:
    """Return text of an encoding that looks like another one, so that only its label, or a sign in it, tells."""
    wide = _wide(raw, label)
    if wide != label and (text := _strict(raw, wide)) is not None:
        return Decoded(text.removeprefix("\ufeff"), wide)
    japanese = label.startswith("iso2022_jp")
    if (japanese or _ISO_2022_JP.search(raw)) and (text := _iso_2022_jp(raw)) is not None:
        return Decoded(text, "" if japanese else "iso-2022-jp")
    if label and not japanese and _LABEL_FIRST.search(label) and (text := _lenient(raw, label)) is not None:
        return Decoded(text)
    return None


@lru_cache(maxsize=256)
def codec_name(declared: str) -> str:
    """Return Python's name of a declared charset, as mailers mean it, or an empty string when it is none."""
    name = declared.strip().strip("\"'").lower()[:64]
    known = encodings.normalize_encoding(_ALIASES.get(name, name)).replace(".", "_")
    if known not in _KNOWN:
        return ""
    try:
        found = codecs.lookup(known).name
    except (LookupError, ValueError):
        return ""
    return _MEANT.get(found, found) if _CHARSET.match(found) else ""


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _wide(raw: bytes, label: str) -> str:
    """Return the label, or what is right where that calls UTF-16 what is none, or something else what is UTF-16.

    Blanks and line ends of UTF-16 have NULs in them, and no other text has any.
    """
    wide = label.startswith(("utf-16", "utf-32"))
    nuls = raw.count(b"\0")
    if wide == bool(nuls):
        return label
    if wide:
        return "utf-8"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(raw) % 2 or nuls * _NULS_OF_UTF_16 < len(raw):
        return label
    return "utf-16-be" if raw[::2].count(b"\0") > raw[1::2].count(b"\0") else "utf-16-le"


def _cut_utf_8(raw: bytes) -> str | None:
    """Return UTF-8 whose last character somebody cut in two, or None: a lone letter of Latin-1 looks like that too."""
    try:
        text, used = codecs.utf_8_decode(raw, "strict", False)
    except UnicodeDecodeError:
        return None
    return text + _REPLACEMENT if used < len(raw) and not text.isascii() else None


def _iso_2022_jp(raw: bytes) -> str | None:
    text = _strict(raw, "iso2022_jp_ext")
    if text is None and _ISO_2022_JP.search(raw) and raw.isascii():
        text = decode_windows_jp(raw)
    return text if text is not None else _lenient(raw, "iso2022_jp_ext")


def _lenient(raw: bytes, codec: str) -> str | None:
    """Return text in which few characters are damaged, or None when the codec does not fit."""
    if (text := _strict(raw, codec)) is not None and codec != "utf-7":
        return text  # a replacement character in it was there before: some other program's trouble
    try:
        text = raw.decode(codec, "replace")
    except (UnicodeError, ValueError, LookupError):
        return None
    if codec == "utf-7":
        text = _SURROGATES.sub(_REPLACEMENT, text)  # it lets lone ones through
    bad = text.count(_REPLACEMENT)
    if not bad:
        return text
    good = len(text) - bad if _LABEL_FIRST.search(codec) else len(text) - bad - len(text.encode("ascii", "ignore"))
    return text if good >= _DAMAGED * bad else None


def _guess(raw: bytes) -> Decoded:
    from threadline_email.charset_guess import guess_charset  # its detector is slow to import, and seldom needed

    name = guess_charset(raw)
    codec = codec_name(name) or "cp1252"
    if (text := _strict(raw, codec)) is not None:
        return Decoded(text, codec)
    return Decoded(raw.decode("cp1252", "replace"), "cp1252")
