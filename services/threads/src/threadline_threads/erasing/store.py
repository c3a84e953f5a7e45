"""What erasing asks of a database. Two implementations pass one conformance suite."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from threadline_threads.erasing.digests import Erased
from threadline_threads.erasing.history import Redactor
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.erasing.shapes import Forgotten, Person, Talk
from threadline_threads.keys import Key

SLICES: Final = 16  # of each table that is looked through, one transaction each


class Loose(Struct, frozen=True):
    """A blob that a message needs no longer."""

    blob: str
    desk: str
    at: datetime


class ErasingStore(Protocol):
    """A database of tickets, as erasing sees it. Every method raises TemporaryError when the database is away.

    Each may be repeated: what is gone, is gone.
    """

    async def condemn(self, contact: UUID, now: datetime) -> Person | None:
        """Note that somebody is to be forgotten, so that what arrives late is, too; None when nobody is there."""

    async def erased(self) -> Erased:
        """Return who is to be forgotten."""

    async def read_up_to(self, moment: datetime) -> bool:
        """Return whether the clerk has read every event that was committed until then."""

    async def talks_of(self, person: Person, behind: UUID, limit: int) -> Sequence[UUID]:
        """Return the next roots, in order, of conversations with a message that shows or names them."""

    async def talk(self, root: UUID, person: Person) -> Talk:
        """Return a conversation; without tickets, when it is no root any more."""

    async def citing(self, keys: Iterable[Key]) -> Sequence[UUID]:
        """Return the roots of conversations with a message that replies to one found by any of these keys."""

    async def forget(
        self, root: UUID, forgetting: Callable[[Talk], Forgotten], person: Person, now: datetime
    ) -> Forgotten:
        """Forget somebody in one conversation, in one transaction; nothing happens when it is no root any more."""

    async def forget_traces(self, person: Person, erased: Sequence[UUID], part: int) -> None:
        """Take somebody out of one of SLICES parts of the tables in which messages are found and waited for.

        After the last one, no conversation is found by them any more.
        """

    async def forget_commands(self, scrubber: Scrubber, behind: str, limit: int) -> str | None:
        """Take somebody out of the next commands; return the last one's id, None when there are no more."""

    async def forget_history(self, redactor: Redactor, behind: int, limit: int) -> int | None:
        """Redact the next events; return the last one's number, None when there are no more."""

    async def forget_contact(self, person: Person) -> int:
        """Forget identities, links and name; return the contact's revision, which is a new one the first time."""

    async def loosen(self, blobs: Iterable[str], desk: str, now: datetime) -> None:
        """Note that messages need these blobs no longer."""

    async def loose(self, until: datetime, limit: int) -> Sequence[Loose]:
        """Return the next blobs that nobody may need, noted until then."""

    async def is_needed(self, blob: Loose) -> bool:
        """Return whether a message of the desk refers to a blob."""

    async def settled(self, blobs: Sequence[Loose]) -> None:
        """Note that these are dealt with; one that was noted again meanwhile stays."""

    async def compact(self) -> None:
        """Leave nothing of what was deleted in files of ours (a server's are its operator's)."""
