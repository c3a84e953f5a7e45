"""The facts round a batch, read from SQLite, on the connection that holds the write lock."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final
from uuid import UUID

from threadline_contracts.ticket import Link, Status
from threadline_shared.sqlite import Connection
from threadline_threads.clues import Clue
from threadline_threads.hood import Apart, Holder, Known, Lead, Naming, Neighbourhood, Pair, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.leads import MOST_LEADS, Span, relevant, spans
from threadline_threads.store import rows
from threadline_threads.tickets import MAX_LINKS, Ticket

_CLUES: Final = """
    SELECT message, ticket, condition, at, channel, ours, marked FROM clue WHERE key = ? AND at BETWEEN ? AND ?
    ORDER BY at DESC, message DESC LIMIT ?
"""
_LINKS_AT: Final = """
    SELECT child, parent, rule, because, by, at FROM link WHERE child = ?
    UNION SELECT * FROM (
        SELECT child, parent, rule, because, by, at FROM link WHERE parent = ? ORDER BY at DESC, child LIMIT ?)
"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_VALUES: Final = 5000  # of one statement; SQLite takes 32,766


class SqliteFacts:
    """Facts of one file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def neighbours(self, batch: Sequence[Incoming]) -> Neighbourhood:
        """Return which messages of the batch are known, and who holds or cites its keys."""
        hood = Neighbourhood()
        ids = (one.message.id.bytes for one in batch)
        for message, version, ticket, placement in self._in(
            "SELECT id, version, ticket, placement FROM message", "id", ids
        ):
            hood.known[UUID(bytes=message)] = Known(version, UUID(bytes=ticket), rows.placement.decode(placement))
        keys = (key for one in batch for key in one.looks_up())
        for key, ticket, plain, by in self._in("SELECT key, ticket, plain, by FROM holder", "key", keys):
            hood.holders[key].append(Holder(UUID(bytes=ticket), bool(plain), by))
        held = (one.external for one in batch if one.external)
        for key, message, ticket, speakers, names in self._in(
            "SELECT key, message, ticket, speakers, names FROM citation", "key", held
        ):
            hood.citations[key].append(rows.citation(UUID(bytes=message), UUID(bytes=ticket), speakers, names))
        if asked := spans(batch):
            hood.leads.update(relevant(batch, self._leads(asked)))
        return hood

    def _leads(self, asked: Iterable[Span]) -> Iterator[Lead]:
        for one in asked:
            values = one.key, stored(one.since), stored(one.until), MOST_LEADS
            for message, ticket, name, at, channel, ours, marked in self._connection.execute(_CLUES, values):
                if condition := rows.condition(name):
                    clue = Clue(one.key, condition, moment(at), channel, bool(ours), bool(marked))
                    yield Lead(UUID(bytes=message), UUID(bytes=ticket), clue)

    def surroundings(self, tickets: Iterable[UUID]) -> tuple[Sequence[Ticket], Sequence[tuple[UUID, UUID]]]:
        """Return these tickets and their roots, and of all others of these conversations id and root."""
        ids = {ticket.bytes for ticket in tickets}
        roots = {root for (root,) in self._in("SELECT root FROM ticket", "id", ids)}
        select = f"SELECT {rows.TICKET_COLUMNS} FROM ticket"  # noqa: S608 - our own column names
        read = [ticket_of(row) for row in self._in(select, "id", ids | roots)]
        members = self._in("SELECT id, root FROM ticket", "root <> id AND root", roots)
        others = [(UUID(bytes=one), UUID(bytes=root)) for one, root in members if one not in ids]
        return rows.with_links(read, self._newest_links(rows.linked(read, others))), others

    def _newest_links(self, tickets: Iterable[UUID]) -> list[Link]:
        """Return the link of each of these tickets to another, and the newest to them."""
        found: set[tuple[Any, ...]] = set()
        for ticket in tickets:
            found.update(self._connection.execute(_LINKS_AT, (ticket.bytes, ticket.bytes, MAX_LINKS)))
        return [link_of(row) for row in found]

    def conversations(self, tickets: Iterable[UUID]) -> Sequence[Ticket]:
        """Return every ticket of the conversations of these tickets."""
        ids = (ticket.bytes for ticket in tickets)
        roots = {root for (root,) in self._in("SELECT root FROM ticket", "id", ids)}
        return self.tickets_of(roots)

    def tickets_of(self, roots: Iterable[bytes]) -> Sequence[Ticket]:
        """Return every ticket of some roots."""
        roots = list(roots)
        select = f"SELECT {rows.TICKET_COLUMNS} FROM ticket"  # noqa: S608 - our own column names
        found = [*self._in(select, "id", roots), *self._in(select, "root <> id AND root", roots)]
        tickets = [ticket_of(row) for row in found]
        return rows.with_links(tickets, self.links(rows.merged_somewhere(tickets)))

    def links(self, tickets: Iterable[UUID]) -> list[Link]:
        """Return the links that have one of these tickets at an end."""
        ends = [ticket.bytes for ticket in tickets]
        select = "SELECT child, parent, rule, because, by, at FROM link"
        found = {*self._in(select, "child", ends), *self._in(select, "parent", ends)}
        return [link_of(row) for row in found]

    def named(self, pairs: Sequence[Pair]) -> list[Naming]:
        """Return who of the pairs of a ticket and a contact is named there and takes part, and by what."""
        found = self._pairs("SELECT f.ticket, f.contact, via", "participant", pairs)
        return [(UUID(bytes=ticket), contact, via) for ticket, contact, via in found]

    def waiting(self, pairs: Sequence[Pair]) -> list[Waiting]:
        """Return what waits at a ticket for a contact."""
        found = self._pairs("SELECT f.ticket, f.contact, message, source, cited, names, strict", "waiting", pairs)
        return [
            Waiting(
                UUID(bytes=ticket),
                contact,
                UUID(bytes=message),
                UUID(bytes=source) if source else None,
                cited,
                rows.from_lines(names),
                bool(strict),
            )
            for ticket, contact, message, source, cited, names, strict in found
        ]

    def crossing(self, tickets: Sequence[UUID]) -> list[Contact]:
        """Return the contacts that take part at one of these tickets and are waited for at another."""
        ids = [ticket.bytes for ticket in tickets]
        named = {contact for (contact,) in self._in("SELECT contact FROM participant", "ticket", ids)}
        return [
            contact
            for (contact,) in self._in("SELECT DISTINCT contact FROM waiting", "ticket", ids)
            if contact in named
        ]

    def severed(self, tickets: Sequence[UUID]) -> list[Apart]:
        """Return what is kept apart from these tickets."""
        ids = [ticket.bytes for ticket in tickets]
        select = "SELECT one, other, by FROM severed"
        found = {*self._in(select, "one", ids), *self._in(select, "other", ids)}
        return [Apart(UUID(bytes=one), UUID(bytes=other), by) for one, other, by in found]

    def suggested(self, suggestions: Iterable[UUID]) -> list[UUID]:
        """Return which of these suggestions are there."""
        ids = (one.bytes for one in suggestions)
        return [UUID(bytes=known) for (known,) in self._in("SELECT id FROM suggestion", "id", ids)]

    def _in(self, select: str, column: str, values: Iterable[bytes]) -> Iterator[tuple[Any, ...]]:
        for some in _chunks(list(dict.fromkeys(values))):
            marks = ",".join("?" * len(some))
            yield from self._connection.execute(f"{select} WHERE {column} IN ({marks})", some)

    def _pairs(self, select: str, table: str, pairs: Sequence[Pair]) -> Iterator[tuple[Any, ...]]:
        for some in _chunks(pairs):
            asked = ",".join(["(?,?)"] * len(some))
            # CROSS JOIN keeps SQLite from walking the whole table and looking into the pairs instead.
            yield from self._connection.execute(
                f"WITH asked (ticket, contact) AS (VALUES {asked}) {select} FROM asked CROSS JOIN {table} f "
                "ON f.ticket = asked.ticket AND f.contact = asked.contact",
                list(chain.from_iterable((ticket.bytes, contact) for ticket, contact in some)),
            )


def ticket_of(row: Sequence[Any]) -> Ticket:
    """Return a ticket, still without its links."""
    return Ticket(
        id=UUID(bytes=row[0]),
        desk=row[1],
        reference=row[2],
        root=UUID(bytes=row[3]),
        status=Status(row[4]),
        revision=row[5],
        subject=row[6],
        channels=rows.from_lines(row[7]),
        accounts=rows.from_lines(row[8]),
        message_count=row[9],
        contact=rows.party.decode(row[10]),
        created_at=moment(row[11]),
        updated_at=moment(row[12]),
        active_at=moment(row[13]),
        last_message=UUID(bytes=row[14]),
        follows=UUID(bytes=row[15]) if row[15] else None,
        followed_by=UUID(bytes=row[16]) if row[16] else None,
        solved_at=moment(row[17]) if row[17] is not None else None,
    )


def link_of(row: Sequence[Any]) -> Link:
    """Return a link."""
    child, parent, rule, because, by, at = row
    return Link(child=UUID(bytes=child), parent=UUID(bytes=parent), rule=rule, because=because, by=by, at=moment(at))


def moment(microseconds: int) -> datetime:
    """Return a stored moment."""
    return _EPOCH + timedelta(microseconds=microseconds)


def stored(at: datetime) -> int:
    """Return a moment as it is stored."""
    return (at - _EPOCH) // _MICROSECOND


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _VALUES):
        yield values[start : start + _VALUES]
