"""A message with the truth about it: what it is about, who wrote it, and what would prove it. No system may look.

Two labels, because people change the subject. An *issue* is one matter of one customer. A *conversation* is what its
author knowingly continued: whoever answers an old mail to raise a new matter starts an issue, but no conversation.
"""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from threadline_contracts.message import Direction, InboundMessage


class Keeps(StrEnum):
    """What an answer keeps of the mail it answers."""

    HEADERS = "headers"  # In-Reply-To and References
    ADDRESS = "address"  # the Reply-To that we chose
    SUBJECT = "subject"  # with the number in it, where the desk puts one there
    QUOTE = "quote"  # its text, below


WHOLE = frozenset(Keeps)


class Proof(Struct, frozen=True):
    """What anybody who has all mails can check: by `rule`, this message and the `other` are one conversation."""

    rule: str
    other: UUID


class Labelled(Struct, frozen=True, kw_only=True):
    """A message and its labels.

    `author` wrote it, whatever it says; a `stranger` writes into others' affairs. `limit` names what no rule is meant
    to stand (docs: no *single* forged thing joins). `hint` is what is left to go by where nothing proves the issue.
    `answers` is the message its author had before him, of which it `keeps` something. `filed`: an agent wrote it
    inside the help desk, so that every help desk has it where that message is.
    """

    message: InboundMessage
    issue: str
    conversation: str
    scenario: str
    author: str
    stranger: bool = False
    limit: str = ""
    proofs: tuple[Proof, ...] = ()
    hint: str = ""
    answers: UUID | None = None
    keeps: frozenset[Keeps] = frozenset()
    filed: bool = False

    @property
    def id(self) -> UUID:
        """The message's id."""
        return self.message.id

    @property
    def inbound(self) -> bool:
        """Whether a customer (or a stranger) wrote it."""
        return self.message.direction is Direction.INBOUND
