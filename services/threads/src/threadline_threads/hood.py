"""What `decide` knows of what is stored, and what more it needs to know. Pure data; stores fill it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct, field

from threadline_contracts.ticket import Placement
from threadline_threads.clues import Clue
from threadline_threads.identity import Contact
from threadline_threads.keys import Key
from threadline_threads.tickets import Ticket

Pair = tuple[UUID, Contact]  # the root of a conversation, and a contact
Naming = tuple[
    UUID, Contact, str
]  # a ticket, who is named there, and the external id of the only mail that does (or "")


class Known(Struct, frozen=True):
    """A stored message: its greatest version, its home ticket, and why it is there."""

    version: int
    ticket: UUID
    placement: Placement


class Holder(Struct, frozen=True):
    """A ticket with a message that can be found by a key.

    `plain`: one of them carries no token; for a reference: it is the message so numbered; for an external id: that
    names it, and not somebody else's or several. `by`: for an external id, its ownership.Author.
    """

    ticket: UUID
    plain: bool
    by: str = ""


class Citation(Struct, frozen=True):
    """A stored message that cites a key; it joins whoever holds it if one of `speakers` takes part (None: always).

    `names` are whom it names besides them.
    """

    message: UUID
    ticket: UUID
    speakers: tuple[Contact, ...] | None
    names: tuple[Contact, ...] = ()


class Lead(Struct, frozen=True):
    """A clue of a stored message."""

    message: UUID
    ticket: UUID
    clue: Clue


class Waiting(Struct, frozen=True):
    """What happens once `contact` takes part in the conversation of ticket `target`.

    With a `source` (the home ticket of `message`, which cites `cited` there): the two are one conversation; `strict`:
    the cited message alone does not count as naming the contact. Without one: `message` came by a token, and now brings
    in whom it `names`.
    """

    target: UUID
    contact: Contact
    message: UUID
    source: UUID | None = None
    cited: str = ""
    names: tuple[Contact, ...] = ()
    strict: bool = False

    @property
    def besides(self) -> str:
        """The external id of a message that does not count as naming the contact."""
        return self.cited if self.strict else ""


class Apart(Struct, frozen=True):
    """Two tickets that somebody (`by`) keeps in two conversations."""

    one: UUID
    other: UUID
    by: str


class Need(Struct):
    """What `decide` found missing: conversations (by any ticket), facts about pairs, and what merging roots share.

    `severed`: the roots of which it must know what is kept apart from them; `suggestions`: ids of suggestions that may
    be there already. `whole`: the roots of which every ticket must be read, not only known to be there.
    """

    tickets: set[UUID] = field(default_factory=set)
    pairs: set[Pair] = field(default_factory=set)
    crossings: set[frozenset[UUID]] = field(default_factory=set)
    severed: set[UUID] = field(default_factory=set)
    suggestions: set[UUID] = field(default_factory=set)
    whole: set[UUID] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.tickets or self.pairs or self.crossings or self.severed or self.suggestions or self.whole)


class Neighbourhood:
    """The stored facts round a batch; what was asked for and is not there is known to be absent."""

    def __init__(self) -> None:
        self.known: dict[UUID, Known] = {}
        self.holders: defaultdict[Key, list[Holder]] = defaultdict(list)
        self.citations: defaultdict[Key, list[Citation]] = defaultdict(list)
        self.leads: defaultdict[Key, list[Lead]] = defaultdict(list)
        self.tickets: dict[UUID, Ticket] = {}
        self.roots: dict[UUID, UUID] = {}  # of every ticket that is known to be there, read or not
        self.members: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self.named_in: dict[Pair, Mapping[UUID, str]] = {}
        self.waiting: dict[Pair, Sequence[Waiting]] = {}
        self.crossings: dict[frozenset[UUID], frozenset[Contact]] = {}
        self.severed: dict[UUID, Sequence[Apart]] = {}
        self.suggested: dict[UUID, bool] = {}

    def mentioned(self) -> set[UUID]:
        """Return every ticket that a message, key or citation of the batch leads to."""
        holders = {at.ticket for found in self.holders.values() for at in found}
        citations = {one.ticket for found in self.citations.values() for one in found}
        leads = {one.ticket for found in self.leads.values() for one in found}
        return holders | citations | leads | {one.ticket for one in self.known.values()}

    def add_conversations(self, tickets: Iterable[Ticket]) -> None:
        """Add whole conversations: every ticket of each root."""
        for ticket in tickets:
            self.tickets.setdefault(ticket.id, ticket)
            self._add_member(ticket.id, ticket.root)

    def add_surroundings(self, read: Iterable[Ticket], others: Iterable[tuple[UUID, UUID]]) -> None:
        """Add conversations of which some tickets were read; of the `others` we know the root."""
        self.add_conversations(read)
        for ticket, root in others:
            self._add_member(ticket, root)

    def at_members(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Return pairs of a root as pairs of each of its tickets: facts are stored at the home ticket."""
        return [(member, person) for root, person in pairs for member in self.members[root]]

    def add_facts(self, asked: Iterable[Pair], named: Iterable[Naming], waiting: Iterable[Waiting]) -> None:
        """Add what is stored about pairs; `named` and `waiting` are by home ticket, as stored."""
        tickets: defaultdict[Pair, dict[UUID, str]] = defaultdict(dict)
        for ticket, person, via in named:
            tickets[self.roots[ticket], person][ticket] = via
        waits: defaultdict[Pair, list[Waiting]] = defaultdict(list)
        for one in waiting:
            waits[self.roots[one.target], one.contact].append(one)
        for pair in asked:
            self.named_in[pair] = tickets.get(pair, {})
            self.waiting[pair] = waits.get(pair, ())

    def tickets_of(self, roots: Iterable[UUID]) -> list[UUID]:
        """Return every ticket of some conversations."""
        return [member for root in roots for member in self.members[root]]

    def add_crossing(self, roots: frozenset[UUID], people: Iterable[Contact]) -> None:
        """Add who takes part in one of these conversations while something waits for them in another."""
        self.crossings[roots] = frozenset(people)

    def add_severed(self, roots: Iterable[UUID], apart: Iterable[Apart]) -> None:
        """Add what is kept apart from the tickets of some conversations."""
        found: defaultdict[UUID, list[Apart]] = defaultdict(list)
        for pair in apart:
            for end in (pair.one, pair.other):
                if end in self.roots:
                    found[self.roots[end]].append(pair)
        self.severed.update((root, found.get(root, ())) for root in roots)

    def add_suggested(self, asked: Iterable[UUID], stored: Iterable[UUID]) -> None:
        """Add which suggestions are there, whatever became of them."""
        there = set(stored)
        self.suggested.update((one, one in there) for one in asked)

    def _add_member(self, ticket: UUID, root: UUID) -> None:
        if ticket not in self.roots:
            self.roots[ticket] = root
            self.members[root].append(ticket)
