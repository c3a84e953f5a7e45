"""The macros of SPF (RFC 7208, 7): `%{ir}.%{v}._spf.%{d2}`. Pure."""

import re
from ipaddress import IPv4Address
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError
from threadline_email.proofs.client import IP

_MACRO: Final = re.compile(r"%(?:\{([slodiphv])(\d{0,3})(r?)([.+,/_=-]*)\}|([%_-]))", re.IGNORECASE)
_LITERALS: Final = {"%": "%", "_": " ", "-": "%20"}
_DEFAULT_DELIMITER: Final = "."
_NAME_MAX: Final = 253


class Envelope(Struct, frozen=True):
    """Who sends: the client's address, MAIL FROM (or postmaster@HELO when it is empty), and HELO."""

    ip: IP
    sender: str
    helo: str


def expand(text: str, domain: str, envelope: Envelope) -> str:
    """Return a domain specification with its macros filled in. Raises MalformedInputError."""
    if "%" in _MACRO.sub("", text):
        raise MalformedInputError("a macro that is none")
    name = _MACRO.sub(lambda found: _filled(found, domain, envelope), text).rstrip(".")
    while len(name) > _NAME_MAX and "." in name:  # 7.3: labels go from the left
        name = name.partition(".")[2]
    return name


def _filled(found: re.Match[str], domain: str, envelope: Envelope) -> str:
    if found[5]:
        return _LITERALS[found[5]]
    values = _value(found[1].lower(), domain, envelope)
    parts = re.split("[" + re.escape(found[4] or _DEFAULT_DELIMITER) + "]", values)
    if found[3]:
        parts.reverse()
    if found[2]:
        if int(found[2]) == 0:
            raise MalformedInputError("a macro of no labels")
        parts = parts[-int(found[2]) :]
    return ".".join(parts)


def _value(letter: str, domain: str, envelope: Envelope) -> str:
    local, _, sender_domain = envelope.sender.rpartition("@")
    values = {
        "s": envelope.sender,
        "l": local or "postmaster",
        "o": sender_domain,
        "d": domain,
        "i": _dotted(envelope.ip),
        "v": "in-addr" if isinstance(envelope.ip, IPv4Address) else "ip6",
        "h": envelope.helo,
    }
    return values.get(letter, "unknown")  # p: the validated name, which RFC 7208 asks nobody to use


def _dotted(ip: IP) -> str:
    return str(ip) if isinstance(ip, IPv4Address) else ".".join(ip.exploded.replace(":", ""))
