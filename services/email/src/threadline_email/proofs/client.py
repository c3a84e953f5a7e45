"""Whose SPF can be asked at all: the client's address, when it is a stranger's and not our own relay's."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

from threadline_email.trust import RELAY_TRUSTED

IP = IPv4Address | IPv6Address


def client_of(facts: Mapping[str, str]) -> IP | None:
    """Return the address that sent the mail to us, or None when only a relay or a mailbox of ours knows it."""
    if facts.get("relay") == RELAY_TRUSTED:
        return None
    ip = read_ip(facts.get("peer", ""))
    return ip if ip is not None and ip.is_global else None


def read_ip(text: str) -> IP | None:
    """Return an address, an IPv4 one that is written as IPv6 as itself; None when it is none."""
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip
