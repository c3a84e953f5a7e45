"""Who may post: our own page, the sites a form allows, and programs that are no browser. Pure.

There are no cookies, so a forged post gains nobody a session; this keeps other people's pages from using their
visitors to flood a desk. A browser cannot lie in Origin or Sec-Fetch-Site, and sends one of them with every post.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_OWN_SITES: Final = frozenset({"same-origin", "none"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Caller(Struct, frozen=True, kw_only=True):
    """What a request's headers say about where it comes from; an absent header is an empty string."""

    host: str
    origin: str = ""
    referer: str = ""
    fetch_site: str = ""
    has_cookies: bool = False
    sends_json: bool = False


def admitted(caller: Caller, allowed: Collection[str]) -> bool:
    """Return whether this caller may post to a form that allows these origins."""
    if caller.fetch_site == "same-origin":
        return True
    origin = caller.origin or _origin_of(caller.referer)
    if origin:
        return is_allowed(origin, allowed) or _is_own(origin, caller.host)
    if caller.fetch_site:
        return caller.fetch_site in _OWN_SITES
    # Neither header: no browser of the last years. An old one (it has cookies) can be made to post anything but JSON.
    return caller.sends_json or not caller.has_cookies


def is_allowed(origin: str, allowed: Collection[str]) -> bool:
    """Return whether an Origin header names a configured site."""
    wanted = _normal(origin)
    return wanted is not None and any(_normal(one) == wanted for one in allowed)


def _is_own(origin: str, host: str) -> bool:
    # A proxy may have taken the TLS off, so the scheme of the request says nothing.
    parts = _normal(origin)
    return parts is not None and parts == _normal(f"{parts[0]}://{host}")


def _origin_of(referer: str) -> str:
    parts = _normal(referer)
    return "" if parts is None else f"{parts[0]}://{parts[1]}:{parts[2]}"


def _normal(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme]
