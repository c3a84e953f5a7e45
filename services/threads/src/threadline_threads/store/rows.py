"""What rows hold, on both databases: lists as lines, structs as JSON. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from threadline_contracts.message import InboundMessage, Party
from threadline_contracts.ticket import Link, Placement, Suggestion
from threadline_threads.hood import Citation
from threadline_threads.policy import Condition
from threadline_threads.tickets import Ticket

TICKET_COLUMNS: Final = (
    "id, desk, reference, root, status, revision, subject, channels, accounts, message_count, contact, created_at, "
    "updated_at, active_at, last_message, follows, followed_by, solved_at"
)
party: Final = msgspec.json.Decoder(Party)
placement: Final = msgspec.json.Decoder(Placement)
message: Final = msgspec.json.Decoder(InboundMessage)
suggestion: Final = msgspec.json.Decoder(Suggestion)
link: Final = msgspec.json.Decoder(Link)
_CONDITIONS: Final = {str(one): one for one in Condition}
encode: Final = msgspec.json.Encoder().encode


def lines(items: Iterable[str]) -> str:
    """Return names as lines; a name's own line ends are lost."""
    return "\n".join(" ".join(item.split("\n")) for item in items)


def from_lines(text: str) -> tuple[str, ...]:
    """Return the names of lines."""
    return tuple(text.split("\n")) if text else ()


def citation(message: UUID, ticket: UUID, speakers: str | None, names: str) -> Citation:
    """Return a citation as stored."""
    return Citation(message, ticket, None if speakers is None else from_lines(speakers), from_lines(names))


def condition(text: str) -> Condition | None:
    """Return a condition of a clue as stored; None for what is no clue (a hint), or a later version's."""
    return _CONDITIONS.get(text)


def linked(tickets: Iterable[Ticket], members: Iterable[tuple[UUID, UUID]]) -> list[UUID]:
    """Return the tickets that may have links: those whose conversation has other members, or that are such ones."""
    roots = {root for _, root in members} | {ticket.root for ticket in tickets if ticket.root != ticket.id}
    return [ticket.id for ticket in tickets if ticket.root in roots]


def with_links(tickets: Sequence[Ticket], links: Iterable[Link]) -> Sequence[Ticket]:
    """Give each ticket the links that it is an end of, oldest first."""
    ends: defaultdict[UUID, list[Link]] = defaultdict(list)
    for link in sorted(links, key=lambda link: link.at):
        ends[link.child].append(link)
        ends[link.parent].append(link)
    for ticket in tickets:
        ticket.links = tuple(ends[ticket.id])
    return tickets


def merged_somewhere(tickets: Iterable[Ticket]) -> list[UUID]:
    """Return the tickets that have links: those of conversations of more than one."""
    members: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for ticket in tickets:
        members[ticket.root].append(ticket.id)
    return [one for group in members.values() if len(group) > 1 for one in group]
