"""What a command must know, read from SQLite, on the connection that holds the write lock."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from threadline_contracts.ticket import Suggestion
from threadline_shared.sqlite import Connection
from threadline_threads.commands.facts import (
    Concern,
    Facts,
    Kept,
    Moving,
    Newest,
    Reread,
    ids_to_know,
    keys_to_know,
)
from threadline_threads.hood import Citation, Holder, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.reading import Severed
from threadline_threads.store import rows
from threadline_threads.store.sqlite_load import SqliteFacts, moment

_HOME: Final = "SELECT ticket FROM message WHERE id = ?"
_ENDS: Final = "SELECT ticket, other FROM suggestion WHERE id = ?"
_NEWEST: Final = """
    SELECT committed_at, id FROM message WHERE ticket = ? AND id IS NOT ? ORDER BY committed_at DESC, id DESC LIMIT 1
"""
_SEVERED: Final = """
    SELECT one, other, by, because, at, link FROM severed WHERE one = ?
    UNION SELECT one, other, by, because, at, link FROM severed WHERE other = ?
"""
_OPEN: Final = """
    SELECT content FROM suggestion WHERE ticket = ? AND status = 'open'
    UNION SELECT content FROM suggestion WHERE other = ? AND status = 'open'
"""
_SUGGESTION: Final = "SELECT content FROM suggestion WHERE id = ?"
_MOVING: Final = "SELECT ticket, placement, committed_at, content FROM message WHERE id = ?"
_REMAINING: Final = "SELECT content, committed_at FROM message WHERE ticket = ? AND id <> ? ORDER BY committed_at, id"
_OLDEST: Final = """
    SELECT content, committed_at FROM message WHERE ticket = ? AND id <> ? ORDER BY committed_at, id LIMIT 1
"""
_HELD: Final = "SELECT plain, by FROM holder WHERE key = ? AND ticket = ?"
_TAKING_PART: Final = "SELECT contact, via FROM participant WHERE ticket = ?"
_WAITING: Final = "SELECT ticket, contact, message, source, cited, names, strict FROM waiting WHERE ticket = ?"
_CITING: Final = "SELECT message, ticket, speakers, names FROM citation WHERE key = ?"
_CITED_TOO: Final = "SELECT message, ticket, speakers, names FROM citation WHERE key = ? AND message = ?"


def named(connection: Connection, concern: Concern) -> set[UUID]:
    """Return the tickets that a command is about, as far as they are known now."""
    found = [ticket.bytes for ticket in concern.tickets]
    if concern.message:
        found += [ticket for (ticket,) in connection.execute(_HOME, (concern.message.bytes,))]
    if concern.suggestion:
        found += [end for ends in connection.execute(_ENDS, (concern.suggestion.bytes,)) for end in ends]
    return {UUID(bytes=ticket) for ticket in found}


def facts(connection: Connection, concern: Concern, reread: Reread | None) -> Facts:
    """Return what is stored about the conversations concerned, and about what else a command names."""
    found = Facts(SqliteFacts(connection).conversations(named(connection, concern)))
    leaving = concern.message.bytes if concern.message else None
    found.newest = {
        ticket: Newest(moment(at), UUID(bytes=message))
        for ticket in found.tickets
        for at, message in connection.execute(_NEWEST, (ticket.bytes, leaving))
    }
    found.severed = [
        _severed(row) for ticket in found.tickets for row in connection.execute(_SEVERED, (ticket.bytes, ticket.bytes))
    ]
    found.suggestions = {one.id: one for one in _suggestions(connection, concern, found)}
    if concern.message and reread:
        found.moving = _moving(connection, concern.message, found, reread)
    return found


def _suggestions(connection: Connection, concern: Concern, known: Facts) -> Iterator[Suggestion]:
    asked: list[tuple[str, tuple[bytes, ...]]] = [(_OPEN, (ticket.bytes, ticket.bytes)) for ticket in known.tickets]
    if concern.suggestion:
        asked.append((_SUGGESTION, (concern.suggestion.bytes,)))
    for statement, values in asked:
        yield from (rows.suggestion.decode(content) for (content,) in connection.execute(statement, values))


def _moving(connection: Connection, message: UUID, known: Facts, reread: Reread) -> Moving | None:
    row = connection.execute(_MOVING, (message.bytes,)).fetchone()
    if row is None:
        return None
    home, kept = UUID(bytes=row[0]), Kept(reread(row[3]), moment(row[2]))
    remaining = _kept(connection, _REMAINING, home, message, reread)
    others = known.conversation(home) - {home}
    waiting = [_waiting(found) for found in connection.execute(_WAITING, (home.bytes,))]
    return Moving(
        kept=kept,
        home=home,
        placement=rows.placement.decode(row[1]),
        remaining=remaining,
        heading=None if remaining else _oldest(connection, others, message, reread),
        holders=_held(connection, keys_to_know(kept.incoming, remaining), home),
        named=_taking_part(connection, [home]),
        elsewhere=frozenset(_taking_part(connection, others)),
        waiting=waiting,
        citations=_citations(connection, kept.incoming, ids_to_know(kept.incoming, remaining), waiting),
    )


def _kept(connection: Connection, statement: str, ticket: UUID, message: UUID, reread: Reread) -> list[Kept]:
    found = connection.execute(statement, (ticket.bytes, message.bytes)).fetchall()
    return [Kept(reread(content), moment(at)) for content, at in found]


def _oldest(connection: Connection, tickets: Iterable[UUID], message: UUID, reread: Reread) -> Incoming | None:
    found = [one for ticket in tickets for one in _kept(connection, _OLDEST, ticket, message, reread)]
    oldest = min(found, key=lambda one: (one.committed_at, one.incoming.message.id), default=None)
    return oldest.incoming if oldest else None


def _held(connection: Connection, keys: Iterable[Key], home: UUID) -> dict[Key, Holder]:
    return {
        key: Holder(home, bool(plain), by) for key in keys for plain, by in connection.execute(_HELD, (key, home.bytes))
    }


def _taking_part(connection: Connection, tickets: Iterable[UUID]) -> dict[Contact, str]:
    return dict(row for ticket in tickets for row in connection.execute(_TAKING_PART, (ticket.bytes,)))


def _citations(
    connection: Connection, one: Incoming, others: Iterable[Key], waiting: Sequence[Waiting]
) -> dict[Key, Sequence[Citation]]:
    found: dict[Key, Sequence[Citation]] = {}
    if one.external and waiting:
        found[one.external] = [_citation(row) for row in connection.execute(_CITING, (one.external,))]
    messages = {wait.message.bytes for wait in waiting}
    for key in others:
        citing = [row for message in messages for row in connection.execute(_CITED_TOO, (key, message))]
        found[key] = [_citation(row) for row in citing]
    return found


def _citation(row: Sequence[Any]) -> Citation:
    message, ticket, speakers, names = row
    return rows.citation(UUID(bytes=message), UUID(bytes=ticket), speakers, names)


def _waiting(row: Sequence[Any]) -> Waiting:
    ticket, contact, message, source, cited, names, strict = row
    return Waiting(
        UUID(bytes=ticket),
        contact,
        UUID(bytes=message),
        UUID(bytes=source) if source else None,
        cited,
        rows.from_lines(names),
        bool(strict),
    )


def _severed(row: Sequence[Any]) -> Severed:
    one, other, by, because, at, link = row
    undone = rows.link.decode(link) if link else None
    return Severed(one=UUID(bytes=one), other=UUID(bytes=other), by=by, because=because, at=moment(at), link=undone)
