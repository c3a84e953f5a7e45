"""What erasing knows and changes, as data: a person, a conversation as it is stored, and what becomes of it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from threadline_contracts.commands import IdentityName
from threadline_contracts.ticket import Link, Placement, Suggestion
from threadline_threads.commands.facts import Reread
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.events import Announcement
from threadline_threads.identity import Contact, Customs
from threadline_threads.keys import Key
from threadline_threads.reading import Severed
from threadline_threads.tickets import Ticket


class Person(Struct, frozen=True, kw_only=True):
    """Who is to be forgotten, with everything received until `before`.

    `contacts`: every contact that these identities ever were; `identities` in their comparable form; `values` as they
    were written, `names` as they were called.
    """

    contact: UUID
    desk: str
    before: datetime
    contacts: tuple[UUID, ...] = ()
    identities: tuple[Contact, ...] = ()
    values: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def is_any(self, identities: Iterable[Contact]) -> bool:
        """Return whether any of these is theirs."""
        return not set(self.identities).isdisjoint(identities)

    def scrubber(self, others: Iterable[str] = ()) -> Scrubber:
        """Return what takes them out of texts."""
        return Scrubber(self.identities, (*self.values, *self.names, *others))

    def named(self) -> tuple[IdentityName, ...]:
        """Return their identities as others are told of them."""
        parts = (identity.partition(":") for identity in self.identities)
        return tuple(IdentityName(kind=kind, value=value) for kind, _, value in parts)


class Row(Struct, frozen=True):
    """A message as it is stored."""

    id: UUID
    ticket: UUID
    placement: Placement
    content: bytes


class Talk(Struct, kw_only=True):
    """A conversation as it is stored, with what was decided about it; `hinted` messages show or name the person."""

    tickets: Sequence[Ticket]
    rows: Sequence[Row]
    hinted: frozenset[UUID] = frozenset()
    links: Sequence[Link] = ()
    severed: Sequence[Severed] = ()
    suggestions: Sequence[Suggestion] = ()


class Changed(Struct, frozen=True):
    """A message to be stored anew."""

    id: UUID
    ticket: UUID
    placement: Placement
    content: bytes
    external_id: str
    words: str


class Forgotten(Struct):
    """What to write, and what it concerns: the same when it is done again.

    `erased`: messages of which only a tombstone is left; `touched`: their tickets; `headless`: those that were about
    the person; `near`: all. `keys` find messages no longer; under `cited`, rows of erased ones are kept. `words`: how
    else the person was named.
    """

    erased: list[UUID] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)
    near: list[UUID] = field(default_factory=list)
    messages: list[Changed] = field(default_factory=list)
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    severed: list[Severed] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    blobs: set[str] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)
    cited: set[tuple[Key, UUID]] = field(default_factory=set)
    externals: set[str] = field(default_factory=set)
    headless: set[UUID] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


class Rules(Struct, frozen=True):
    """How identities compare, and how a stored message is read again."""

    customs: Customs
    reread: Reread
