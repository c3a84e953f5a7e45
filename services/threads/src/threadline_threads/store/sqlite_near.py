"""What is stored round some messages and people, read from SQLite."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from threadline_shared.sqlite import Connection
from threadline_threads.clerk.candidates import Surroundings, asked_hints, cited_keys, own_key
from threadline_threads.clerk.late import Home
from threadline_threads.clerk.lessons import ClueRow, Opener, Whose
from threadline_threads.hood import Naming, Waiting
from threadline_threads.identity import Contact
from threadline_threads.keys import Key
from threadline_threads.store import rows
from threadline_threads.store.sqlite_in import select_in
from threadline_threads.store.sqlite_load import moment, ticket_of
from threadline_threads.tickets import Ticket

MOST_CLUES: Final = 30  # messages with one thing in common: the newest
MOST_WAITING: Final = 1000  # replies that are looked at again for one batch
_OTHERS: Final = """
    SELECT o.identity FROM identity a JOIN identity o ON o.owner = a.owner AND o.identity <> a.identity
    WHERE a.desk = ? AND a.identity = ?
"""
_OWNED: Final = "SELECT desk, identity FROM identity WHERE owner = ?"
_WAITING: Final = "SELECT ticket, contact, message, source, cited, strict FROM waiting"
_REPLIES: Final = f"AND source IS NOT NULL LIMIT {MOST_WAITING}"
_PART: Final = "SELECT via FROM participant WHERE ticket = ? AND contact = ?"
_FOLLOWER: Final = "SELECT r.followed_by FROM ticket t JOIN ticket r ON r.id = t.root WHERE t.id = ?"
_CLUES: Final = f"""
    SELECT key, at, message, ticket, condition, channel, ours, marked FROM clue
    WHERE key = ? ORDER BY at DESC LIMIT {MOST_CLUES}
