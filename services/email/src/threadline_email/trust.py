"""How far a sender is proved: SMTP AUTH, the verdict of the operator's own mail exchanger, or our own check."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Assurance

RELAY_TRUSTED: Final = "trusted"  # the fact `relay`: the peer is one whose Authentication-Results may be believed
OURS: Final = "threadline"  # the authserv-id of what we checked ourselves; it is never read from a mail

_HEADER_MAX: Final = 8 * 1024
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')
_COMMENT: Final = re.compile(r"\([^()]*\)")
_COMMENT_DEPTH: Final = 8
_DMARC: Final = re.compile(r"\s*dmarc\s*(?:/\s*1\s*)?=\s*([a-z]+)\b", re.IGNORECASE)
# A From that every reader reads alike: one address, and no second @ anywhere.
_PLAIN_FROM: Final = re.compile(
    r"""(?:"[^"\\@]*"|[^"<>()@,:;\\])*<[^\s"<>()@,:;\\]+@[\w.-]+>|[^\s"<>()@,:;\\]+@[\w.-]+"""
)
_FROM_MAX: Final = 1000
_LABEL_MAX: Final = 63  # RFC 1035
_HEADER_FROM: Final = re.compile(r"\bheader\.from\s*=\s*([^\s;]+)", re.IGNORECASE)


class Proof(Struct, frozen=True):
    """An assurance and what it rests on."""

    assurance: Assurance
    by: str


BARE_FROM: Final = Proof(Assurance.ASSERTED, "from-header")


def prove(
    address: str, written: str, *, auth_user: str, results: Sequence[str], authserv_id: str, checked: str = ""
) -> Proof:
    """Return how far the From address is proved; `written` is the field that it was read from.

    `results` are the Authentication-Results fields, topmost first, given only when the relay that handed us the mail is
    trusted to have removed foreign ones: the first alone counts. `authserv_id` names whose verdict we believe (empty:
    nobody's). RFC 8601.
    `checked` is what our own check found, in the same form.
    """
    if auth_user and auth_user.casefold() == address.casefold():
        return Proof(Assurance.VERIFIED, "smtp-auth")
    domain = address.rpartition("@")[2]
    if authserv_id and results and (proof := _proof(_verdict(results[0], authserv_id, domain, written), "dmarc")):
        return proof
    return _proof(_verdict(checked, OURS, domain, written), "dmarc-check") or BARE_FROM


def _proof(verdict: str, by: str) -> Proof | None:
    """Return what a verdict proves; one that is none (none, temperror, permerror) proves nothing."""
    match verdict:
        case "pass":
            return Proof(Assurance.VERIFIED, by)
        case "fail":
            return Proof(Assurance.CLAIMED, by)
        case _:
            return None


def _verdict(results: str, authserv_id: str, domain: str, written: str) -> str:
    """Return the DMARC verdict of a field of the named one about a domain, or nothing.

    One that does not say whom it is about passes only a From in which nobody can see another address than we do.
    """
    verdicts = _said(results[:_HEADER_MAX], authserv_id)
    stated = next(((match[1].lower(), verdict) for verdict in verdicts if (match := _DMARC.match(verdict))), None)
    if stated is None:
        return ""
    result, verdict = stated
    if about := _HEADER_FROM.search(verdict):
        return result if _in_letters(about[1].strip('".')) == _in_letters(domain) else ""
    plain = len(written) <= _FROM_MAX and _PLAIN_FROM.fullmatch(written.strip()) is not None
    return result if plain or result != "pass" else ""


def _in_letters(domain: str) -> str:
    """Return a domain with its A-labels (RFC 5890) as the letters they stand for.

    Not the other way round: as ASCII, older rules take `ß` for `ss`, which is somebody else's domain.
    """
    return unicodedata.normalize("NFC", ".".join(map(_label, domain.lower().split("."))))


def _label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > _LABEL_MAX:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _said(results: str, authserv_id: str) -> list[str]:
    """Return the verdicts of a field; none when it is somebody else's.

    Comments and quoted strings may hold anything and are not read.
    """
    plain = _QUOTED.sub('""', results)
    for _ in range(_COMMENT_DEPTH):
        plain, count = _COMMENT.subn(" ", plain)
        if not count:
            break
    said_by, *verdicts = plain.split(";")
    ours = "(" not in plain and said_by.lower().split()[:1] == [authserv_id.lower()]
    return verdicts if ours else []
