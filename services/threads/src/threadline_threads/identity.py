"""Who a person is, as comparable contacts. Pure; refuses to take a role or no-reply address for a person.

Matching too little opens a second ticket; matching too much lets a stranger in. So nothing is guessed: no plus-address
is cut off, no dot ignored unless the operator says so, and only differences that cannot name two mailboxes are folded.
The message keeps what was written; a contact is only the form that compares.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

import idna
from msgspec import Struct, field

from threadline_contracts.message import Assurance, Identity, IdentityKind, Party
from threadline_threads.phones import is_international, main_number, phone
from threadline_threads.roles import is_nobody, is_shared

Contact = str  # "email:ana@example.com": an identity kind and its normalised value

_EMAIL: Final = f"{IdentityKind.EMAIL}:"
_LONGEST: Final = 512  # characters of a contact: an index entry has its limits
_DOMAIN_MAX: Final = 253  # RFC 1035 2.3.4, without the dot at the end
_PHONE_LIKE: Final = re.compile(r"(?:tel:)?[+0-9][0-9\s().\-/]{5,}")
_VERIFIED: Final = frozenset({Assurance.VERIFIED})
_PROVED: Final = frozenset({Assurance.VERIFIED, Assurance.ASSERTED})
_ANY: Final = frozenset(Assurance)
_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


class Customs(Struct, frozen=True):
    """What an operator's settings say about identities.

    `own`: our mailboxes and lines. `shared`: several people's, so they link nobody. `region`: where a number without a
    country code belongs (ISO 3166-1, empty: nowhere), `regions`: the same for single accounts. `gmail_dots`: ignore
    the dots of Gmail addresses.
    """

    own: frozenset[Contact] = frozenset()
    shared: frozenset[Contact] = frozenset()
    region: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)
    gmail_dots: bool = False

    def region_of(self, account: str) -> str:
        """Return the region of an account's numbers."""
        return self.regions.get(account, self.region)

    def own_at(self, account: str) -> frozenset[Contact]:
        """Return what is ours for a message that came in by an account: that is ours too."""
        if not account:
            return self.own
        return with_account(self.own, account, self.region_of(account), gmail_dots=self.gmail_dots)


def contact(kind: str, value: str, *, region: str = "", gmail_dots: bool = False) -> Contact | None:
    """Return an identity as a comparable contact, or None when nothing is left of it."""
    match kind:
        case IdentityKind.EMAIL:
            normal = _without_gmail_dots(_email(value)) if gmail_dots else _email(value)
        case IdentityKind.PHONE:
            normal = phone(value, region)
        case _:
            normal = value.strip()
    if not normal:
        return None
    if "\n" in normal or len(normal) > _LONGEST:
        normal = f"sha256-{sha256(normal.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"{kind}:{normal}"


def contact_of(identity: Identity, customs: Customs, account: str = "") -> Contact | None:
    """Return an identity of a message that came in by an account as a comparable contact."""
    region = customs.region_of(account)
    return contact(identity.kind, identity.value, region=region, gmail_dots=customs.gmail_dots)


@lru_cache(maxsize=1024)
def with_account(
    own: frozenset[Contact], account: str, region: str = "", *, gmail_dots: bool = False
) -> frozenset[Contact]:
    """Return our mailboxes and lines, and the account that a message came in by."""
    return own | own_contacts([account], region, gmail_dots=gmail_dots)


def own_contacts(addresses: Iterable[str], region: str = "", *, gmail_dots: bool = False) -> frozenset[Contact]:
    """Return the contacts of mailboxes and phone numbers; `@shop.example` is every mailbox there, for an exclusion."""
    return frozenset(found for address in addresses for found in _either(address, region, gmail_dots=gmail_dots))


def people(party: Party, own: frozenset[Contact], *, proved: bool = False) -> tuple[Contact, ...]:
    """Return the contacts of a party that are persons: neither ours nor roles; `proved` leaves out claimed ones."""
    return persons(party, Customs(own=own), proved=proved)


