"""Contacts in a plain dictionary, and messages that show people."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from support.messages import NOON, a_message
from threadline_contracts.commands import ContactLinkRequested, ContactUnlinkRequested, IdentityName
from threadline_contracts.message import Assurance, Direction, Identity, InboundMessage, Party
from threadline_threads.clerk.contacts import People
from threadline_threads.clerk.deciding import link_contacts, unlink_identity
from threadline_threads.clerk.people import ContactRow, Owned
from threadline_threads.clerk.sightings import sightings
from threadline_threads.commands.command import CommandOutcome
from threadline_threads.identity import Customs
from threadline_threads.keys import contact_id
from threadline_threads.plan import Happening
from threadline_threads.reading import ContactLinkRecord

CUSTOMS = Customs(region="HR")
TICKET = UUID(int=7)


def shows(
    name: str,
    *identities: str,
    assurance: Assurance = Assurance.VERIFIED,
    minutes: int = 0,
    called: str = "",
    outbound: bool = False,
) -> InboundMessage:
    """Return a message whose sender (recipient, when `outbound`) shows identities: `email:ana@a.example`."""
    pairs = (text.partition(":") for text in identities)
    found = tuple(Identity(kind=kind, value=value, assurance=assurance, by="proof") for kind, _, value in pairs)
    person = Party(name=called, identities=found)
    return a_message(
        name,
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        sender=Party() if outbound else person,
        recipients=(person,) if outbound else (),
        received_at=NOON + timedelta(minutes=minutes),
    )


class Register:
    """What is stored of contacts: the plainest store there can be."""

    def __init__(self) -> None:
        self.contacts: dict[UUID, ContactRow] = {}
        self.identities: dict[str, Owned] = {}
        self.links: dict[tuple[str, str], ContactLinkRecord] = {}
        self.happenings: list[Happening] = []

    def see(self, *messages: InboundMessage) -> None:
        """Take in a batch of messages."""
        people = self._people()
        for message in messages:
            for sighting in sightings(message, TICKET, CUSTOMS):
                people.see(sighting)
        self._save(people)

    def link(self, one: str, other: str) -> CommandOutcome:
        """Let somebody link the contacts that two identities began."""
        people = self._people()
        asked = ContactLinkRequested(contact=contact_id("main", one), other=contact_id("main", other), by="agent:iva")
        outcome = link_contacts(asked, people)
        self._save(people)
        return outcome

    def unlink(self, contact: str, identity: str) -> CommandOutcome:
        """Let somebody say that an identity is not that of the contact which another began."""
        people = self._people()
        kind, _, value = identity.partition(":")
        name = IdentityName(kind=kind, value=value)
        asked = ContactUnlinkRequested(contact=contact_id("main", contact), identity=name, by="agent:iva", because="no")
        outcome = unlink_identity(asked, people)
        self._save(people)
        return outcome

    def partition(self) -> frozenset[frozenset[str]]:
        """Return which identities are one person's."""
        found: dict[UUID, set[str]] = {}
        for one in self.identities.values():
            found.setdefault(one.owner, set()).add(one.identity)
        return frozenset(map(frozenset, found.values()))

    def of(self, identity: str) -> set[str]:
        """Return the identities of a contact, by one of them."""
        return next(set(group) for group in self.partition() if identity in group)

    def _people(self) -> People:
        return People(
            "main", NOON, contacts=self.contacts.values(), owned=self.identities.values(), links=self.links.values()
        )

    def _save(self, people: People) -> None:
        self.contacts |= {row.id: row for row in people.changed_contacts()}
        self.identities |= {one.identity: one for one in people.changed_identities()}
        self.links |= {(link.one, link.other): link for link in people.changed_links()}
        self.happenings += people.happenings


def groups(*found: Iterable[str]) -> frozenset[frozenset[str]]:
    """Return a partition."""
    return frozenset(map(frozenset, found))


def in_batches(messages: Sequence[InboundMessage], sizes: Iterable[int]) -> Iterable[Sequence[InboundMessage]]:
    """Yield messages in batches of these sizes, the rest in one."""
    start = 0
    for size in sizes:
        yield messages[start : start + size]
        start += size
    yield messages[start:]
