"""Who asks: the client's address behind trusted proxies, and whether it knows a token. Refuses mere claims."""

import hmac
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from aiohttp import hdrs, web

from threadline_shared.http_settings import Network

TRUSTED_PROXIES: Final = web.AppKey("TRUSTED_PROXIES", tuple[Network, ...])


def client_ip(request: web.Request) -> str:
    """Return the address of the client that asks, without a port; empty when its connection is gone already."""
    trusted = request.config_dict.get(TRUSTED_PROXIES, ())
    return forwarded_ip(request.remote or "", request.headers.getall(hdrs.X_FORWARDED_FOR, ()), trusted)


def forwarded_ip(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the last address on the way to us that no trusted proxy has; whatever is left of it could be invented."""
    hops = [hop for line in forwarded for hop in line.split(",")]
    client = _address(peer)
    while client is not None and hops and _is_among(client, trusted):
        before = _address(hops.pop())
        if before is None:
            break
        client = before
    return str(client or peer)


def authorised(request: web.Request, token: str) -> bool:
    """Return whether the request bears this token, in constant time; an empty token authorises nobody."""
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    return same and scheme.lower() == "bearer" and bool(token)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_among(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