def persons(party: Party, customs: Customs, *, account: str = "", proved: bool = False) -> tuple[Contact, ...]:
    """Return the contacts of a party that are persons: neither ours nor nobody's; `proved` leaves out claimed ones.

    `account`: by which the message came in; it is ours too, and its region is that of its numbers.
    """
    return _of(party, customs, account, _PROVED if proved else _ANY)


def verified(party: Party, customs: Customs, *, account: str = "") -> tuple[Contact, ...]:
    """Return those persons of a party that their channel proved."""
    return _of(party, customs, account, _VERIFIED)


def links_people(found: Contact, customs: Customs) -> bool:
    """Return whether a contact stands for one person, so that a proof of it links what else is known of them.

    Not ours, not a role in the broad sense (`info@`), nothing that the operator lists as shared, with what lies behind
    it: extensions of a listed number, plus-addresses of a listed mailbox, all mailboxes of a listed domain. Of phone
    numbers only international ones: extension 12 is somebody else in each telephone exchange.
    """
    kind, _, value = found.partition(":")
    match kind:
        case IdentityKind.EMAIL:
            known = {found, without_plus(found), f"{_EMAIL}@{value.rpartition('@')[2]}"}
            alone = not is_shared(value)
        case IdentityKind.PHONE:
            known = {found, main_number(found)}
            alone = is_international(value)
        case _:
            known, alone = {found}, True
    return alone and known.isdisjoint(customs.own) and known.isdisjoint(customs.shared)


def shown(person: Contact) -> str:
    """Return a contact as people read it."""
    return person.partition(":")[2]


def _either(address: str, region: str, *, gmail_dots: bool) -> Iterator[Contact]:
    """Yield the contact of a mailbox, a domain or a phone number."""
    address = address.strip()
    if address.startswith("@"):
        yield f"{_EMAIL}@{_domain(address[1:])}"
    elif found := contact(IdentityKind.EMAIL, address, gmail_dots=gmail_dots):
        yield found
    if _PHONE_LIKE.fullmatch(address) and (found := contact(IdentityKind.PHONE, address, region=region)):
        yield found


def _of(party: Party, customs: Customs, account: str, assured: frozenset[Assurance]) -> tuple[Contact, ...]:
    own = customs.own_at(account)
    found = (contact_of(identity, customs, account) for identity in party.identities if identity.assurance in assured)
    return tuple(dict.fromkeys(one for one in found if one and _is_person(one, own)))


def _is_person(found: Contact, own: frozenset[Contact]) -> bool:
    if found in own:
        return False
    return not found.startswith(_EMAIL) or not (is_nobody(shown(found)) or without_plus(found) in own)


def without_plus(address: Contact) -> Contact:
    """Return an e-mail contact without its plus-part: `support+tl-...@desk` is our mailbox `support@desk`."""
    local, _, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _without_gmail_dots(address: str) -> str:
    local, _, domain = address.rpartition("@")
    name, plus, tag = local.partition("+")
    return f"{name.replace('.', '')}{plus}{tag}@{domain}" if domain in _GMAIL else address


@lru_cache(maxsize=8192)
def _email(value: str) -> str:
    local, at, domain = unicodedata.normalize("NFC", value).strip().rpartition("@")
    # lower(), not casefold(): that would make one mailbox of `straße@` and `strasse@`.
    # NFC again: the lower-case form of a composed letter need not be composed.
    return (
        f"{unicodedata.normalize('NFC', local.strip().lower())}@{_domain(domain)}"
        if at and local and domain
        else unicodedata.normalize("NFC", domain.strip().lower())
    )


def _domain(domain: str) -> str:
    """Return a domain in the form the DNS knows (A-labels of IDNA 2008, mapped by UTS 46), however it was written."""
    lowered = domain.strip().rstrip(".").lower()
    if lowered.isascii() or len(lowered) > _DOMAIN_MAX:
        return lowered
    try:
        return idna.encode(lowered, uts46=True).decode()
    except idna.IDNAError:
        # Some mail systems take what the standard refuses (emoji, underscores); it still names one domain.
        return ".".join(_a_label(label) for label in lowered.replace("\u3002", ".").split("."))


def _a_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
