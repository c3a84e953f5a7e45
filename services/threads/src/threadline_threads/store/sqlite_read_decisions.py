"""Read-only views of what is suggested and what people decided, in a SQLite file."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Raw

from threadline_contracts.ticket import Suggestion
from threadline_shared.sqlite import Connection
from threadline_threads.reading import CommandRecord, Conversation, Note, Severed, SuggestionPage, SuggestionView
from threadline_threads.store import assemble, rows
from threadline_threads.store.sqlite_load import moment, stored
from threadline_threads.store.sqlite_read_contacts import headers

MOST_COMMANDS: Final = 100  # of a conversation: the newest
_OPEN: Final = "SELECT content FROM suggestion WHERE status = 'open' ORDER BY at DESC, id DESC LIMIT ?"
_OPEN_BEHIND: Final = """
    SELECT content FROM suggestion WHERE status = 'open' AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?
"""
_OPEN_OF: Final = """
    SELECT content FROM suggestion WHERE ticket = ?1 AND status = 'open'
    UNION SELECT content FROM suggestion WHERE other = ?1 AND status = 'open'
"""
_SEVERED: Final = """
    SELECT one, other, by, because, at, link FROM severed WHERE one = ?1
    UNION SELECT one, other, by, because, at, link FROM severed WHERE other = ?1
"""
_OPEN_COUNT: Final = """
    SELECT count(*) FROM (
        SELECT DISTINCT min(t.root, o.root), max(t.root, o.root)
        FROM suggestion s JOIN ticket t ON t.id = s.ticket JOIN ticket o ON o.id = s.other
        WHERE s.status = 'open' AND t.root <> o.root)
"""
_NOTES: Final = """
    SELECT o.message, o.type, o.committed_at, o.body FROM message m JOIN outbox o ON o.message = m.id
    WHERE m.ticket = ? AND (o.type = 'ticket.reopened.v1' OR o.type LIKE 'security.%')
"""
_COMMAND: Final = "SELECT id, type, by, asked, answer, because, at FROM command WHERE id = ? AND answer <> ''"
_ABOUT: Final = "SELECT ticket FROM command_ticket WHERE command = ? ORDER BY position, ticket"
_HISTORY: Final = "SELECT command FROM command_ticket WHERE ticket = ?"


def suggestions(connection: Connection, cursor: str, limit: int) -> SuggestionPage:
    """Return one page of open suggestions."""
    if cursor:
        at, last = assemble.behind(cursor)
        found = connection.execute(_OPEN_BEHIND, (stored(at), last.bytes, limit + 1))
    else:
        found = connection.execute(_OPEN, (limit + 1,))
    asked = [rows.suggestion.decode(content) for (content,) in found]
    return assemble.suggestion_page(asked, headers(connection, _ends(asked)), limit)


def open_suggestions(connection: Connection) -> int:
    """Return between how many pairs of conversations suggestions are open."""
    return int(connection.execute(_OPEN_COUNT).fetchone()[0])


def command(connection: Connection, command: str) -> CommandRecord | None:
    """Return what became of a command."""
    found = connection.execute(_COMMAND, (command,)).fetchone()
    return _command(connection, found) if found else None


def with_decisions(connection: Connection, of: Conversation) -> Conversation:
    """Return a conversation with what is suggested and was decided about it."""
    tickets = [of.ticket.id, *(ticket.id for ticket in of.merged)]
    severed = {row for ticket in tickets for row in connection.execute(_SEVERED, (ticket.bytes,))}
    known = assemble.noted(of, [note for ticket in tickets for note in _notes(connection, ticket)])
    return assemble.decided(known, _views(connection, tickets), map(_severed, severed), _history(connection, tickets))


def _views(connection: Connection, tickets: Sequence[UUID]) -> list[SuggestionView]:
    contents = {row[0] for ticket in tickets for row in connection.execute(_OPEN_OF, (ticket.bytes,))}
    found = [rows.suggestion.decode(content) for content in contents]
    return list(assemble.views(found, headers(connection, _ends(found))))


def _notes(connection: Connection, ticket: UUID) -> list[Note]:
    found = connection.execute(_NOTES, (ticket.bytes,))
    return [assemble.note(UUID(bytes=message), kind, moment(at), body) for message, kind, at, body in found]


def _ends(found: Sequence[Suggestion]) -> list[UUID]:
    return list({ticket for one in found for ticket in (one.ticket, one.other)})


def _severed(row: Sequence[Any]) -> Severed:
    one, other, by, because, at, link = row
    undone = rows.link.decode(link) if link else None
    return Severed(one=UUID(bytes=one), other=UUID(bytes=other), by=by, because=because, at=moment(at), link=undone)


def _history(connection: Connection, tickets: Sequence[UUID]) -> list[CommandRecord]:
    names = {name for ticket in tickets for (name,) in connection.execute(_HISTORY, (ticket.bytes,))}
    found = [record for name in names if (record := command(connection, name))]
    return sorted(found, key=lambda record: (record.at, record.id))[-MOST_COMMANDS:]


def _command(connection: Connection, row: Sequence[Any]) -> CommandRecord:
    id_, kind, by, asked, answer, because, at = row
    tickets = tuple(UUID(bytes=ticket) for (ticket,) in connection.execute(_ABOUT, (id_,)))
    return CommandRecord(
        id=id_,
        type=kind,
        by=by,
        asked=Raw(asked),
        answer=answer,
        because=because,
        tickets=tickets,
        at=moment(at),
    )
