"""Contacts under way: what messages show of people, and what people decide about them. Pure.

What links may ever join only grows, until somebody undoes a link: so without that, the order of messages and links
does not matter. What was undone, rules never join again, by whatever way round.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from msgspec.structs import replace

from threadline_contracts.contact import Contact, ContactLinked
from threadline_contracts.ids import show_reference
from threadline_contracts.security import SecuritySignal
from threadline_contracts.topology import EventType
from threadline_threads.clerk.people import ContactRow, Owned, as_contact
from threadline_threads.clerk.sightings import RANKS, Shown, Sighting
from threadline_threads.identity import shown as readable
from threadline_threads.keys import contact_id
from threadline_threads.plan import Happening
from threadline_threads.reading import ContactLinkRecord

BY_RULE: Final = "threads"
MOST_TOLD: Final = 40  # identities of a contact in an event, which has its limits; the console shows all
_CONFLICT: Final = 1  # tells the signal from another of the same kind about the same message
Pair = tuple[str, str]  # two identities, the smaller first
_K = TypeVar("_K")
_V = TypeVar("_V")


class People:
    """The contacts of a desk that something is about to change, whole, and what has changed so far."""

    def __init__(
        self,
        desk: str,
        now: datetime,
        *,
        contacts: Iterable[ContactRow] = (),
        owned: Iterable[Owned] = (),
        links: Iterable[ContactLinkRecord] = (),
    ) -> None:
        self.desk = desk
        self.now = now
        self.contacts = {row.id: row for row in contacts}
        self.identities = {one.identity: one for one in owned}
        self.links = {(link.one, link.other): link for link in links}
        self.happenings: list[Happening] = []
        self._before = dict(self.contacts), dict(self.identities), dict(self.links)
        self._at: defaultdict[str, set[Pair]] = defaultdict(set)
        for pair in self.links:
            self._index(pair)

    def see(self, sighting: Sighting) -> None:
        """Take in whom a message shows; link what it proves to be one person's."""
        for one in sighting.shown:
            self._meet(one, sighting)
        proved = sighting.proved
        for other in proved[1:]:
            self._link_by_rule(proved[0], other, sighting)

    def join(self, link: ContactLinkRecord) -> bool:
        """Keep a link that holds; return whether it made one contact of two."""
        self._keep(link)
        keep, gone = self._owner(link.one), self._owner(link.other)
        if keep.id == gone.id:
            return False
        keep, gone = sorted((keep, gone), key=lambda row: row.age)
        self.revise(replace(gone, part_of=keep.id))
        self._give([one.identity for one in self.owned(gone.id)], keep.id)
        keep = self.revise(replace(keep, name=keep.name or gone.name))
        told = ContactLinked(contact=self.contact(keep.id), other=gone.id, by=link.by, because=link.because)
        self.happenings.append(Happening(EventType.CONTACT_LINKED, keep.id, keep.revision, link.message, told))
        return True

    def undo(self, pair: Pair, by: str, because: str) -> None:
        """Undo a link, or forbid one that there never was."""
        link = self.links.get(pair) or ContactLinkRecord(one=pair[0], other=pair[1], by="", because="", at=self.now)
        self._keep(replace(link, undone_by=by, undone_because=because, undone_at=self.now, contested=None))

    def move(self, identities: Iterable[str], contact: UUID) -> None:
        """Give identities to a contact that has none of its own: a part of another so far, or a new one."""
        self._give(identities, contact)
        row = self.contacts.get(contact) or ContactRow(contact, self.desk, "", 0, self.now, self.now)
        self.revise(replace(row, part_of=None))

    def revise(self, row: ContactRow) -> ContactRow:
        """Make the next revision of a contact."""
        new = self.contacts[row.id] = replace(row, revision=row.revision + 1, updated_at=self.now)
        return new

    def owned(self, contact: UUID) -> list[Owned]:
        """Return the identities of a contact."""
        return [one for one in self.identities.values() if one.owner == contact]

    def contact(self, contact: UUID) -> Contact:
        """Return a contact as an event tells it."""
        whole = as_contact(self.contacts[contact], self.owned(contact), self.links_of(self.owned(contact)))
        return replace(whole, identities=whole.identities[:MOST_TOLD])

    def links_of(self, owned: Iterable[Owned]) -> list[ContactLinkRecord]:
        """Return the links with one of these identities at an end."""
        return [self.links[pair] for pair in sorted({pair for one in owned for pair in self._at[one.identity]})]

    def changed_contacts(self) -> list[ContactRow]:
        """Return the contacts to save."""
        return _changed(self.contacts, self._before[0])

    def changed_identities(self) -> list[Owned]:
        """Return the identities to save."""
        return _changed(self.identities, self._before[1])

    def changed_links(self) -> list[ContactLinkRecord]:
        """Return the links to save."""
        return _changed(self.links, self._before[2])

    def _give(self, identities: Iterable[str], contact: UUID) -> None:
        """Let identities be a contact's, and the contacts that they were a part of it."""
        for identity in identities:
            self.identities[identity] = replace(self.identities[identity], owner=contact)
            former = self.contacts.get(contact_id(self.desk, identity))
            if former and former.id != contact:
                self.contacts[former.id] = replace(former, part_of=contact)

    def _meet(self, one: Shown, sighting: Sighting) -> None:
        known = self.identities.get(one.identity)
        owner = known.owner if known else contact_id(self.desk, one.identity)
        new = _better(known, one, sighting, owner)
        row = self.contacts.get(owner)
        if row is None:
            row = ContactRow(owner, self.desk, "", 0, sighting.at, self.now)
        named = row.name or sighting.name
        if new != known or named != row.name:
            self.identities[one.identity] = new
            self.revise(replace(row, name=named, erased_at=None))

    def _link_by_rule(self, one: str, other: str, sighting: Sighting) -> None:
        pair = min(one, other), max(one, other)
        known = self.links.get(pair)
        if known and known.undone_at is None:
            return
        if forbidden := self._forbidden(pair):
            self._contest(forbidden, sighting)
            return
        if known is None:  # an undone one whose ends are one person's by another way stays undone
            number = show_reference(sighting.message.reference)
            because = f"Message {number} shows both, each proved by its channel."
            link = ContactLinkRecord(
                one=pair[0], other=pair[1], by=BY_RULE, because=because, at=self.now, message=sighting.message.id
            )
            self.join(link)

    def _forbidden(self, pair: Pair) -> list[ContactLinkRecord]:
        """Return the undone links between the contacts of two identities."""
        owners = {self.identities[end].owner for end in pair}
        if len(owners) == 1:
            return []
        near = self.links_of(one for owner in owners for one in self.owned(owner))
        undone = (link for link in near if link.undone_at is not None)
        return [link for link in undone if {self._owner_of(link.one), self._owner_of(link.other)} == owners]

    def _contest(self, forbidden: Sequence[ContactLinkRecord], sighting: Sighting) -> None:
        """Tell, once, that a message proves what somebody undid."""
        news = [link for link in forbidden if link.contested is None]
        for link in news:
            self._keep(replace(link, contested=sighting.message.id))
        if news:
            self.happenings.append(_conflict(news[0], sighting))

    def _keep(self, link: ContactLinkRecord) -> None:
        self.links[link.one, link.other] = link
        self._index((link.one, link.other))

    def _index(self, pair: Pair) -> None:
        for end in pair:
            self._at[end].add(pair)

    def _owner(self, identity: str) -> ContactRow:
        return self.contacts[self.identities[identity].owner]

    def _owner_of(self, identity: str) -> UUID | None:
        known = self.identities.get(identity)
        return known.owner if known else None


