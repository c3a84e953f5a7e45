"""How far a sender is proved: SMTP AUTH, the verdict of the operator's own mail exchanger, or our own check."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Assurance

RELAY_TRUSTED: Final = "trusted"  # the fact `relay`: the peer is one whose Authentication-Results may be believed
OURS: Final = "threadline"  # the authserv-id of what we checked ourselves; it is never read from a mail

_HEADER_MAX: Final = 8 * 1024
_FIELDS_MAX: Final = 10
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')
_COMMENT: Final = re.compile(r"\([^()]*\)")
_COMMENT_DEPTH: Final = 8
_DMARC: Final = re.compile(r"\s*dmarc\s*(?:/\s*1\s*)?=\s*([a-z]+)\b", re.IGNORECASE)
_HEADER_FROM: Final = re.compile(r"\bheader\.from\s*=\s*([^\s;]+)", re.IGNORECASE)


class Proof(Struct, frozen=True):
    """An assurance and what it rests on."""

    assurance: Assurance
    by: str


BARE_FROM: Final = Proof(Assurance.ASSERTED, "from-header")


def prove(address: str, *, auth_user: str, results: Sequence[str], authserv_id: str, checked: str = "") -> Proof:
    """Return how far the From address is proved.

    `results` are the Authentication-Results fields, topmost first, given only when the relay that handed us the mail is
    trusted to have removed foreign ones; `authserv_id` names whose verdict we believe (empty: nobody's). RFC 8601.
    `checked` is what our own check found, in the same form.
    """
    if auth_user and auth_user.casefold() == address.casefold():
        return Proof(Assurance.VERIFIED, "smtp-auth")
    domain = address.rpartition("@")[2]
    if authserv_id and (proof := _proof(_verdict(results, authserv_id, domain), "dmarc")):
        return proof
    return _proof(_verdict([checked] if checked else [], OURS, domain), "dmarc-check") or BARE_FROM


def _proof(verdict: str, by: str) -> Proof | None:
    """Return what a verdict proves; one that is none (none, temperror, permerror) proves nothing."""
    match verdict:
        case "pass":
            return Proof(Assurance.VERIFIED, by)
        case "fail":
            return Proof(Assurance.CLAIMED, by)
        case _:
            return None


def _verdict(results: Sequence[str], authserv_id: str, domain: str) -> str:
    """Return the topmost DMARC verdict of the named one.

    An exchanger may write a field for each of its checks, one after the other; what stands below a foreign one came
    with the mail.
    """
    for value in results[:_FIELDS_MAX]:
        said = _said(value[:_HEADER_MAX], authserv_id)
        if said is None:
            return ""
        for verdict in said:
            if match := _DMARC.match(verdict):
                about = _HEADER_FROM.search(verdict)
                aligned = about is None or about[1].strip('".').lower() == domain.lower()
                return match[1].lower() if aligned else ""
    return ""


def _said(results: str, authserv_id: str) -> list[str] | None:
    """Return the verdicts of a field, or None when it is somebody else's.

    Comments and quoted strings may hold anything and are not read.
    """
    plain = _QUOTED.sub('""', results)
    for _ in range(_COMMENT_DEPTH):
        plain, count = _COMMENT.subn(" ", plain)
        if not count:
            break
    said_by, *verdicts = plain.split(";")
    ours = "(" not in plain and said_by.lower().split()[:1] == [authserv_id.lower()]
    return verdicts if ours else None
