"""Networks of peers, as an operator writes them: `10.0.0.0/8`, `::1`. Pure."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network


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
