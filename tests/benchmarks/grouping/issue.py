"""One issue being acted out: its clock, its dice, its words, and what was said so far."""

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Unpack
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.grouping.labelled import Labelled
from benchmarks.grouping.people import Person
from benchmarks.grouping.phrases import Words, words_for
from benchmarks.grouping.proofs import Facts, prove
from support.messages import MessageFields
from threadline_contracts.ids import message_id, reference_of
from threadline_contracts.message import DEFAULT_DESK, InboundMessage, Party

START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
AGENT: Final = "the desk"


class Cast(Struct, frozen=True, kw_only=True):
    """Who an issue is about; `others` share a mailbox, a telephone or a table with the customer.

    `spent` are the topics that they have written about before.
    """

    key: str
    scenario: str
    person: Person
    others: tuple[Person, ...] = ()
    order: str = ""
    spent: frozenset[str] = frozenset()


class Mail(Struct, frozen=True, kw_only=True):
    """A mail as others have it in their mailbox: `shown` is the Message-ID there (empty: it has none).

    `reply_to` is where an answer to it, or a follow-up of its own author, goes.
    """

    id: UUID
    shown: str = ""
    chain: tuple[str, ...] = ()
    subject: str
    account: str
    reply_to: str
    sender: str


def compose(
    channel: str, account: str, fingerprint: str, sender: Party, /, **fields: Unpack[MessageFields]
) -> InboundMessage:
    """Return a message of the contract, with the ids that its channel gives it."""
    digest = sha256(fingerprint.encode()).hexdigest()
    known = message_id(DEFAULT_DESK, channel, account, digest)
    bare = InboundMessage(
        id=known,
        reference=reference_of(known),
        channel=channel,
        account=account,
        fingerprint=digest,
        sent_at=START,
        received_at=START,
        sender=sender,
    )
    return replace(bare, **fields)


class Issue:
    """One matter of one customer, under way."""

    def __init__(self, cast: Cast, dice: random.Random, now: datetime = START) -> None:
        self.cast = cast
        self.person = cast.person
        self.dice = dice
        self.now = now
        self.words: Words = words_for(dice, cast.person.language, cast.order, cast.spent)
        self.spent = cast.spent | {self.words.topic}
        self.known: dict[str, UUID] = {}  # Message-IDs as others see them, of messages that we get too
        self.tokens: dict[str, UUID] = {}
        self.mails: list[Mail] = []
        self._matter = self._conversation = cast.key
        self._said: list[Labelled] = []
        self._facts: dict[UUID, Facts] = {}
        self._serial = 0

    def after(self, typical: timedelta) -> datetime:
        """Let some time pass, typically so much, and return when it is."""
        self.now += typical * min(self.dice.lognormvariate(0, 0.8), 8)
        return self.now

    def travel(self, *, slow: bool = False) -> timedelta:
        """Return how long a message is on its way: seconds, now and then an hour, `slow` many hours."""
        luck = 1.0 if slow else self.dice.random()
        if luck < 0.90:
            return timedelta(seconds=self.dice.uniform(1, 40))
        return self.dice.uniform(1, 50) * MINUTE if luck < 0.98 else self.dice.uniform(2, 20) * HOUR

    def name(self, kind: str) -> str:
        """Return an id that nothing else has."""
        self._serial += 1
        return f"{kind}.{self.cast.key.replace('/', '.')}.{self._serial}"

    def more(self) -> str:
        """Return something else to say about it."""
        return self.dice.choice(self.words.more)

    def turn_to_another_matter(self) -> None:
        """Begin a new issue in the old conversation: people do."""
        self._matter = self.name(self.cast.key)
        self.words = words_for(self.dice, self.person.language, spent=self.spent)
        self.spent |= {self.words.topic}

    def begin_another(self) -> None:
        """Begin a new issue in a new conversation, with the same people."""
        self.turn_to_another_matter()
        self._conversation = self._matter

    def continue_in(self, conversation: str) -> None:
        """Say what follows in a conversation that this customer has had for long."""
        self._conversation = conversation

    def say(self, message: InboundMessage, facts: Facts, author: str = "") -> Labelled:
        """Add a message and return it, to be `relabel`led where its labels are not the usual."""
        labelled = Labelled(
            message=message,
            issue=self._matter,
            conversation=self._conversation,
            scenario=self.cast.scenario,
            author=author or self.person.key,
        )
        self._said.append(labelled)
        self._facts[message.id] = facts
        return labelled

    def relabel(self, labelled: Labelled) -> None:
        """Replace the labels of a message."""
        self._said[self._at(labelled.id)] = labelled

    def said(self, message: UUID) -> Labelled:
        """Return a message with its labels."""
        return self._said[self._at(message)]

    def facts(self, message: UUID) -> Facts:
        """Return what a message shows."""
        return self._facts[message]

    def told(self) -> list[Labelled]:
        """Return everything that was said, with its proofs; only where there is none, a hint stays."""
        proofs = prove(self._facts)
        return [replace(one, proofs=proofs[one.id], hint="" if proofs[one.id] else one.hint) for one in self._said]

    def _at(self, message: UUID) -> int:
        return next(number for number, one in enumerate(self._said) if one.id == message)
