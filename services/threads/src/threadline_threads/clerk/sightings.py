"""Whom a message shows, and how far it proves that. Pure; it depends on the message and our settings alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.message import Assurance, AutomationKind, Direction, InboundMessage, Party
from threadline_threads.identity import Contact, Customs, contact_of, links_people, persons

MAX_PARTIES: Final = 100  # recipients of a message of ours that become contacts
RANKS: Final = {Assurance.CLAIMED: 0, Assurance.ASSERTED: 1, Assurance.VERIFIED: 2}
_NOBODY: Final = frozenset({AutomationKind.OWN, AutomationKind.BOUNCE, AutomationKind.BULK})


class Shown(Struct, frozen=True):
    """An identity that a message shows, in its comparable form; `proves`: a verified sender's, for one person."""

    identity: Contact
    kind: str
    value: str
    assurance: Assurance
    by: str
    proves: bool


class Sighting(Struct, frozen=True):
    """One person that a message shows, in one or more ways."""

    message: InboundMessage
    ticket: UUID  # where the message is
    name: str
    shown: tuple[Shown, ...]

    @property
    def at(self) -> datetime:
        """When it was."""
        return self.message.received_at

    @property
    def proved(self) -> list[Contact]:
        """Return what it proves to be one person's, in one order whatever the order of the message."""
        return sorted(one.identity for one in self.shown if one.proves)


def sightings(message: InboundMessage, ticket: UUID, customs: Customs) -> Iterator[Sighting]:
    """Yield who wrote it, or to whom we did."""
    if message.automation.kind in _NOBODY:
        return
    ours = message.direction is Direction.OUTBOUND
    for party in message.recipients[:MAX_PARTIES] if ours else (message.sender,):
        if shown := _shown(party, message.account, customs, speaks=not ours):
            yield Sighting(message, ticket, party.name, shown)


def _shown(party: Party, account: str, customs: Customs, *, speaks: bool) -> tuple[Shown, ...]:
    allowed = persons(party, customs, account=account)
    best: dict[Contact, Shown] = {}
    for identity in party.identities:
        found = contact_of(identity, customs, account)
        if found not in allowed or (found in best and _rank(best[found]) >= RANKS[identity.assurance]):
            continue
        proves = speaks and identity.assurance is Assurance.VERIFIED and links_people(found, customs)
        best[found] = Shown(found, identity.kind, identity.value, identity.assurance, identity.by, proves)
    return tuple(best.values())


def _rank(one: Shown) -> int:
    return RANKS[one.assurance]
