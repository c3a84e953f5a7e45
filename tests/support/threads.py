"""Random conversations, and an oracle that groups them by the definition: over all of them at once, naively."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from support.messages import a_message, a_person
from threadline_contracts.ids import reference_of
from threadline_contracts.message import Assurance, Direction, Evidence, InboundMessage
from threadline_contracts.tokens import sign_token
from threadline_threads.identity import Customs, own_contacts
from threadline_threads.incoming import Incoming, incoming
from threadline_threads.terms import Terms

RING: Final = {"k2": b"the newer secret of ours", "k1": b"the older secret of ours"}
OTHERS: Final = {"k1": b"somebody else's secret"}
ACCOUNTS: Final = ("support@desk.example", "sales@desk.example")
TERMS: Final = Terms(ring=RING, customs=Customs(own=own_contacts(ACCOUNTS)), most_recipients=2)
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
    text: str = ""
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
            text=self.text,
            evidence=Evidence(in_reply_to=self.cites[:1], references=self.cites[1:]),
        )

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


def drafts(dice: random.Random, count: int, *, first: int = 0) -> list[Draft]:
    """Return the messages of a few conversations in which everything happens that can go wrong.

    Those of another `first` (steps of `count` or more) share nothing with them: they are in other desks.
    """
    made: list[Draft] = []
    for number in range(first, first + count):
        of = dice.choice(made) if made and dice.random() < 0.2 else None
        made.append(_twin(dice, number, of) if of else _draft(dice, number, made, range(first, first + count)))
    return made


def deliveries(dice: random.Random, made: Sequence[Draft]) -> Iterator[list[InboundMessage]]:
    """Yield batches that deliver all messages, in any order, some of them again."""
    order = [*made, *dice.choices(made, k=dice.randrange(4))]
    dice.shuffle(order)
    while order:
        size = dice.randint(1, len(order)) if dice.random() < 0.5 else 1
        yield [draft.message() for draft in order[:size]]
        del order[:size]


def _twin(dice: random.Random, number: int, of: Draft) -> Draft:
    """Return a copy of all that identifies a message; sometimes a forged one, sometimes with other recipients."""
    token, text = dice.choice([of.token, None]), dice.choice([of.text, of.text, "forged"])
    recipients = dice.choice([of.recipients, _some(dice, PEOPLE)])
    copy = msgspec.structs.replace(of, number=number, account=dice.choice(ACCOUNTS), token=token, text=text)
    copy = msgspec.structs.replace(copy, recipients=recipients)
    return copy if _is_same_author(copy, of) else msgspec.structs.replace(copy, external_id=f"id{number}")


def _draft(dice: random.Random, number: int, earlier: Sequence[Draft], numbers: range) -> Draft:
    draft = Draft(
        number=number,
        desk=dice.choice([f"main{numbers[0]}"] * 3 + [f"brand{numbers[0]}"]),
        channel=dice.choice(["email", "email", "email", "email", "chat"]),
        account=dice.choice(ACCOUNTS),
        mail=number,
        conversation=dice.choice(["c1", *[""] * 5]),
        outbound=dice.random() < 0.2,
        sender=dice.choice([*PEOPLE, *PEOPLE, ROLE, ACCOUNTS[0]]),
        assurance=dice.choice([*[Assurance.ASSERTED] * 6, *[Assurance.VERIFIED] * 3, Assurance.CLAIMED]),
        text=f"text {number}",
        recipients=_some(dice, [*PEOPLE, ACCOUNTS[0], ROLE]),
        cites=tuple(f"id{dice.choice(numbers)}" for _ in range(dice.choice([0, 1, 1, 2, 3]))),
        token=dice.choice(numbers) if dice.random() < 0.15 else None,
        forged=dice.random() < 0.3,
    )
    return msgspec.structs.replace(draft, external_id=_id_for(dice, draft, earlier))


def _some(dice: random.Random, people: Sequence[str]) -> tuple[str, ...]:
    return tuple(dice.choices(people, k=dice.choice([0, 0, 1, 1, 2, 2, 4])))


def _id_for(dice: random.Random, draft: Draft, earlier: Sequence[Draft]) -> str:
    """Return an id: its own, none, one used in another desk or channel, or one its own sender used before."""
    here = [d for d in earlier if (d.desk, d.channel) == (draft.desk, draft.channel)]
    elsewhere = {d.external_id for d in earlier} - {d.external_id for d in here}
    again = {d.external_id for d in here if _is_same_author(d, draft)}
    return dice.choice([f"id{draft.number}"] * 6 + ["", *sorted(elsewhere), *sorted(again)])


def proved(draft: Draft) -> str:
    """Return who certainly wrote it, as the rules see it: us, a person, or nobody."""
    if draft.outbound:
        return "us"
    return "" if draft.assurance is Assurance.CLAIMED or draft.sender in (*ACCOUNTS, ROLE) else draft.sender


def announces(draft: Draft) -> bool:
    """Return whether it is a mail of ours to many that answers nothing."""
    answers = draft.cites or _token_of(draft) is not None
    return draft.outbound and not answers and len({*draft.recipients} - {*ACCOUNTS, ROLE}) > TERMS.most_recipients


def _is_same_author(one: Draft, other: Draft) -> bool:
    """Return whether two messages with one id would be one message: otherwise the id names neither of them."""
    sure = proved(one) != "" and proved(one) == proved(other) and announces(one) == announces(other)
    return sure and (one.outbound or one.assurance is other.assurance)


def grouped_by_definition(made: Sequence[Draft]) -> Partition:
    """Return the conversations of a set of messages: all edges that hold, over and over, until nothing changes."""
    group = {draft.number: {draft.number} for draft in made}
    by_number = {draft.number: draft for draft in made}
    changed = True
    while changed:
        changed = False
        for one in made:
            for other in made:
                if other.number not in group[one.number] and _edge(
                    one, other, [by_number[n] for n in group[other.number]]
                ):
                    both = group[one.number] | group[other.number]
                    group.update(dict.fromkeys(both, both))
                    changed = True
    return frozenset(frozenset(members) for members in group.values())


def _token_of(draft: Draft) -> int | None:
    return None if draft.forged else draft.token


def _edge(one: Draft, other: Draft, others_conversation: Sequence[Draft]) -> bool:
    if one.desk != other.desk:
        return False
    target, tokened = _token_of(one), _token_of(one) is not None
    if tokened and target in (other.number, _token_of(other)):
        return True
    if one.channel != other.channel:
        return False
    free = not (tokened and _token_of(other) is not None)
    chat = one.conversation != "" and (one.account, one.conversation) == (other.account, other.conversation)
    if free and (chat or _are_twins(one, other)):
        return True
    cites = not tokened and other.external_id != "" and other.external_id in one.cites and not announces(other)
    return cites and (one.outbound or _answers(one, other, others_conversation))


def _are_twins(one: Draft, other: Draft) -> bool:
    if one.mail != other.mail or _mere_claim(one) != _mere_claim(other):
        return False
    return one.text == other.text or (_is_proved(one) and _is_proved(other))


def _mere_claim(draft: Draft) -> bool:
    return draft.assurance is Assurance.CLAIMED and not draft.outbound


def _is_proved(draft: Draft) -> bool:
    return draft.outbound or draft.assurance is Assurance.VERIFIED


def _answers(one: Draft, other: Draft, conversation: Sequence[Draft]) -> bool:
    """Return whether who cites a message takes part in its conversation.

    Being named by that message alone does not count, unless this one names who wrote that.
    """
    named_by = _participants(conversation).get(proved(one), set())
    author = "" if other.outbound else other.sender
    if author in {one.sender, *one.recipients} - {*ACCOUNTS, ROLE}:
        return bool(named_by)
    return any(not by or by != other.external_id for by in named_by)


def _participants(conversation: Sequence[Draft]) -> dict[str, set[str]]:
    """Return who takes part, and by the ids of which messages (empty: by themselves, by us, or vouched for)."""
    found: dict[str, set[str]] = {}
    for _ in conversation:
        for draft in conversation:
            tokened = _token_of(draft) is not None and not draft.outbound
            if not tokened or proved(draft) in found:
                others = "" if tokened or draft.outbound else draft.external_id
                named = [(person, others) for person in draft.recipients]
                for person, by in [*named, (draft.sender, "")][: None if not draft.outbound else -1]:
                    if person not in {*ACCOUNTS, ROLE}:
                        found.setdefault(person, set()).add(by)
    return found
