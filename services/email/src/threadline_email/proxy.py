"""The header that a load balancer sends ahead of a connection: PROXY protocol, versions 1 and 2. Pure.

https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt. Where it names no address (health checks, other families),
nobody knows who it is: never the load balancer itself, which may be trusted.
"""

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from msgspec import Struct

from threadline_contracts.errors import MalformedInputError

NOBODY: Final = ""
_V1: Final = b"PROXY "
_V1_MAX: Final = 107  # bytes, its line end included (section 2.1)
_V1_WORDS: Final = 6
_V2: Final = b"\r\n\r\n\0\r\nQUIT\n"
_V2_HEAD: Final = 16
_V2_MAX: Final = 2048  # bytes: they may hold a certificate's name, never a conversation
_LOCAL, _PROXY = 0x20, 0x21  # version 2, and the command
_TCP4, _TCP6 = 0x11, 0x21
_V2_ADDRESS: Final = {_TCP4: 4, _TCP6: 16}  # bytes


class Introduction(Struct, frozen=True):
    """Who is on the other side (NOBODY: unknown), and how many bytes said so."""

    ip: str
    length: int


def read_introduction(data: bytes) -> Introduction | None:
    """Return what the first bytes of a connection say, or None while there are too few of them.

    Raises MalformedInputError when they are no such header.
    """
    if data.startswith(_V2):
        return _second_version(data)
    if data.startswith(_V1):
        return _first_version(data)
    if _V2.startswith(data) or _V1.startswith(data):
        return None
    raise MalformedInputError("no PROXY header")


def _first_version(data: bytes) -> Introduction | None:
    line, end, _ = data[:_V1_MAX].partition(b"\r\n")
    if not end:
        if len(data) < _V1_MAX:
            return None
        raise MalformedInputError("a PROXY line without an end")
    words = line.decode("ascii", "replace").split(" ")
    if words[1] == "UNKNOWN":
        return Introduction(NOBODY, len(line) + 2)
    if len(words) != _V1_WORDS or words[1] not in {"TCP4", "TCP6"}:
        raise MalformedInputError("a PROXY line of another form")
    return Introduction(_address(words[2], words[1]), len(line) + 2)


def _second_version(data: bytes) -> Introduction | None:
    if len(data) < _V2_HEAD:
        return None
    command, family, length = struct.unpack_from("!BBH", data, len(_V2))
    if command not in {_LOCAL, _PROXY} or _V2_HEAD + length > _V2_MAX:
        raise MalformedInputError("a PROXY header of another version or length")
    if len(data) < _V2_HEAD + length:
        return None
    size = _V2_ADDRESS.get(family, 0) if command == _PROXY else 0
    if 2 * size + 4 > length and size:  # two addresses, two ports
        raise MalformedInputError("a PROXY header without its addresses")
    packed = data[_V2_HEAD : _V2_HEAD + size]
    return Introduction(_plain(ip_address(packed)) if size else NOBODY, _V2_HEAD + length)


def _address(word: str, family: str) -> str:
    try:
        address = ip_address(word)
    except ValueError:
        raise MalformedInputError("a PROXY line without an address") from None
    if family != f"TCP{address.version}":
        raise MalformedInputError("a PROXY line with an address of another family")
    return _plain(address)


def _plain(address: IPv4Address | IPv6Address) -> str:
    """Return an address as text, the same for an IPv4 address in either form."""
    return str(getattr(address, "ipv4_mapped", None) or address)
