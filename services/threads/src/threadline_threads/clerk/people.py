"""Contacts as they are stored, and as they are told: identities that links make one person's. Pure.

The contacts of a desk are the connected components of its links that nobody undid. A contact has the id of one of its
identities, its founder, for as long as that identity is its own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from threadline_contracts.contact import Contact, KnownIdentity
from threadline_contracts.message import Assurance
from threadline_threads.keys import contact_id
from threadline_threads.reading import ContactLinkRecord


class Owned(Struct, frozen=True):
    """An identity of the contact `owner`: the best assurance it was ever shown with, by `message`."""

    identity: str  # in its comparable form
    owner: UUID
    kind: str
    value: str  # as it was first written
    assurance: Assurance
    by: str
    since: datetime
    message: UUID | None

    @property
    def age(self) -> tuple[datetime, str]:
        """What tells the oldest."""
        return self.since, self.identity


class ContactRow(Struct, frozen=True):
    """A contact; one that is `part_of` another has no identities for now."""

    id: UUID
    desk: str
    name: str
    revision: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None = None
    part_of: UUID | None = None

    @property
    def age(self) -> tuple[datetime, UUID]:
        """What decides who stays when two are linked: the smallest is the oldest."""
        return self.created_at, self.id


def as_contact(row: ContactRow, owned: Iterable[Owned], links: Iterable[ContactLinkRecord]) -> Contact:
    """Return a contact as the bus and the console tell it, its founder first, then by age."""
    mine = sorted(owned, key=lambda one: (contact_id(row.desk, one.identity) != row.id, one.age))
    through = _reached([one.identity for one in mine], list(links))
    return Contact(
        id=row.id,
        desk=row.desk,
        name=row.name,
        revision=row.revision,
        identities=tuple(_known(one, through.get(one.identity)) for one in mine),
    )


def components(members: Collection[str], links: Iterable[ContactLinkRecord]) -> list[frozenset[str]]:
    """Return the parts of some identities that links hold together; undone links hold nothing."""
    group = {member: {member} for member in members}
    for link in links:
        if link.undone_at is None and link.one in group and link.other in group:
            both = group[link.one] | group[link.other]
            group.update(dict.fromkeys(both, both))
    return [frozenset(found) for found in {id(one): one for one in group.values()}.values()]


def _reached(members: Sequence[str], links: Sequence[ContactLinkRecord]) -> dict[str, ContactLinkRecord]:
    """Return by which link each identity belongs to the first one's contact."""
    ends: defaultdict[str, list[ContactLinkRecord]] = defaultdict(list)
    for link in sorted(links, key=lambda link: (link.at, link.one, link.other)):
        if link.undone_at is None:
            ends[link.one].append(link)
            ends[link.other].append(link)
    through: dict[str, ContactLinkRecord] = {}
    agenda = list(members[:1])
    for here in agenda:
        for link in ends[here]:
            there = link.other if link.one == here else link.one
            if there in members and there not in through and there != members[0]:
                through[there] = link
                agenda.append(there)
    return through


def _known(one: Owned, link: ContactLinkRecord | None) -> KnownIdentity:
    return KnownIdentity(
        kind=one.kind,
        value=one.value,
        assurance=one.assurance,
        by=one.by,
        since=one.since,
        linked_by=link.by if link else "",
        because=link.because if link else "",
    )
