"""A ticket as `threads` keeps it: the header that the bus tells, and what its conversation's list row needs. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.message import Direction, InboundMessage, Party
from threadline_contracts.ticket import Link, Status, TicketHeader
from threadline_shared.text import cut
from threadline_threads.keys import ticket_id

# An event holds a header beside a message of up to 48 KiB, within 64 KiB: so every list and text of it is bounded.
SUBJECT_CHARACTERS: Final = 200
NAME_CHARACTERS: Final = 120
MAX_IDENTITIES: Final = 3
IDENTITY_BYTES: Final = 512  # a longer one is no address that anybody could write to
MAX_NAMES: Final = 12  # channels, and accounts
MAX_LINKS: Final = 5  # the newest; the conversation has all


class Ticket(Struct, kw_only=True):
    """A ticket under way; `active_at` and `last_message` are those of the whole conversation, kept on its root."""

    id: UUID
    desk: str
    reference: str
    root: UUID
    status: Status
    revision: int
    subject: str
    channels: tuple[str, ...]
    accounts: tuple[str, ...]
    message_count: int
    contact: Party
    created_at: datetime
    updated_at: datetime
    active_at: datetime
    last_message: UUID
    follows: UUID | None = None
    followed_by: UUID | None = None
    solved_at: datetime | None = None
    links: tuple[Link, ...] = ()

    @property
    def age(self) -> tuple[datetime, UUID]:
        """What decides who stays root: the older, then the smaller id."""
        return self.created_at, self.id

    def add(self, message: InboundMessage, now: datetime) -> None:
        """Count a message in."""
        self.message_count += 1
        self.channels = _with(self.channels, message.channel)
        self.accounts = _with(self.accounts, cut(message.account, NAME_CHARACTERS) if message.account else "")
        self.revise(now)

    def be_active(self, message: InboundMessage, now: datetime) -> None:
        """Come to the top of the list; with what is imported, only to where its own time puts it."""
        at = message.received_at if message.backfill else now
        if message.backfill and at < self.active_at:
            return
        self.active_at, self.last_message = at, message.id
        if message.backfill and self.solved_at:
            self.solved_at = max(self.solved_at, at)  # nobody solved it before its last message

    def revise(self, now: datetime) -> None:
        """Become the next revision."""
        self.revision += 1
        self.updated_at = now

    def header(self) -> TicketHeader:
        """Return the ticket as the bus tells it."""
        return TicketHeader(
            id=self.id,
            root=self.root,
            reference=self.reference,
            desk=self.desk,
            revision=self.revision,
            status=self.status,
            subject=self.subject,
            channels=self.channels,
            accounts=self.accounts,
            message_count=self.message_count,
            contact=self.contact,
            created_at=self.created_at,
            updated_at=self.updated_at,
            links=self.links[-MAX_LINKS:],
            follows=self.follows,
            followed_by=self.followed_by,
            solved_at=self.solved_at,
        )


def open_ticket(message: InboundMessage, now: datetime) -> Ticket:
    """Return the ticket that a message opens, still without it. One that is imported is solved: nobody waits for us."""
    new = ticket_id(message.id)
    imported = message.received_at if message.backfill else None
    return Ticket(
        id=new,
        desk=message.desk,
        reference=message.reference,
        root=new,
        status=Status.SOLVED if imported else Status.OPEN,
        revision=0,
        subject=cut(message.subject, SUBJECT_CHARACTERS),
        channels=(),
        accounts=(),
        message_count=0,
        contact=_contact(message),
        created_at=now,
        updated_at=now,
        active_at=imported or now,
        last_message=message.id,
        solved_at=imported,
    )


def _contact(message: InboundMessage) -> Party:
    """Return whom the ticket is about: who wrote, or to whom we did."""
    ours = message.direction is Direction.OUTBOUND and message.recipients
    party = message.recipients[0] if ours else message.sender
    name = cut(party.name, NAME_CHARACTERS) if party.name else ""
    usable = [identity for identity in party.identities if len(identity.value.encode()) <= IDENTITY_BYTES]
    return Party(name=name, identities=tuple(usable[:MAX_IDENTITIES]))


def _with(names: Sequence[str], name: str) -> tuple[str, ...]:
    if not name or name in names or len(names) >= MAX_NAMES:
        return tuple(names)
    return (*names, name)
