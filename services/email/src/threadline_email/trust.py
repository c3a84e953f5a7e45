"""How far a sender is proved: SMTP AUTH, or the verdict of the operator's own mail exchanger. Nothing else counts."""

import re
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Assurance

RELAY_TRUSTED: Final = "trusted"  # the fact `relay`: the peer is one whose Authentication-Results may be believed

_HEADER_MAX: Final = 8 * 1024
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')
_COMMENT: Final = re.compile(r"\([^()]*\)")
_COMMENT_DEPTH: Final = 8
_DMARC: Final = re.compile(r"\s*dmarc\s*=\s*([a-z]+)\b", re.IGNORECASE)
_HEADER_FROM: Final = re.compile(r"\bheader\.from\s*=\s*([^\s;]+)", re.IGNORECASE)


class Proof(Struct, frozen=True):
    """An assurance and what it rests on."""

    assurance: Assurance
    by: str


BARE_FROM: Final = Proof(Assurance.ASSERTED, "from-header")


def prove(address: str, *, auth_user: str, results: str, authserv_id: str) -> Proof:
    """Return how far the From address is proved.

    `results` is the topmost Authentication-Results, given only when the relay that handed us the mail is trusted to
    have removed foreign ones; `authserv_id` names whose verdict we believe (empty: nobody's). RFC 8601.
    """
    if auth_user and auth_user.casefold() == address.casefold():
        return Proof(Assurance.VERIFIED, "smtp-auth")
    match _dmarc(results[:_HEADER_MAX], authserv_id, address.rpartition("@")[2]) if authserv_id and results else "":
        case "pass":
            return Proof(Assurance.VERIFIED, "dmarc")
        case "fail":
            return Proof(Assurance.CLAIMED, "dmarc")
        case _:
            return BARE_FROM


def _dmarc(results: str, authserv_id: str, domain: str) -> str:
    """Return the DMARC verdict on this domain; comments and quoted strings may hold anything and are not read."""
    plain = _QUOTED.sub('""', results)
    for _ in range(_COMMENT_DEPTH):
        plain, count = _COMMENT.subn(" ", plain)
        if not count:
            break
    said_by, *verdicts = plain.split(";")
    if "(" in plain or said_by.lower().split()[:1] != [authserv_id.lower()]:
        return ""
    for verdict in verdicts:
        if match := _DMARC.match(verdict):
            about = _HEADER_FROM.search(verdict)
            aligned = about is None or about[1].strip('".').lower() == domain.lower()
            return match[1].lower() if aligned else ""
    return ""
