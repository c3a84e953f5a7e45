"""Random conversations, an oracle that groups them by definition, and a store of plain dictionaries for `decide`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from support.messages import NOON, a_message, a_person
from threadline_contracts.ids import reference_of
from threadline_contracts.message import Assurance, Direction, Evidence, InboundMessage
from threadline_contracts.tokens import sign_token
from threadline_threads.hood import Citation, Holder, Known, Neighbourhood, Pair, Waiting
from threadline_threads.identity import Contact, own_contacts
from threadline_threads.incoming import Incoming, incoming
from threadline_threads.keys import Key
from threadline_threads.plan import Happening, Plan
from threadline_threads.store.loading import make_plan
from threadline_threads.tickets import Ticket

RING: Final = {"k2": b"the newer secret", "k1": b"the older secret"}
OTHERS: Final = {"k1": b"somebody else's secret"}
ACCOUNTS: Final = ("support@desk.example", "sales@desk.example")
OWN: Final = own_contacts(ACCOUNTS)
PEOPLE: Final = ("ana@a.example", "bob@b.example", "cyd@c.example", "mallory@m.example")
ROLE: Final = "no-reply@robots.example"

Partition = frozenset[frozenset[int]]


class Draft(Struct, frozen=True, kw_only=True):
    """A message in few words; `token` is the number of the draft whose token it carries (negative: forged)."""

    number: int
    desk: str = "main"
    channel: str = "email"
    account: str = ACCOUNTS[0]
    external_id: str = ""
    mail: int = -1  # the same for twins
    conversation: str = ""
    outbound: bool = False
    sender: str = PEOPLE[0]
    claimed: bool = False
    recipients: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    token: int | None = None

    def message(self) -> InboundMessage:
        """Return the message, whole."""
        plain = self._plain()
        if self.token is None:
            return plain
        reference = reference_of(self._id_of(abs(self.token)))
        secret = RING["k1"] if self.token >= 0 else OTHERS["k1"]
        token = sign_token(self.desk, reference, "k1", secret)
        return msgspec.structs.replace(plain, evidence=msgspec.structs.replace(plain.evidence, tokens=(token,)))

    def _plain(self) -> InboundMessage:
        assurance = Assurance.CLAIMED if self.claimed else Assurance.ASSERTED
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
            sender=a_person(self.account if self.outbound else self.sender, assurance=assurance),
            recipients=tuple(map(a_person, self.recipients)),
            evidence=Evidence(in_reply_to=self.cites[:1], references=self.cites[1:]),
        )

    @staticmethod
    def _id_of(number: int) -> UUID:
        return UUID(int=number + 1, version=5)


def incomings(messages: Iterable[InboundMessage]) -> list[Incoming]:
    """Return messages ready to be placed."""
    return [incoming(message, msgspec.json.encode(message), RING, OWN) for message in messages]


@st.composite
def drafts(draw: st.DrawFn, most: int = 9) -> list[Draft]:
    """Draw the messages of a few conversations in which everything happens that can go wrong."""
    made: list[Draft] = []
    for number in range(draw(st.integers(2, most))):
        earlier = draw(st.sampled_from(made)) if made and draw(st.integers(0, 9)) < 2 else None
        made.append(_twin(draw, number, earlier) if earlier else _draft(draw, number, made))
    return made


def _twin(draw: st.DrawFn, number: int, of: Draft) -> Draft:
    token = draw(st.sampled_from([of.token, None]))
    return msgspec.structs.replace(of, number=number, account=draw(st.sampled_from(ACCOUNTS)), token=token)


def _draft(draw: st.DrawFn, number: int, earlier: Sequence[Draft]) -> Draft:
    rarely = st.sampled_from([True, False, False, False, False])
    ids = st.sampled_from([f"id{n}" for n in range(9)])
    draft = Draft(
        number=number,
        desk=draw(st.sampled_from(["main", "main", "brand"])),
        channel=draw(st.sampled_from(["email", "email", "email", "chat"])),
        account=draw(st.sampled_from(ACCOUNTS)),
        external_id=f"id{number}",
        mail=number,
        conversation=draw(st.sampled_from(["", "", "", "c1", "c2"])),
        outbound=draw(rarely),
        sender=draw(st.sampled_from([*PEOPLE, *PEOPLE, ROLE, ACCOUNTS[0]])),
        claimed=draw(rarely),
        recipients=tuple(draw(st.lists(st.sampled_from([*PEOPLE, ACCOUNTS[0], ROLE]), max_size=2))),
        cites=tuple(draw(st.lists(ids, max_size=3))),
        token=draw(st.integers(-8, 8)) if draw(rarely) else None,
    )
    return msgspec.structs.replace(draft, external_id=_id_for(draw, draft, earlier))


def _id_for(draw: st.DrawFn, draft: Draft, earlier: Sequence[Draft]) -> str:
    """Return an id: its own, none, one used in the other desk or channel, or one its own sender used before."""
    here = [d for d in earlier if (d.desk, d.channel) == (draft.desk, draft.channel)]
    elsewhere = {d.external_id for d in earlier} - {d.external_id for d in here}
    again = {d.external_id for d in here if proved(d) and proved(d) == proved(draft)}
    return draw(st.sampled_from([draft.external_id] * 6 + ["", *sorted(elsewhere), *sorted(again)]))


def proved(draft: Draft) -> str:
    """Return who certainly wrote it, as the rules see it: us, a person, or nobody."""
    if draft.outbound:
        return "us"
    return "" if draft.claimed or draft.sender in (*ACCOUNTS, ROLE) else draft.sender


def grouped_by_definition(made: Sequence[Draft]) -> Partition:
    """Return the conversations of a set of messages: edges and participants, over all of them, until nothing changes."""
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
    return draft.token if draft.token is not None and draft.token >= 0 else None


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
    if free and (chat or one.mail == other.mail):
        return True
    cites = not tokened and other.external_id != "" and other.external_id in one.cites
    return cites and (one.outbound or proved(one) in _participants(others_conversation))


def _participants(conversation: Sequence[Draft]) -> set[str]:
    found: set[str] = set()
    for _ in conversation:
        for draft in conversation:
            if draft.outbound or _token_of(draft) is None or proved(draft) in found:
                named = {*draft.recipients} | (set() if draft.outbound else {draft.sender})
                found |= named - {*ACCOUNTS, ROLE}
    return found


class Shelf:
    """What `decide` planned, kept in dictionaries: the plainest store there can be."""

    def __init__(self) -> None:
        self.known: dict[UUID, Known] = {}
        self.tickets: dict[UUID, Ticket] = {}
        self.holders: dict[Key, dict[UUID, Holder]] = {}
        self.citations: dict[Key, list[Citation]] = {}
        self.named_in: set[Pair] = set()
        self.waits: set[Waiting] = set()
        self.happenings: list[Happening] = []
        self.now: datetime = NOON

    def place(self, batch: Sequence[InboundMessage]) -> Plan:
        """Place a batch of messages."""
        self.now += timedelta(seconds=1)
        plan = make_plan(self, incomings(batch), self.now)
        self._apply(plan)
        return plan

    def partition(self) -> Partition:
        """Return the conversations, by the numbers of their drafts."""
        found: dict[UUID, set[int]] = {}
        for message, known in self.known.items():
            found.setdefault(self.tickets[known.ticket].root, set()).add((message.int & 0xFF) - 1)
        return frozenset(map(frozenset, found.values()))

    def neighbours(self, batch: Sequence[Incoming]) -> Neighbourhood:
        """Return which messages are known, and who holds or cites their keys."""
        hood = Neighbourhood()
        for one in batch:
            if known := self.known.get(one.message.id):
                hood.known[one.message.id] = known
            for key in one.looks_up():
                hood.holders[key] = list(self.holders.get(key, {}).values())
            if one.external:
                hood.citations[one.external] = list(self.citations.get(one.external, ()))
        return hood

    def conversations(self, tickets: Iterable[UUID]) -> Iterable[Ticket]:
        """Return every ticket of their conversations."""
        roots = {self.tickets[ticket].root for ticket in tickets}
        return [ticket for ticket in self.tickets.values() if ticket.root in roots]

    def named(self, pairs: Sequence[Pair]) -> Iterable[Pair]:
        """Return those that are so."""
        return self.named_in & set(pairs)

    def waiting(self, pairs: Sequence[Pair]) -> Iterable[Waiting]:
        """Return what waits there."""
        return [one for one in self.waits if (one.target, one.contact) in set(pairs)]

    def crossing(self, tickets: Sequence[UUID]) -> Iterable[Contact]:
        """Return who is named at one and waited for at one."""
        here = {person for ticket, person in self.named_in if ticket in tickets}
        return {one.contact for one in self.waits if one.target in tickets} & here

    def _apply(self, plan: Plan) -> None:
        for message, placed in plan.messages.items():
            self.known[message] = Known(placed.incoming.message.version, placed.ticket, placed.placement)
        for ticket in plan.tickets.values():
            ticket.is_new = False
            self.tickets[ticket.id] = ticket
        for (key, ticket), holder in plan.holders.items():
            self.holders.setdefault(key, {})[ticket] = holder
        for key, citation in plan.citations:
            self.citations.setdefault(key, []).append(citation)
        self.named_in |= set(plan.named)
        self.waits = {one for one in {*self.waits, *plan.waiting} if (one.target, one.message) not in plan.fired}
        self.happenings += plan.happenings
