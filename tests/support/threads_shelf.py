"""A store of plain dictionaries for `decide`, and mails in few words."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from support.messages import NOON, a_message, a_person
from support.threads import ACCOUNTS, RING, Partition, incomings, number_of
from threadline_contracts.ids import message_id, reference_of
from threadline_contracts.message import Assurance, Direction, Evidence, InboundMessage
from threadline_contracts.ticket import Placement, Suggestion
from threadline_contracts.tokens import sign_token
from threadline_threads.hood import Apart, Citation, Holder, Known, Lead, Naming, Neighbourhood, Pair, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.leads import relevant
from threadline_threads.plan import Happening, Plan
from threadline_threads.store.loading import make_plan
from threadline_threads.tickets import Ticket

US = "us"


def a_mail(
    name: str,
    by: str = "ana@a.example",
    *,
    to: Sequence[str] = (),
    cites: Sequence[str] = (),
    tokens: Sequence[str] = (),
    claimed: bool = False,
    desk: str = "main",
    account: str = ACCOUNTS[0],
) -> InboundMessage:
    """Return a mail to our mailbox (or from it: `by` US); `cites` names other mails, `to` whom else it goes to."""
    ours = by == US
    assurance = Assurance.CLAIMED if claimed else Assurance.ASSERTED
    return a_message(
        name,
        desk=desk,
        account=account,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        sender=a_person(account if ours else by, assurance=assurance),
        recipients=tuple(map(a_person, to if ours else (account, *to))),
        evidence=Evidence(references=tuple(f"{cited}@example.org" for cited in cites), tokens=tuple(tokens)),
    )


def verified(mail: InboundMessage) -> InboundMessage:
    """Return a mail whose sender is proved by its channel."""
    (who,) = mail.sender.identities
    return replace(mail, sender=replace(mail.sender, identities=(replace(who, assurance=Assurance.VERIFIED),)))


def a_copy(of: InboundMessage, account: str = ACCOUNTS[1]) -> InboundMessage:
    """Return the same mail as another department gets it."""
    known = message_id(of.desk, of.channel, account, of.fingerprint)
    return replace(of, id=known, reference=reference_of(known), account=account)


def a_token(of: InboundMessage, *, key: str = "k1", secret: bytes | None = None) -> str:
    """Return our signed token of a message."""
    return sign_token(of.desk, of.reference, key, secret or RING[key])


class Shelf:
    """What `decide` planned, kept in dictionaries: the plainest store there can be."""

    def __init__(self) -> None:
        self.known: dict[UUID, Known] = {}
        self.tickets: dict[UUID, Ticket] = {}
        self.holders: dict[Key, dict[UUID, Holder]] = {}
        self.citations: dict[Key, list[Citation]] = {}
        self.leads: list[Lead] = []
        self.named_in: dict[Pair, str] = {}
        self.waits: dict[tuple[UUID, Contact, UUID], Waiting] = {}
        self.apart: list[Apart] = []
        self.suggestions: dict[UUID, Suggestion] = {}
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
            found.setdefault(self.tickets[known.ticket].root, set()).add(number_of(message))
        return frozenset(map(frozenset, found.values()))

    def home(self, message: InboundMessage) -> UUID:
        """Return the home ticket of a message."""
        return self.known[message.id].ticket

    def root(self, message: InboundMessage) -> UUID:
        """Return the ticket that speaks for a message's conversation."""
        return self.tickets[self.home(message)].root

    def why(self, message: InboundMessage) -> Placement:
        """Return why a message is where it is."""
        return self.known[message.id].placement

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
        hood.leads.update(relevant(batch, self.leads))
        return hood

    def surroundings(self, tickets: Iterable[UUID]) -> tuple[Iterable[Ticket], Iterable[tuple[UUID, UUID]]]:
        """Return these tickets and their roots, and which others there are."""
        wanted = set(tickets)
        members = self.conversations(wanted)
        read = wanted | {ticket.root for ticket in members}
        return (
            [ticket for ticket in members if ticket.id in read],
            [(ticket.id, ticket.root) for ticket in members if ticket.id not in read],
        )

    def conversations(self, tickets: Iterable[UUID]) -> Iterable[Ticket]:
        """Return every ticket of their conversations."""
        roots = {self.tickets[ticket].root for ticket in tickets}
        return [ticket for ticket in self.tickets.values() if ticket.root in roots]

    def named(self, pairs: Sequence[Pair]) -> Iterable[Naming]:
        """Return those that are so, and by what."""
        return [(ticket, person, self.named_in[ticket, person]) for ticket, person in self.named_in.keys() & set(pairs)]

    def waiting(self, pairs: Sequence[Pair]) -> Iterable[Waiting]:
        """Return what waits there."""
        return [one for one in self.waits.values() if (one.target, one.contact) in set(pairs)]

    def crossing(self, tickets: Sequence[UUID]) -> Iterable[Contact]:
        """Return who is named at one and waited for at one."""
        here = {person for ticket, person in self.named_in if ticket in tickets}
        return {one.contact for one in self.waits.values() if one.target in tickets} & here

    def severed(self, tickets: Sequence[UUID]) -> Iterable[Apart]:
        """Return what is kept apart from these."""
        return [pair for pair in self.apart if {pair.one, pair.other} & set(tickets)]

    def suggested(self, suggestions: Iterable[UUID]) -> Iterable[UUID]:
        """Return those that were made."""
        return self.suggestions.keys() & set(suggestions)

    def _apply(self, plan: Plan) -> None:
        for message, placed in plan.messages.items():
            self.known[message] = Known(placed.incoming.message.version, placed.ticket, placed.placement)
        self.tickets |= plan.tickets
        for (key, ticket), holder in plan.holders.items():
            self.holders.setdefault(key, {})[ticket] = holder
        for key, citation in plan.citations:
            self.citations.setdefault(key, []).append(citation)
        self.leads += plan.leads
        self.named_in |= plan.named
        for one in plan.waiting:
            known = self.waits.setdefault((one.target, one.contact, one.message), one)
            if known != one:
                self.waits[one.target, one.contact, one.message] = replace(known, strict=False)
        self.waits = {
            key: one
            for key, one in self.waits.items()
            if (one.target, one.message) not in plan.fired and (one.target, one.cited) not in plan.forgotten
        }
        self.apart += [Apart(one.one, one.other, one.by) for one in plan.severed]
        self.suggestions = {**plan.suggestions, **self.suggestions}
        self.happenings += plan.happenings
