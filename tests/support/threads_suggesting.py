"""Messages that opened tickets, and what is proposed for them."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from msgspec import Raw

from support.messages import NOON
from support.threads_clerk import CLERK_TERMS
from threadline_contracts.codec import encode, make_event
from threadline_contracts.message import InboundMessage
from threadline_contracts.ticket import Placement, Status
from threadline_contracts.topology import EventType
from threadline_threads.clerk.candidates import Surroundings, candidates
from threadline_threads.clerk.lessons import Lesson, Opener, lesson
from threadline_threads.clerk.proposing import Proposal
from threadline_threads.clerk.scoring import proposal
from threadline_threads.plan import Told
from threadline_threads.reading import StoredEvent
from threadline_threads.terms import Terms
from threadline_threads.tickets import Ticket, open_ticket


def a_ticket(message: InboundMessage, *, status: Status = Status.OPEN, age: int = 0) -> Ticket:
    """Return a ticket that a message opened."""
    ticket = open_ticket(message, NOON + timedelta(minutes=age))
    ticket.status = status
    ticket.add(message, NOON)
    return ticket


def opened(message: InboundMessage, *, rule: str = "open") -> StoredEvent:
    """Return the event of a message that opened a ticket."""
    ticket = a_ticket(message)
    placement = Placement(rule=rule, because="It cites no earlier message.")
    content = Raw(msgspec.json.encode(message))
    data = Told(ticket.header(), content, placement)
    event = make_event(EventType.TICKET_OPENED, data, about=ticket.id, revision=1, source="threads", time=NOON)
    return StoredEvent(sequence=1, type=EventType.TICKET_OPENED, body=encode(event))


def learnt(*messages: InboundMessage, terms: Terms = CLERK_TERMS) -> Lesson:
    """Return what the events of these messages say, if each opened a ticket."""
    return lesson(map(opened, messages), terms)


def opener(message: InboundMessage, terms: Terms = CLERK_TERMS) -> Opener:
    """Return a message that opened a ticket."""
    (found,) = learnt(message, terms=terms).openers
    return found


def near(*tickets: Ticket, messages: Sequence[InboundMessage], terms: Terms = CLERK_TERMS) -> Surroundings:
    """Return what is stored once these messages have come, each in its own ticket."""
    rows = learnt(*messages, terms=terms).clues
    clues = {row.key: [other for other in rows if other.key == row.key] for row in rows}
    homes = {message.id: open_ticket(message, NOON).id for message in messages}
    return Surroundings(clues=clues, homes=homes, tickets={ticket.id: ticket for ticket in tickets})


def suggested(
    earlier: InboundMessage, later: InboundMessage, *, terms: Terms = CLERK_TERMS, status: Status = Status.OPEN
) -> Proposal | None:
    """Return what is proposed for `later`, if only `earlier` came before."""
    around = near(a_ticket(earlier, status=status), a_ticket(later, age=1), messages=(earlier, later), terms=terms)
    found = candidates(opener(later, terms), around)
    return proposal(found[0], {earlier.id: earlier.text}, terms.policy, terms.customs) if found else None


def codes(found: Proposal | None) -> list[str]:
    """Return the codes of the reasons, strongest first."""
    return [reason.code for reason in found.reasons] if found else []
