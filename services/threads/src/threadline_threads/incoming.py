"""A message as `decide` sees it: what it can be found by, what it looks for, whom it names. Pure; looks nothing up.

Everything here depends on the message (and our settings) alone, never on what has arrived before.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from msgspec import Struct

from threadline_contracts.message import AutomationKind, Direction, InboundMessage
from threadline_contracts.ticket import Rule
from threadline_contracts.tokens import Verdict, read_token, verify_token
from threadline_threads.clues import Clue, clues_of
from threadline_threads.copies import twins
from threadline_threads.identity import Contact, persons
from threadline_threads.keys import Key, citation_key, conversation_key, message_key, reference_key
from threadline_threads.ownership import ANNOUNCED, OURS, Author, Rank, author
from threadline_threads.policy import Condition
from threadline_threads.sender import Sender, sender_of, we
from threadline_threads.terms import Terms

MAX_CITED: Final = 100  # ids; longer References are cut in the middle, as mail programs do
MAX_NAMED: Final = 100  # contacts a message can bring into a conversation
_OF_ONE_SIDE: Final = frozenset({Condition.REPLY_SUBJECT, Condition.SAME_SUBJECT})  # the later one has no token
# Mail systems and our own machines write under our addresses from elsewhere.
_MAY_SEEM_OURS: Final = frozenset({AutomationKind.OWN, AutomationKind.BOUNCE, AutomationKind.AUTO_REPLY})


class Cited(Struct, frozen=True):
    """An id that a message replies to, and its key."""

    external_id: str
    key: Key


class Incoming(Struct, frozen=True, kw_only=True):
    """One message on its way to a ticket.

    `content` is its JSON. `token` is the key its first genuine token points at: then it cites nothing. `shared` are
    keys that join by being shared. `writes_as` are the contacts of its sender, `speaks_as` the proved ones; `names`
    whom it mentions, sender included; `by` is its ownership.Author as stored: whose its external id is. `clues` are
    what else it may join by. `announces`: ours, to many, and answers nothing. `poses_as_us`: inbound from an address of
    ours, unproved.
    """

    message: InboundMessage
    content: bytes
    terms: Terms
    reference: Key
    external: Key | None
    shared: tuple[tuple[Rule, Key], ...]
    token: Key | None
    token_reference: str
    forged: bool
    cites: tuple[Cited, ...]
    cites_something: bool
    writes_as: tuple[Contact, ...]
    speaks_as: tuple[Contact, ...]
    names: tuple[Contact, ...]
    by: str
    clues: tuple[Clue, ...]
    announces: bool
    poses_as_us: bool

    @property
    def ours(self) -> bool:
        """Whether we wrote it: then what it cites, it joins, and whom it names takes part."""
        return self.message.direction is Direction.OUTBOUND

    @property
    def vouches(self) -> bool:
        """Whether it brings in whom it names by itself. One that a token let in must first be vouched for."""
        return self.ours or self.token is None

    @property
    def in_person(self) -> bool:
        """Whether a customer wrote it in person, and now: to what is imported nothing reacts."""
        return not self.ours and self.message.automation.kind == AutomationKind.NONE and not self.message.backfill

    @property
    def others(self) -> tuple[Contact, ...]:
        """Whom it names besides its sender."""
        return tuple(who for who in self.names if who not in self.writes_as)

    def looks_up(self) -> Iterator[Key]:
        """Yield every key whose holders it must know."""
        yield self.reference
        yield from (key for _, key in self.shared)
        if self.token:
            yield self.token
        if self.external:
            yield self.external
        yield from (cited.key for cited in self.cites)

    def locks(self) -> Iterator[Key]:
        """Yield every key under which it must be alone while it is placed."""
        yield message_key(self.message.id)
        yield from self.looks_up()
        yield from (clue.key for clue in self.clues)


def incoming(message: InboundMessage, content: bytes, terms: Terms) -> Incoming:
    """Return a message ready to be placed."""
    ours = message.direction is Direction.OUTBOUND
    token, forged = _token(message, terms)
    cited = () if token else _cited(message, terms)
    sender = we(message) if ours else sender_of(message, terms)
    names = _names(message, sender.writes_as, terms)
    clues = _clues(message, sender, names, terms, cites=bool(cited), has_token=bool(token))
    announces = ours and not token and not cited and len(names) > terms.most_recipients
    wrote = author(Rank.OURS, ANNOUNCED, message.sent_at) if announces else sender.author
    return Incoming(
        message=message,
        content=content,
        terms=terms,
        reference=reference_key(message.desk, message.reference),
        external=_citation(message, message.external_id, terms),
        shared=tuple(_shared(message, wrote.rank, terms)),
        token=reference_key(message.desk, token) if token else None,
        token_reference=token,
        forged=forged,
        cites=cited if ours or sender.speaks_as else (),
        cites_something=bool(cited),
        writes_as=sender.writes_as,
        speaks_as=sender.speaks_as,
        names=sender.writes_as if any(clue.condition is Condition.CALL_BACK for clue in clues) else names,
        by=wrote.stored(),
        clues=clues,
        announces=announces,
        poses_as_us=not ours and _poses_as_us(message, wrote),
    )


def split(batch: Sequence[Incoming], most_keys: int) -> Iterator[Sequence[Incoming]]:
    """Yield the batch in parts of at most `most_keys` distinct locks (or of one message)."""
    part: list[Incoming] = []
    held: set[Key] = set()
    for one in batch:
        wanted = set(one.locks())
        if part and len(held | wanted) > most_keys:
            yield part
            part, held = [], set()
        part.append(one)
        held |= wanted
    if part:
        yield part


def _token(message: InboundMessage, terms: Terms) -> tuple[str, bool]:
    """Return the reference that the first genuine token names, and whether any token was forged."""
    genuine, forged = "", False
    for text in message.evidence.tokens:
        token = read_token(text)
        verdict = verify_token(message.desk, token, terms.ring) if token else Verdict.STRANGER
        forged |= verdict is Verdict.FORGED
        if token and verdict is Verdict.GENUINE and not genuine:
            genuine = token.reference
    return genuine, forged


def _poses_as_us(message: InboundMessage, wrote: Author) -> bool:
    """Return whether an inbound message claims to come from an address of ours, and nothing proves it."""
    return wrote.contact == OURS and wrote.rank < Rank.VERIFIED and message.automation.kind not in _MAY_SEEM_OURS


def _shared(message: InboundMessage, rank: int, terms: Terms) -> Iterator[tuple[Rule, Key]]:
    if key := conversation_key(message.desk, message.channel, message.account, message.conversation):
        yield Rule.CONVERSATION, key
    if terms.twins:
        yield from ((Rule.TWIN, key) for key in twins(message, rank))


def _citation(message: InboundMessage, external_id: str, terms: Terms) -> Key | None:
    """Return the key of an id. Where departments go apart, each has the id of a mail to both for itself."""
    channel = message.channel if terms.twins else f"{message.channel} {message.account}"
    return citation_key(message.desk, channel, external_id)


def _cited(message: InboundMessage, terms: Terms) -> tuple[Cited, ...]:
    """Return what it replies to, nearest first: In-Reply-To, then References from the right; the oldest is kept."""
    nearest = (*message.evidence.in_reply_to, *reversed(message.evidence.references))
    ids = [found for found in dict.fromkeys(nearest) if found]
    if len(ids) > MAX_CITED:
        ids = [*ids[: MAX_CITED - 1], ids[-1]]
    return tuple(Cited(found, key) for found in ids if (key := _citation(message, found, terms)))


def _clues(
    message: InboundMessage,
    sender: Sender,
    names: tuple[Contact, ...],
    terms: Terms,
    *,
    cites: bool,
    has_token: bool,
) -> tuple[Clue, ...]:
    """Return what else it may join by. Two messages with a token each never do: each names its own conversation."""
    found = clues_of(
        message,
        sender.speaks_as,
        names,
        sender.verified,
        cites=cites,
        has_token=has_token,
        policy=terms.policy,
        customs=terms.customs,
    )
    return tuple(clue for clue in found if clue.condition in _OF_ONE_SIDE) if has_token else found


def _names(message: InboundMessage, writes_as: tuple[Contact, ...], terms: Terms) -> tuple[Contact, ...]:
    named = chain.from_iterable(
        persons(party, terms.customs, account=message.account) for party in message.recipients[:MAX_NAMED]
    )
    return tuple(dict.fromkeys((*writes_as, *named)))[:MAX_NAMED]
