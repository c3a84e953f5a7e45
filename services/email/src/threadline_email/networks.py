"""Networks of peers, as an operator writes them: `10.0.0.0/8`, `::1`. Pure."""

from collections.abc import Iterable
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_ONE_CUSTOMER: Final = 64  # bits: with IPv6, whoever has one address has all that begin so


def household_of(peer: str) -> str:
    """Return what counts as one address: itself, or the network of an IPv6 address."""
    if ":" not in peer:
        return peer
    try:
        address = IPv6Address(peer)
    except ValueError:
        return peer
    return str(address.ipv4_mapped or IPv6Network((address.packed, _ONE_CUSTOMER), strict=False))


class Networks:
    """Some networks, asked whether a peer is in one of them. Raises ValueError when one of the names is no network."""

    def __init__(self, names: Iterable[str]) -> None:
        self._networks = [ip_network(name) for name in names]

    def __contains__(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:  # an IPv4 peer of an IPv6 socket
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
