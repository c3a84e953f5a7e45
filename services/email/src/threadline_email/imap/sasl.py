"""How a bearer token is shown to an IMAP server: XOAUTH2 (Google, Microsoft) and OAUTHBEARER (RFC 7628). Pure."""

from typing import Final, Literal

import msgspec
from msgspec import Struct
from typing_extensions import override

from threadline_shared.text import clean, cut

BearerMechanism = Literal["XOAUTH2", "OAUTHBEARER"]

_SEPARATOR: Final = "\x01"
# RFC 7628 3.2.3: the client answers an error challenge with a single %x01; XOAUTH2 with an empty response. Only then
# does the server say NO, and the connection stays usable.
_GIVING_UP: Final = {"XOAUTH2": b"", "OAUTHBEARER": b"\x01"}
_WORD_CHARS: Final = 80


class _Challenge(Struct, frozen=True):
    """What a server says about a token that it refuses; Google adds `schemes`, others `error`."""

    status: str = ""
    scope: str = ""


class BearerDialogue:
    """The client's side of one AUTHENTICATE: call it with each decoded challenge, send what it returns.

    `refused` is empty until the server refuses the token, then what it gave as the reason (`invalid_token` ...).
    """

    def __init__(self, mechanism: BearerMechanism, user: str, token: str, *, host: str = "", port: int = 0) -> None:
        self._mechanism: Final = mechanism
        self._first: bytes | None = initial_response(mechanism, user, token, host=host, port=port)
        self.refused = ""

    def __call__(self, challenge: bytes) -> bytes:
        """Return the next response."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        self.refused = read_refusal(challenge)
        return _GIVING_UP[self._mechanism]

    @override
    def __repr__(self) -> str:
        """Show no token."""
        return f"BearerDialogue({self._mechanism})"


def initial_response(mechanism: BearerMechanism, user: str, token: str, *, host: str = "", port: int = 0) -> bytes:
    """Return the first response, before base64.

    XOAUTH2: developers.google.com/gmail/imap/xoauth2-protocol. OAUTHBEARER: RFC 7628 3.1 behind a GS2 header (RFC 5801
    4), in which `=` and `,` of a name are escaped; host and port are told where they are known.
    """
    if mechanism == "XOAUTH2":
        return f"user={user}{_SEPARATOR}auth=Bearer {token}{_SEPARATOR}{_SEPARATOR}".encode()
    name = user.replace("=", "=3D").replace(",", "=2C")
    told = [f"host={host}"] * bool(host) + [f"port={port}"] * bool(port)
    return _SEPARATOR.join([f"n,a={name},", *told, f"auth=Bearer {token}", "", ""]).encode()


def read_refusal(challenge: bytes) -> str:
    """Return why a server refuses a token, from its JSON challenge (RFC 7628 3.2.2); never empty."""
    try:
        said = msgspec.json.decode(challenge, type=_Challenge, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "no reason given"
    words = [said.status, f"wants scope {said.scope}" if said.scope else ""]
    return cut(clean(", ".join(word for word in words if word)), _WORD_CHARS) or "no reason given"
