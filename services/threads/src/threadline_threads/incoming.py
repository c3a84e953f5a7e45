"""A message as `decide` sees it: what it can be found by, what it looks for, whom it names. Pure; looks nothing up.

Everything here depends on the message (and our settings) alone, never on what has arrived before.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Assurance, AutomationKind, Direction, InboundMessage
from threadline_contracts.ticket import Rule
from threadline_contracts.tokens import KeyRing, Verdict, read_token, verify_token
from threadline_threads.identity import Contact, people, with_account
from threadline_threads.keys import Key, citation_key, conversation_key, message_key, reference_key, twin_key

MAX_CITED: Final = 100  # ids; longer References are cut in the middle, as mail programs do
MAX_NAMED: Final = 100  # contacts a message can bring into a conversation
OURS: Final = "ours"


class Cited(Struct, frozen=True):
    """An id that a message replies to, and its key."""

    external_id: str
    key: Key


class Incoming(Struct, frozen=True, kw_only=True):
    """One message on its way to a ticket.

    `content` is its JSON. `token` is the key its first genuine token points at: then it cites nothing. `shared` are
    keys that join by being shared. `speaks_as` are the proved contacts of its sender; `names` whom it mentions, sender
    included; `by` whose mail its external id stands for (empty: nobody proved it).
    """

    message: InboundMessage
    content: bytes
    reference: Key
    external: Key | None
    shared: tuple[tuple[Rule, Key], ...]
    token: Key | None
    token_reference: str
    forged: bool
    cites: tuple[Cited, ...]
    cites_something: bool
    speaks_as: tuple[Contact, ...]
    names: tuple[Contact, ...]
    by: str

    @property
    def ours(self) -> bool:
        """Whether we wrote it: then what it cites, it joins, and whom it names takes part."""
        return self.message.direction is Direction.OUTBOUND

    @property
    def vouches(self) -> bool:
        """Whether it brings in whom it names by itself. One that a token let in must first be vouched for."""
        return self.ours or self.token is None

    @property
    def reopens(self) -> bool:
        """Whether a customer wrote it in person."""
        return not self.ours and self.message.automation.kind == AutomationKind.NONE

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


def incoming(message: InboundMessage, content: bytes, ring: KeyRing, own: frozenset[Contact]) -> Incoming:
    """Return a message ready to be placed. `own` are the contacts of our mailboxes, as far as the settings know."""
    own = with_account(own, message.account)
    ours = message.direction is Direction.OUTBOUND
    token, forged = _token(message, ring)
    speaks_as = people(message.sender, own, proved=True)
    cited = () if token else _cited(message)
    return Incoming(
        message=message,
        content=content,
        reference=reference_key(message.desk, message.reference),
        external=citation_key(message.desk, message.channel, message.external_id),
        shared=tuple(_shared(message)),
        token=reference_key(message.desk, token) if token else None,
        token_reference=token,
        forged=forged,
        cites=cited if ours or speaks_as else (),
        cites_something=bool(cited),
        speaks_as=speaks_as,
        names=_names(message, own),
        by=OURS if ours else next(iter(speaks_as), ""),
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


def _token(message: InboundMessage, ring: KeyRing) -> tuple[str, bool]:
    """Return the reference that the first genuine token names, and whether any token was forged."""
    genuine, forged = "", False
    for text in message.evidence.tokens:
        token = read_token(text)
        verdict = verify_token(message.desk, token, ring) if token else Verdict.STRANGER
        forged |= verdict is Verdict.FORGED
        if token and verdict is Verdict.GENUINE and not genuine:
            genuine = token.reference
    return genuine, forged


def _shared(message: InboundMessage) -> Iterator[tuple[Rule, Key]]:
    if key := conversation_key(message.desk, message.channel, message.account, message.conversation):
        yield Rule.CONVERSATION, key
    yield Rule.TWIN, twin_key(message.desk, message.channel, _copied(message))


def _copied(message: InboundMessage) -> str:
    """Return what copies of it share: whoever saw a mail can send it to another department, but merely claims it."""
    senders = message.sender.identities
    claimed = message.direction is Direction.INBOUND and all(who.assurance is Assurance.CLAIMED for who in senders)
    return f"claimed {message.fingerprint}" if senders and claimed else message.fingerprint


def _cited(message: InboundMessage) -> tuple[Cited, ...]:
    """Return what it replies to, nearest first: In-Reply-To, then References from the right; the oldest is kept."""
    nearest = (*message.evidence.in_reply_to, *reversed(message.evidence.references))
    ids = [found for found in dict.fromkeys(nearest) if found]
    if len(ids) > MAX_CITED:
        ids = [*ids[: MAX_CITED - 1], ids[-1]]
    return tuple(Cited(found, key) for found in ids if (key := citation_key(message.desk, message.channel, found)))


def _names(message: InboundMessage, own: frozenset[Contact]) -> tuple[Contact, ...]:
    parties = message.recipients if message.direction is Direction.OUTBOUND else (message.sender, *message.recipients)
    named = chain.from_iterable(people(party, own) for party in parties[:MAX_NAMED])
    return tuple(dict.fromkeys(named))[:MAX_NAMED]
