"""How a process listens for HTTP. Refuses to be heard beyond this machine by people it could not tell apart."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from msgspec import Meta, Struct

from threadline_shared.settings import Port

Network = IPv4Network | IPv6Network
_Seconds = Annotated[float, Meta(gt=0, le=86400)]


class HttpSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The listener that all services of a process share, and its limits."""

    http_host: Annotated[str, Meta(description="an address or host name to listen on")] = "127.0.0.1"
    http_port: Annotated[Port, Meta(description="0: one that is free")] = 8080
    http_shared_by: Annotated[int, Meta(ge=1, le=64, description="services of this process that listen together")] = 1
    api_token: Annotated[str, Meta(description="a bearer token that may do everything")] = ""
    metrics_token: Annotated[
        str,
        Meta(description="/metrics and the reasons in /readyz ask for it; beyond loopback, absent: for the api_token"),
    ] = ""
    trusted_proxies: Annotated[tuple[str, ...], Meta(description="networks whose X-Forwarded-For is believed")] = ()
    http_max_body_bytes: Annotated[
        int, Meta(ge=1024, description="of a request read at once; forms have their own")
    ] = 1024 * 1024
    http_max_header_bytes: Annotated[int, Meta(ge=1024, le=65536, description="of one header line")] = 8190
    http_max_headers: Annotated[int, Meta(ge=16, le=1024)] = 100
    http_keepalive_seconds: Annotated[_Seconds, Meta(description="for a request to begin, or the next one")] = 75.0
    http_answer_seconds: Annotated[_Seconds, Meta(description="to read a request and begin the answer")] = 300.0

    def __post_init__(self) -> None:
        """Raise ValueError, naming the variable."""
        for proxy in self.trusted_proxies:
            _check_network(proxy)
        if not (self.api_token or is_loopback(self.http_host)):
            raise ValueError(
                f"THREADLINE_API_TOKEN is not set: without it, HTTP is served on loopback only, "
                f"and THREADLINE_HTTP_HOST is {self.http_host!r}"
            )

    def probe_token(self) -> str:
        """Return what guards what the probes tell about accounts; empty: nothing, as only this machine can ask."""
        return self.metrics_token or ("" if is_loopback(self.http_host) else self.api_token)

    def networks(self) -> tuple[Network, ...]:
        """Return the trusted proxies."""
        return tuple(ip_network(proxy, strict=False) for proxy in self.trusted_proxies)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`; a name but `localhost` may be anything, so it cannot."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _check_network(proxy: str) -> None:
    try:
        ip_network(proxy, strict=False)
    except ValueError as err:
        raise ValueError(f"THREADLINE_TRUSTED_PROXIES: {proxy!r} is not a network such as 10.0.0.0/8") from err
