"""Phone numbers as comparable values. Pure; refuses a withheld number: it is nobody's.

E.164 only where it can be derived: a leading + or the region of the account. A country is never guessed. What cannot
be derived keeps its digits, so that it still equals itself.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_EXTENSION_MAX: Final = 6  # digits; what is shorter than a subscriber's number is dialled inside a telephone exchange
_DECORATION: Final = re.compile(r"[\s().\-/]+")
_URI: Final = re.compile(r"(?i:(sips?|tel|callto):)(?://)?([^@;?>]*)(@[^;?>]*)?(;[^?>]*)?")
_ADDRESS: Final = re.compile(r"<([^<>]*)>")
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}(?:;ext=[0-9]+)?")
_NUMBER: Final = re.compile(r"\+?[0-9][0-9\s().\-/]*")
# What PBXs and providers write for "withheld" (Asterisk's CALLERPRES, RFC 3261 8.1.1.3, RFC 3323 4.1, Twilio's From).
_WITHHELD: Final = frozenset(
    {"anonymous", "unavailable", "restricted", "private", "unknown", "withheld", "blocked", "none", "null", "asserted"}
    | {"no number", "no caller id", "number withheld", "private number", "unknown number", "unknown caller"}
    | {"anonym", "unbekannt", "unterdrückt", "nepoznato", "nepoznat", "skriven broj", "privatni broj", "άγνωστος"}
    | {"απόκρυψη", "неизвестно", "неизвестный", "скрыт", "номер скрыт", "anonyme", "inconnu", "masqué", "privado"}
    | {"desconocido", "oculto", "privato", "sconosciuto", "anonimo", "匿名", "未知", "s", "i", "-", "?"}
)
# The same words on a keypad, as Twilio sends them: +ANONYMOUS, +RESTRICTED, +BLOCKED, +UNKNOWN, +UNAVAILABLE.
_KEYPAD: Final = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})


@lru_cache(maxsize=4096)
def phone(value: str, region: str = "") -> str:
    """Return a number as it compares; empty when it was withheld.

    `+385911234567`, or with `;ext=12` (RFC 3966) where it has an extension; digits alone for an internal extension or
    a number whose country nobody names; a SIP user who is no number as `sip:ana@pbx.example`. `region` is the
    two-letter country of the account.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if bracketed := _ADDRESS.search(text):
        text = bracketed[1].strip()
    uri = _URI.match(text)
    if uri and not _NUMBER.fullmatch(text := _user(uri)):
        return "" if _is_withheld(text) else f"{uri[1]}:{text}{uri[3] or ''}".lower()
    return "" if _is_withheld(text) or _spells_withheld(text, region) else _comparable(text + _extension(uri), region)


def is_international(number: str) -> bool:
    """Return whether a comparable number says its country, so that it is one line in the whole world."""
    return _E164.fullmatch(number) is not None


def is_region(region: str) -> bool:
    """Return whether a region (ISO 3166-1, two capitals) has a numbering plan."""
    from phonenumbers import SUPPORTED_REGIONS

    return region in SUPPORTED_REGIONS


def main_number(number: str) -> str:
    """Return a comparable number without its extension."""
    return number.partition(";")[0]


def _user(uri: re.Match[str]) -> str:
    """Return who is called: `sip:+49301234:secret@pbx;user=phone` is +49301234."""
    return uri[2].partition(":")[0].replace("%2B", "+").replace("%2b", "+").strip()


def _extension(uri: re.Match[str] | None) -> str:
    found = re.search(r";ext=([0-9]{1,7})", uri[4]) if uri and uri[4] else None
    return found[0] if found else ""


def _is_withheld(text: str) -> bool:
    return not _DECORATION.sub("", text).strip("+0") or text.casefold() in _WITHHELD


def _spells_withheld(text: str, region: str) -> bool:
    # Without the plus it may be somebody's number at home: 266 69 66 87 rings in Portugal.
    return (not region or "+" in text) and _DECORATION.sub("", text).removeprefix("+") in _KEYPAD


def _comparable(text: str, region: str) -> str:
    bare = unicodedata.normalize("NFKC", _DECORATION.sub("", text))
    if bare.isdecimal() and len(bare) <= _EXTENSION_MAX:
        return bare
    return (_e164(text, region) if region or "+" in text else "") or bare


def _e164(text: str, region: str) -> str:
    # It costs 4 MB and 50 ms, which a desk without telephones should not pay.
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        ValidationResult,
        format_number,
        is_possible_number_with_reason,
        parse,
    )

    try:
        number = parse(text, region or None)
    except NumberParseException:
        return ""
    # Possible, not valid: which ranges are in use changes with every release, and stored contacts must not.
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return ""
    e164 = format_number(number, PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension}" if number.extension else e164
