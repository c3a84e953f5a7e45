"""What the clerk asks of a database. Two implementations pass one conformance suite."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ticket import Link
from threadline_threads.clerk.candidates import Surroundings
from threadline_threads.clerk.late import Due
from threadline_threads.clerk.lessons import Lesson, Opener
from threadline_threads.clerk.proposing import Proposal
from threadline_threads.keys import Key
from threadline_threads.reading import StoredEvent

Learn = Callable[[Sequence[StoredEvent]], Lesson]


class Study(Struct, frozen=True):
    """Events behind position `after` up to `until`, what they say, and since when the first one waits (None: none)."""

    after: int
    until: int
    count: int
    since: datetime | None
    lesson: Lesson


class Conclude(Struct, frozen=True, kw_only=True):
    """What is to be concluded of a study: proposals, and what became part of a conversation by which link.

    `least` is the score that a suggestion needs.
    """

    study: Study
    proposals: Sequence[Proposal]
    merged: Mapping[UUID, Link]
    least: float


class ClerkStore(Protocol):
    """A database of tickets, as the clerk sees it. Every method raises TemporaryError when the database is away."""

    async def study(self, limit: int, learn: Learn, now: datetime) -> Study | None:
        """Read the next events, and keep whom they show and what else they have; the position stays.

        None: somebody else is at it. Whatever `learn` raises undoes it all.
        """

    async def due(self, lesson: Lesson) -> Sequence[Due]:
        """Return the joins that are due because two identities are one person's."""

    async def surroundings(self, openers: Sequence[Opener]) -> Surroundings:
        """Return what is stored round some messages."""

    async def numbered(self, keys: Sequence[Key]) -> Mapping[Key, UUID]:
        """Return the tickets of the messages with these numbers, by the keys of the numbers."""

    async def texts(self, messages: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return the texts of messages."""

    async def conclude(self, concluded: Conclude, now: datetime) -> int | None:
        """Settle and make suggestions, move the position behind the study; return how many events that tells.

        None: somebody else concluded these events before; then nothing happened.
        """

    async def history(self) -> int:
        """Return the last event that an earlier release left when this one first opened the database; 0: none."""

    async def position(self) -> tuple[int, datetime | None]:
        """Return behind which event the clerk is, and since when the next one waits (None: there is none)."""
