"""Who a person is, as comparable contacts. Pure; refuses to take a role or no-reply address for a person.

Matching too little opens a second ticket; matching too much lets a stranger in. So nothing is guessed: no plus-address
is cut off, no dot ignored, and only differences that cannot name two mailboxes are folded.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final

from threadline_contracts.message import Assurance, Identity, IdentityKind, Party

Contact = str  # "email:ana@example.com": an identity kind and its normalised value

_LONGEST: Final = 512  # characters of a contact: an index entry has its limits
_PHONE_DECORATION: Final = re.compile(r"[\s().\-/]+")
# Nobody reads or writes there in person (RFC 2142, RFC 3834, and what list managers and mail systems use).
_ROLES: Final = frozenset(
    {"noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "dont-reply"}
    | {"mailer-daemon", "mailerdaemon", "postmaster", "bounce", "bounces", "root", "daemon", "nobody"}
    | {"listserv", "majordomo", "mailman", "undisclosed-recipients"}
)
_LIST_ENDINGS: Final = ("-bounces", "-bounce", "-request", "-owner", "-noreply", "-no-reply")


def contact(kind: str, value: str) -> Contact | None:
    """Return an identity as a comparable contact, or None when nothing is left of it."""
    match kind:
        case IdentityKind.EMAIL:
            normal = _email(value)
        case IdentityKind.PHONE:
            normal = _PHONE_DECORATION.sub("", value)
        case _:
            normal = value.strip()
    if not normal:
        return None
    if "\n" in normal or len(normal) > _LONGEST:
        normal = f"sha256-{sha256(normal.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"{kind}:{normal}"


@lru_cache(maxsize=1024)
def with_account(own: frozenset[Contact], account: str) -> frozenset[Contact]:
    """Return our mailboxes and the account that a message came in by."""
    return own | own_contacts([account])


def own_contacts(addresses: Iterable[str]) -> frozenset[Contact]:
    """Return the contacts of our own mailboxes."""
    return frozenset(found for address in addresses if (found := contact(IdentityKind.EMAIL, address)))


def people(party: Party, own: frozenset[Contact], *, proved: bool = False) -> tuple[Contact, ...]:
    """Return the contacts of a party that are persons: neither ours nor roles; `proved` leaves out claimed ones."""
    return tuple(
        dict.fromkeys(
            found
            for identity in party.identities
            if not (proved and identity.assurance is Assurance.CLAIMED) and (found := _person(identity, own))
        )
    )


def shown(person: Contact) -> str:
    """Return a contact as people read it."""
    return person.partition(":")[2]


def _person(identity: Identity, own: frozenset[Contact]) -> Contact | None:
    found = contact(identity.kind, identity.value)
    if found is None or found in own:
        return None
    if identity.kind == IdentityKind.EMAIL and (_is_role(found) or without_plus(found) in own):
        return None
    return found


def without_plus(address: Contact) -> Contact:
    """Return an e-mail contact without its plus-part: `support+tl-...@desk` is our mailbox `support@desk`."""
    local, _, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _is_role(address: Contact) -> bool:
    local = shown(address).rpartition("@")[0].partition("+")[0]
    return local in _ROLES or local.endswith(_LIST_ENDINGS) or local.startswith("owner-")


@lru_cache(maxsize=8192)
def _email(value: str) -> str:
    local, at, domain = unicodedata.normalize("NFC", value).strip().rpartition("@")
    # lower(), not casefold(): that would make one mailbox of `straße@` and `strasse@`.
    return f"{local.strip().lower()}@{_domain(domain)}" if at and local and domain else domain.lower()


def _domain(domain: str) -> str:
    """Return a domain in the form the DNS knows (IDNA A-labels), whichever form it was written in."""
    lowered = domain.strip().rstrip(".").lower().replace("\u3002", ".")  # RFC 3490 3.1: the ideographic full stop
    if lowered.isascii():
        return lowered
    return ".".join(_a_label(label) for label in lowered.split("."))


def _a_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
