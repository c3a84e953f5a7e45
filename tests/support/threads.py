"""Messages in few words, ready to be placed."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from support.messages import NOON, a_message, a_person
from threadline_contracts.ids import reference_of
from threadline_contracts.message import Assurance, Direction, Evidence, InboundMessage
from threadline_contracts.tokens import sign_token
from threadline_threads.identity import Customs, own_contacts
from threadline_threads.incoming import Incoming, incoming
from threadline_threads.policy_settings import policy_of
from threadline_threads.terms import Terms

RING: Final = {"k2": b"the newer secret of ours", "k1": b"the older secret of ours"}
OTHERS: Final = {"k1": b"somebody else's secret"}
ACCOUNTS: Final = ("support@desk.example", "sales@desk.example")
TERMS: Final = Terms(ring=RING, customs=Customs(own=own_contacts(ACCOUNTS)), policy=policy_of(), most_recipients=2)
PEOPLE: Final = ("ana@a.example", "bob@b.example", "cyd@c.example", "mallory@m.example")
ROLE: Final = "no-reply@robots.example"

Partition = frozenset[frozenset[int]]


class Draft(Struct, frozen=True, kw_only=True):
    """A message in few words; `token` is the number of the draft whose token it carries."""

    number: int
    desk: str = "main"
    channel: str = "email"
    account: str = ACCOUNTS[0]
    external_id: str = ""
    mail: int = -1  # the same for twins
    conversation: str = ""
    outbound: bool = False
    sender: str = PEOPLE[0]
    assurance: Assurance = Assurance.ASSERTED
    subject: str = ""
    text: str = ""
    minute: int = 0
    recipients: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    token: int | None = None
    forged: bool = False

    def message(self) -> InboundMessage:
        """Return the message, whole."""
        plain = self._plain()
        if self.token is None:
            return plain
        reference = reference_of(self._id_of(self.token))
        secret = OTHERS["k1"] if self.forged else RING["k1"]
        token = sign_token(self.desk, reference, "k1", secret)
        return msgspec.structs.replace(plain, evidence=msgspec.structs.replace(plain.evidence, tokens=(token,)))

    def _plain(self) -> InboundMessage:
        return a_message(
            f"n{self.number}",
            id=self._id_of(self.number),
            reference=reference_of(self._id_of(self.number)),
            desk=self.desk,
            channel=self.channel,
            account=self.account,
            external_id=self.external_id,
            fingerprint=f"mail {self.mail}",
            conversation=self.conversation,
            direction=Direction.OUTBOUND if self.outbound else Direction.INBOUND,
            sender=a_person(self.account if self.outbound else self.sender, assurance=self.assurance),
            recipients=tuple(map(a_person, self.recipients)),
            subject=self.subject,
            text=self.text,
            sent_at=NOON + timedelta(minutes=self.minute),
            evidence=Evidence(in_reply_to=self.cites[:1], references=self.cites[1:]),
        )

    @property
    def known_token(self) -> int | None:
        """The number of the draft whose token it carries, if the token is genuine."""
        return None if self.forged else self.token

    @property
    def announces(self) -> bool:
        """Whether it is a mail of ours to many that answers nothing."""
        answers = self.cites or self.known_token is not None
        return self.outbound and not answers and len({*self.recipients} - {*ACCOUNTS, ROLE}) > TERMS.most_recipients

    @property
    def proved(self) -> str:
        """Who certainly wrote it, as the rules see it: us, a person, or nobody."""
        if self.outbound:
            return "us"
        return "" if self.assurance is Assurance.CLAIMED or self.sender in (*ACCOUNTS, ROLE) else self.sender

    @staticmethod
    def _id_of(number: int) -> UUID:
        return UUID(int=number + 1, version=5)


def seeded(seed: int) -> random.Random:
    """Return dice that fall the same way every time."""
    return random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret


def number_of(message: UUID) -> int:
    """Return the number of the draft that a message was made from."""
    return (message.int & 0xFFFF) - 1


def incomings(messages: Iterable[InboundMessage], terms: Terms = TERMS) -> list[Incoming]:
    """Return messages ready to be placed, as they come out of their JSON."""
    contents = map(msgspec.json.encode, messages)
    return [incoming(msgspec.json.decode(content, type=InboundMessage), content, terms) for content in contents]
