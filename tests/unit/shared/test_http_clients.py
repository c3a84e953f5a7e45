"""Who asks: the address behind trusted proxies, and where only this machine can reach."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_shared.http_clients import forwarded_ip
from threadline_shared.http_settings import HttpSettings, is_loopback

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # a stranger may say what it likes
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ['"[2001:db8::1]:4711"'], "2001:db8::1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_the_client_is_the_last_hop_that_is_no_proxy_of_ours(peer: str, forwarded: list[str], client: str) -> None:
    assert forwarded_ip(peer, forwarded, TRUSTED) == client


@given(st.lists(st.text(max_size=40)))
def test_what_a_stranger_forwards_changes_nothing(forwarded: list[str]) -> None:
    assert forwarded_ip("192.0.2.1", forwarded, TRUSTED) == "192.0.2.1"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST.", "::ffff:127.0.0.1"]
)
def test_loopback_is_this_machine(host: str) -> None:
    assert is_loopback(host)
    HttpSettings(http_host=host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.1", "example.org", "localhost.example.org", "::ffff:1.2.3.4"]
)
def test_anything_else_needs_a_token(host: str) -> None:
    assert not is_loopback(host)
    HttpSettings(http_host=host, api_token="t")
    with pytest.raises(ValueError, match=r"^THREADLINE_API_TOKEN is not set"):
        HttpSettings(http_host=host)


def test_a_wrong_proxy_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^THREADLINE_TRUSTED_PROXIES: '10\.0\.0\.0/99' is not a network"):
        HttpSettings(trusted_proxies=("10.0.0.0/99",))
