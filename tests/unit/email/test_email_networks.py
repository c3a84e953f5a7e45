"""Addresses of peers, and what counts as one."""

import pytest

from threadline_email.limits import Connections
from threadline_email.networks import household_of


@pytest.mark.parametrize(
    ("peer", "household"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_an_ipv6_address_counts_as_its_network(peer: str, household: str) -> None:
    assert household_of(peer) == household


def test_neighbours_of_one_ipv6_network_share_the_limit_of_one_address() -> None:
    connections = Connections(total=10, per_ip=1)
    assert connections.enter("2001:db8::1") == ""
    assert connections.enter("2001:db8::2").startswith("421")
    connections.leave("2001:db8::1")
    assert connections.enter("2001:db8::2") == ""
