"""What the handler and the relay ask of a database. Two implementations pass one conformance suite."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from threadline_threads.commands.command import Command, CommandOutcome
from threadline_threads.commands.facts import Reread
from threadline_threads.incoming import Incoming
from threadline_threads.plan import Placed
from threadline_threads.reasons import Reason
from threadline_threads.store.clerk_protocol import ClerkStore
from threadline_threads.upkeep import Upkeep


class Outcome(Struct, frozen=True):
    """What one batch came to: messages placed (or revised), repeats without effect, and events to announce."""

    placed: Sequence[Placed]
    repeats: int
    events: int


class Unsent(Struct, frozen=True):
    """An event that waits to be announced."""

    number: int
    event_id: str
    type: str
    body: bytes


class Backlog(Struct, frozen=True):
    """How many events wait, and since when the oldest of them."""

    events: int
    since: datetime | None


class Claim(Protocol):
    """Events that nobody else announces while we hold them."""

    @property
    def events(self) -> Sequence[Unsent]:
        """The claimed events, in commit order."""

    async def sent(self, events: Sequence[Unsent]) -> None:
        """Note that the bus confirmed these."""


class Outbox(Protocol):
    """The announcing half of a store. Every method raises TemporaryError when the database is away."""

    def claim(self, limit: int) -> AbstractAsyncContextManager[Claim]:
        """Take up to `limit` events to announce, in commit order; at the end, those not sent are free again.

        An error inside may undo what was noted as sent.
        """

    async def backlog(self) -> Backlog:
        """Return what waits."""


class Store(Outbox, ClerkStore, Upkeep, Protocol):
    """A database of tickets."""

    async def place(self, batch: Sequence[Incoming], now: datetime) -> Outcome:
        """Place a batch, durably, with everything that follows from it.

        Raises TemporaryError when the database is away (nothing of it happened, or all of it will be a repeat), and
        MalformedInputError when a message cannot be stored.
        """

    async def carry_out(self, command: Command, now: datetime, reread: Reread) -> CommandOutcome | None:
        """Carry a command out once and answer it, durably; one asked before changes nothing.

        None: it began a task that takes longer, and is answered when that is done.
        `reread` returns a stored message (its JSON) as it came in. Raises TemporaryError when the database is away, and
        MalformedInputError when what it asks cannot be stored; then nothing of it happened, and it is not answered.
        """

    async def join(self, one: UUID, other: UUID, reason: Reason, now: datetime) -> bool:
        """Make one conversation of those of two tickets by a rule, or of what follows these, and tell so.

        False: they are one already, are in two desks, somebody keeps them apart, or one follows the other.
        """

    async def probe(self) -> None:
        """Return when the database takes writes now. Raises TemporaryError otherwise."""

    async def tidy(self) -> None:
        """Do what can wait; cheap when there is nothing. Call it every few seconds."""