def _better(known: Owned | None, one: Shown, sighting: Sighting, owner: UUID) -> Owned:
    """Return an identity with the best that is known of it: its first sight, and its best proof."""
    message = sighting.message.id
    if known is None:
        return Owned(one.identity, owner, one.kind, one.value, one.assurance, one.by, sighting.at, message)
    if RANKS[one.assurance] > RANKS[known.assurance]:
        known = replace(known, assurance=one.assurance, by=one.by, message=message)
    return replace(known, since=sighting.at, value=one.value) if sighting.at < known.since else known


def _conflict(link: ContactLinkRecord, sighting: Sighting) -> Happening:
    message = sighting.message
    because = (
        f"Its sender proves to be {readable(link.one)} and {readable(link.other)}, "
        f"but {link.undone_by} said that these are two persons: they stay apart."
    )
    signal = SecuritySignal(
        message_id=message.id,
        desk=message.desk,
        channel=message.channel,
        account=message.account,
        ticket=sighting.ticket,
        because=because,
        evidence=(link.one, link.other),
    )
    return Happening(EventType.SECURITY_IDENTITY_CONFLICT, message.id, _CONFLICT, message.id, signal)


def _changed(now: dict[_K, _V], before: dict[_K, _V]) -> list[_V]:
    return [value for key, value in now.items() if before.get(key) != value]
