"""What people decide about contacts: two are one person, or an identity is somebody else's. Pure."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from threadline_contracts.commands import Answer, ContactLinkRequested, ContactUnlinkRequested, IdentityName
from threadline_contracts.contact import ContactUnlinked
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import IdentityKind
from threadline_contracts.topology import EventType
from threadline_threads.clerk.contacts import Pair, People
from threadline_threads.clerk.people import ContactRow, Owned, components
from threadline_threads.commands.command import CommandOutcome
from threadline_threads.identity import Contact, contact
from threadline_threads.keys import contact_id
from threadline_threads.plan import Happening
from threadline_threads.reading import ContactLinkRecord

OF_CONTACTS: Final = (ContactLinkRequested, ContactUnlinkRequested)
_DIGITS: Final = 6  # of a phone number that tell it from the others of a contact


def named(asked: object) -> tuple[UUID, ...]:
    """Return the contacts that a command names."""
    match asked:
        case ContactLinkRequested():
            return asked.contact, asked.other
        case ContactUnlinkRequested():
            return (asked.contact,)
        case _:
            return ()


def decide(asked: object, people: People | None) -> CommandOutcome:
    """Return what a command about contacts comes to; what it changes is in `people` (None: they are of two desks)."""
    match asked:
        case _ if people is None:
            return _refused("The two belong to different desks.")
        case ContactLinkRequested():
            return link_contacts(asked, people)
        case ContactUnlinkRequested():
            return unlink_identity(asked, people)
        case _:
            raise MalformedInputError("not a command about contacts")


def link_contacts(asked: ContactLinkRequested, people: People) -> CommandOutcome:
    """Make one contact of two, whatever was undone between them."""
    rows = [_present(people, contact) for contact in (asked.contact, asked.other)]
    one, other = rows
    if one is None or other is None:
        return _refused(f"There is no contact {asked.contact if one is None else asked.other} here.")
    if one.id == other.id:
        return CommandOutcome(answer=Answer.UNCHANGED, because="The two are one contact already.")
    ends = sorted(_founder(row, people.owned(row.id)) for row in (one, other))
    because = asked.because or f"{asked.by} linked them."
    people.join(ContactLinkRecord(one=ends[0], other=ends[1], by=asked.by, because=because, at=people.now))
    return CommandOutcome(answer=Answer.DONE, because="The two are one contact now.")


def unlink_identity(asked: ContactUnlinkRequested, people: People) -> CommandOutcome:
    """Give an identity a contact of its own, and with it what belongs to this contact through it alone."""
    row = _present(people, asked.contact)
    if row is None:
        return _refused(f"There is no contact {asked.contact} here.")
    owned = people.owned(row.id)
    identity = _named(asked.identity, owned)
    if identity is None:
        return _refused("This contact has no such identity.")
    if len(owned) == 1:
        return CommandOutcome(answer=Answer.UNCHANGED, because="It is a contact of its own already.")
    because = asked.because or f"{asked.by} unlinked it."
    leaving, staying = _parts(row, owned, identity, people)
    for pair in _ties(identity, staying, people):
        people.undo(pair, asked.by, because)
    _separate(row, leaving, staying, people, asked.by, because)
    return CommandOutcome(answer=Answer.DONE, because="It is another contact's now.")


def _present(people: People, contact: UUID) -> ContactRow | None:
    """Return a contact that somebody names, or the one it is part of; None for one that is not, or is forgotten."""
    row = people.contacts.get(contact)
    while row and row.part_of and row.part_of != row.id:
        row = people.contacts.get(row.part_of)
    return row if row and row.erased_at is None and people.owned(row.id) else None


def _founder(row: ContactRow, owned: Iterable[Owned]) -> Contact:
    oldest_first = sorted(owned, key=lambda one: (contact_id(row.desk, one.identity) != row.id, one.age))
    return oldest_first[0].identity


def _named(name: IdentityName, owned: Iterable[Owned]) -> Contact | None:
    """Return the identity that somebody names, however it is written: a phone number even without its country code."""
    forms = {contact(name.kind, name.value), contact(name.kind, name.value, gmail_dots=True)}
    digits = "".join(filter(str.isdigit, name.value)).lstrip("0") if name.kind == IdentityKind.PHONE else ""
    for one in owned:
        if one.identity in forms or (one.kind, one.value) == (name.kind, name.value):
            return one.identity
        if len(digits) >= _DIGITS and one.kind == name.kind and one.identity.endswith(digits):
            return one.identity
    return None


def _parts(
    row: ContactRow, owned: Iterable[Owned], identity: Contact, people: People
) -> tuple[frozenset[Contact], frozenset[Contact]]:
    """Return what leaves with an identity, and what stays: of the rest, the part with the founder (else the oldest)."""
    others = {one.identity: one for one in owned if one.identity != identity}
    rest = components(others, people.links_of(others.values()))
    founder = _founder(row, others.values())
    staying = next(part for part in rest if founder in part)
    return frozenset({identity, *others} - staying), staying


def _ties(identity: Contact, staying: frozenset[Contact], people: People) -> list[Pair]:
    """Return the links to undo: those between an identity and what stays; at least one, so that no rule links them."""
    near = people.links_of([people.identities[identity]])
    live = [(link.one, link.other) for link in near if link.undone_at is None]
    ties = [pair for pair in live if staying & {*pair}]
    first = min(staying)
    return ties or [(min(identity, first), max(identity, first))]


def _separate(
    row: ContactRow, leaving: frozenset[Contact], staying: frozenset[Contact], people: People, by: str, because: str
) -> None:
    """Make two contacts of one: the group with its founder keeps it."""
    founded = {one for one in (*leaving, *staying) if contact_id(row.desk, one) == row.id}
    moving = staying if founded & leaving else leaving
    first = min((people.identities[one] for one in moving), key=lambda one: one.age)
    new = contact_id(row.desk, first.identity)
    people.move(moving, new)
    row = people.revise(row)
    told = ContactUnlinked(contact=people.contact(row.id), other=people.contact(new), by=by, because=because)
    people.happenings.append(Happening(EventType.CONTACT_UNLINKED, row.id, row.revision, None, told))


def _refused(because: str) -> CommandOutcome:
    return CommandOutcome(answer=Answer.REFUSED, because=because)
