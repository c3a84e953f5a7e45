"""A clerk over a store on either database, and messages that have something in common."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from support.messages import NOON, a_message
from support.threads import ACCOUNTS, TERMS
from support.threads_house import House
from threadline_contracts.codec import decode, decode_data
from threadline_contracts.message import Assurance, Evidence, Identity, InboundMessage, Party
from threadline_contracts.ticket import MergeSuggested, Suggestion, SuggestionSettled
from threadline_contracts.topology import EventType
from threadline_shared.health import component
from threadline_threads.clerk.job import Clerk
from threadline_threads.numbers import packaged_patterns
from threadline_threads.policy_settings import PolicyRow, policy_of
from threadline_threads.terms import Terms

CLERK_TERMS: Final = replace(TERMS, policy=policy_of((), packaged_patterns()))
_SHAPES: Final[Mapping[str, type[MergeSuggested | SuggestionSettled]]] = {
    EventType.TICKET_MERGE_SUGGESTED: MergeSuggested,
    EventType.TICKET_SUGGESTION_SETTLED: SuggestionSettled,
}


def terms_with(*rows: PolicyRow) -> Terms:
    """Return the default policy behind some rows."""
    return replace(TERMS, policy=policy_of(rows, packaged_patterns()))


def written(
    name: str,
    *identities: str,
    assurance: Assurance = Assurance.VERIFIED,
    minutes: int = 0,
    subject: str = "",
    text: str = "",
    cites: Sequence[str] = (),
    desk: str = "main",
    cc: Sequence[str] = (),
) -> InboundMessage:
    """Return a message whose sender shows identities: `email:ana@a.example`."""
    return a_message(
        name,
        desk=desk,
        account=ACCOUNTS[0],
        external_id=f"{name}@example.org",
        sender=Party(identities=tuple(an_identity(one, assurance) for one in identities)),
        recipients=tuple(Party(identities=(an_identity(f"email:{one}", Assurance.CLAIMED),)) for one in cc),
        subject=subject,
        text=text or f"About {name}.",
        evidence=Evidence(references=tuple(f"{cited}@example.org" for cited in cites)),
        sent_at=NOON + timedelta(minutes=minutes),
        received_at=NOON + timedelta(minutes=minutes),
    )


def an_identity(text: str, assurance: Assurance) -> Identity:
    """Return an identity: `phone:+385912345678`."""
    kind, _, value = text.partition(":")
    return Identity(kind=kind, value=value, assurance=assurance, by="proof")


class Office:
    """A house with a clerk."""

    def __init__(self, house: House, terms: Terms = CLERK_TERMS) -> None:
        self.house = house
        self.clerk = Clerk(house.store, terms, component("threads/clerk under test"))

    async def take(self, *messages: InboundMessage, bites: int = 100) -> None:
        """Place messages one by one, the clerk behind each of them."""
        for message in messages:
            await self.house.place(message)
            await self.catch_up(bites)

    async def catch_up(self, bites: int = 100) -> None:
        """Let the clerk deal with all events, and with those that this brings."""
        await self.house.announce()
        while await self.clerk.step(bites):
            await self.house.announce()

    async def open(self) -> list[Suggestion]:
        """Return the open suggestions, newest first."""
        return [view.suggestion for view in (await self.house.reader.suggestions()).items]

    async def told(self) -> list[Suggestion]:
        """Return what every event said of suggestions, in order."""
        return [
            decode_data(decode(event.body), _SHAPES[event.type]).suggestion
            for event in await self.house.history()
            if event.type in _SHAPES
        ]

    async def home(self, message: InboundMessage) -> UUID:
        """Return the home ticket of a message."""
        (trace,) = await self.house.reader.trace(str(message.id))
        return trace.ticket


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
