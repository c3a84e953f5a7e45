"""A domain's SPF record (RFC 7208, 4.5 and 12): its mechanisms, in order, and where it redirects to. Pure."""

import re
from typing import Final, Literal

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError

Result = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
_RECORD_MAX: Final = 4096
_BITS4: Final = 32
_BITS6: Final = 128
_WITH_ARGUMENT: Final = frozenset({"include", "exists", "ip4", "ip6"})
_QUALIFIERS: Final[dict[str, Result]] = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MECHANISM: Final = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/\s]+))?((?:/\d{1,3})?)((?://\d{1,3})?)", re.IGNORECASE
)
_MODIFIER: Final = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)


class Mechanism(Struct, frozen=True):
    """One term of a record: what it means when it matches, its name, argument and prefix lengths."""

    result: Result
    name: str
    argument: str
    prefix4: int
    prefix6: int


def read_record(record: str) -> tuple[list[Mechanism], str]:
    """Return the mechanisms of a record, and where it redirects to. Raises MalformedInputError."""
    mechanisms: list[Mechanism] = []
    redirect = ""
    for term in record[:_RECORD_MAX].split()[1:]:
        if found := _MECHANISM.fullmatch(term):
            mechanisms.append(_mechanism(found))
        elif modifier := _MODIFIER.fullmatch(term):
            if modifier[1].lower() == "redirect":
                redirect = modifier[2]
        else:
            raise MalformedInputError("a term that is none")
    return mechanisms, redirect


def _mechanism(found: re.Match[str]) -> Mechanism:
    name, argument = found[2].lower(), found[3] or ""
    short, long = found[4].lstrip("/"), found[5].lstrip("/")
    prefix4, prefix6 = (_BITS4, int(short or _BITS6)) if name == "ip6" else (int(short or _BITS4), int(long or _BITS6))
    if prefix4 > _BITS4 or prefix6 > _BITS6 or (name in _WITH_ARGUMENT and not argument):
        raise MalformedInputError("a mechanism that is none")
    return Mechanism(_QUALIFIERS[found[1]], name, argument, prefix4, prefix6)


def is_record(text: str) -> bool:
    """Return whether a text is a record of SPF."""
    return text.lower().split(" ", 1)[0] == "v=spf1"
