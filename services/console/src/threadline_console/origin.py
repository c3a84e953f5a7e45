"""Who sent this browser here, pure: defends an open console against DNS rebinding, and every POST against forgery."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_OURS: Final = frozenset({"same-origin", "none"})  # Sec-Fetch-Site: our own page, or typed by the person


def is_loopback_name(host_header: str) -> bool:
    """Return whether a Host header names this machine itself: no name that a stranger's DNS can point here."""
    name = _name_of(host_header)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def is_forged(*, host: str, origin: str | None, fetch_site: str | None) -> bool:
    """Return whether a request that changes something was sent by somebody else's page.

    Browsers always send `Origin` with a POST; a request with neither header comes from a program, which has no
    cookies that a stranger could ride on.
    """
    if fetch_site is not None and fetch_site not in _OURS:
        return True
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != host.lower()
    except ValueError:
        return True


def is_local_path(target: str) -> bool:
    """Return whether a redirect to this stays on our own site; browsers read a backslash as a slash."""
    plain = target.isprintable() and "\\" not in target
    return plain and target.startswith("/") and not target.startswith("//")


def _name_of(host_header: str) -> str:
    try:
        return (urlsplit(f"//{host_header}").hostname or "").rstrip(".")
    except ValueError:
        return ""