"""  # noqa: S608 - a number of ours


class _Text(Struct):
    text: str = ""


_text: Final = msgspec.json.Decoder(_Text)


def groups(connection: Connection, people: Iterable[Whose], contacts: Iterable[UUID]) -> dict[Whose, list[Contact]]:
    """Return the other identities of the contacts of some identities, and of some contacts; none for one alone."""
    found: dict[Whose, list[Contact]] = {}
    owned = (row for contact in contacts for row in connection.execute(_OWNED, (contact.bytes,)))
    agenda: list[Whose] = [*people, *((desk, who) for desk, who in owned)]
    for desk, who in agenda:
        if (desk, who) not in found:
            others = [other for (other,) in connection.execute(_OTHERS, (desk, who))]
            found[desk, who] = others
            agenda.extend((desk, other) for other in others)
    return {whose: others for whose, others in found.items() if others}


def waiting_for(connection: Connection, people: Iterable[Whose]) -> list[Waiting]:
    """Return the replies that wait for some people."""
    found = select_in(connection, _WAITING, "contact", (who for _, who in people), after=_REPLIES)
    return [_waiting(row) for row in found]


def waiting_at(connection: Connection, tickets: Iterable[UUID]) -> list[tuple[str, Waiting]]:
    """Return the replies that wait in the conversations of some tickets, with their desks."""
    members = {home.id: home for home in _members(connection, tickets)}
    found = select_in(connection, _WAITING, "ticket", (one.bytes for one in members), after=_REPLIES)
    return [(members[one.target].desk, one) for one in map(_waiting, found)]


def homes(connection: Connection, waiting: Iterable[Waiting]) -> dict[UUID, Home]:
    """Return every ticket of the conversations in which replies wait, and those of the replies."""
    ends = {end for one in waiting for end in (one.target, one.source) if end}
    return {home.id: home for home in _members(connection, ends)}


def named(connection: Connection, tickets: Iterable[UUID], groups: Iterable[Whose]) -> list[Naming]:
    """Return who of some people takes part in tickets."""
    people = {who for _, who in groups}
    return [
        (ticket, who, via)
        for ticket in tickets
        for who in people
        for (via,) in connection.execute(_PART, (ticket.bytes, who))
    ]


def newest(connection: Connection, ticket: UUID) -> UUID:
    """Return the ticket that goes on for one: its newest follower, if its conversation was over."""
    passed: set[UUID] = set()
    while ticket not in passed:
        passed.add(ticket)
        found = connection.execute(_FOLLOWER, (ticket.bytes,)).fetchone()
        ticket = UUID(bytes=found[0]) if found and found[0] else ticket
    return ticket


def surroundings(connection: Connection, openers: Sequence[Opener]) -> Surroundings:
    """Return what is stored round some messages."""
    people = {(one.message.desk, who) for one in openers for who in one.proved}
    near = Surroundings(groups=groups(connection, people, ()))
    keys = {key for one in openers for key in asked_hints(one, near.groups)}
    near.clues = {key: [_clue(row) for row in connection.execute(_CLUES, (key,))] for key in keys}
    cited = {key for one in openers for key in cited_keys(one)}
    near.cited = _by_key(select_in(connection, "SELECT key, ticket FROM holder", "plain AND key", cited))
    own = {key for one in openers if (key := own_key(one))}
    citing = select_in(connection, "SELECT key, ticket FROM citation", "speakers IS NOT NULL AND key", own)
    near.citing = _by_key(citing)
    messages = {clue.message.bytes for found in near.clues.values() for clue in found}
    at_home = select_in(connection, "SELECT id, ticket FROM message", "id", messages)
    near.homes = {UUID(bytes=message): UUID(bytes=ticket) for message, ticket in at_home}
    others = chain(near.homes.values(), *near.cited.values(), *near.citing.values())
    near.tickets = _tickets(connection, {*others, *(one.ticket for one in openers)})
    return near


def numbered(connection: Connection, keys: Iterable[Key]) -> dict[Key, UUID]:
    """Return the tickets of the messages with these numbers."""
    found = select_in(connection, "SELECT key, ticket FROM holder", "plain AND key", keys)
    return {key: UUID(bytes=ticket) for key, ticket in found}


def texts(connection: Connection, messages: Iterable[UUID]) -> dict[UUID, str]:
    """Return the texts of messages."""
    found = select_in(connection, "SELECT id, content FROM message", "id", (one.bytes for one in messages))
    return {UUID(bytes=message): _text.decode(content).text for message, content in found}


def _members(connection: Connection, tickets: Iterable[UUID]) -> list[Home]:
    """Return every ticket of the conversations of some tickets."""
    ids = (ticket.bytes for ticket in tickets)
    roots = {root for (root,) in select_in(connection, "SELECT root FROM ticket", "id", ids)}
    select = "SELECT id, desk, root FROM ticket"
    found = [*select_in(connection, select, "id", roots), *select_in(connection, select, "root <> id AND root", roots)]
    return [Home(UUID(bytes=ticket), desk, UUID(bytes=root)) for ticket, desk, root in found]


def _tickets(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Ticket]:
    """Return tickets and their roots."""
    select = f"SELECT {rows.TICKET_COLUMNS} FROM ticket"  # noqa: S608 - our own column names
    tickets = [ticket_of(row) for row in select_in(connection, select, "id", (one.bytes for one in ids))]
    roots = {ticket.root.bytes for ticket in tickets}
    tickets += [ticket_of(row) for row in select_in(connection, select, "id", roots)]
    return {ticket.id: ticket for ticket in tickets}


def _by_key(found: Iterable[tuple[Key, bytes]]) -> dict[Key, list[UUID]]:
    by_key: defaultdict[Key, list[UUID]] = defaultdict(list)
    for key, ticket in found:
        by_key[key].append(UUID(bytes=ticket))
    return dict(by_key)


def _clue(row: Sequence[Any]) -> ClueRow:
    key, at, message, ticket, kind, channel, ours, marked = row
    return ClueRow(
        key, moment(at), UUID(bytes=message), UUID(bytes=ticket), kind, channel, bool(ours), proved=bool(marked)
    )


def _waiting(row: Sequence[Any]) -> Waiting:
    ticket, contact, message, source, cited, strict = row
    return Waiting(
        UUID(bytes=ticket), contact, UUID(bytes=message), UUID(bytes=source), cited=cited, strict=bool(strict)
    )
