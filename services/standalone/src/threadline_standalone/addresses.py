"""Where the gateway listens, as the settings say: for the process that listens, and for whoever wants to reach it."""

import errno
import socket
from collections.abc import Mapping

from msgspec import Struct

from threadline_contracts.errors import SettingsError
from threadline_email.settings import read_settings
from threadline_shared.http_settings import HttpSettings
from threadline_shared.settings import load


class Addresses(Struct, frozen=True, kw_only=True):
    """The listeners of a standalone gateway (`smtp` is None where that door is off), and the token that guards it."""

    http: tuple[str, int]
    smtp: tuple[str, int] | None
    api_token: str

    @property
    def url(self) -> str:
        """The base URL by which this machine reaches the gateway."""
        host, port = reachable(self.http)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def addresses(env: Mapping[str, str]) -> Addresses:
    """Return the addresses. Raises SettingsError, also where strangers could reach a gateway that no token guards."""
    http, mail = load(HttpSettings, env), read_settings(env)
    door = (mail.smtp_host, mail.smtp_port) if mail.smtp_mode != "off" else None
    return Addresses(http=(http.http_host, http.http_port), smtp=door, api_token=http.api_token)


def refuse_taken(found: Addresses) -> None:
    """Raise SettingsError when another process listens on one of our ports, or the address is not this machine's."""
    for name, listener in (("THREADLINE_HTTP", found.http), ("THREADLINE_SMTP", found.smtp)):
        if listener is None:
            continue
        host, port = listener
        if problem := unusable(host, port):
            raise SettingsError(f"{name}_PORT: {host}:{port} {problem}; choose another with {name}_PORT or {name}_HOST")


def unusable(host: str, port: int) -> str:
    """Return why nobody can listen there now, or an empty string."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except OSError as err:
        return "is taken by another process" if err.errno == errno.EADDRINUSE else f"cannot be used ({err.strerror})"
    return ""


def free_port(host: str) -> int:
    """Return a port that was free a moment ago."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def reachable(listener: tuple[str, int]) -> tuple[str, int]:
    """Return where to connect to: the wildcard is a listener's address, and no destination."""
    host, port = listener
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound
