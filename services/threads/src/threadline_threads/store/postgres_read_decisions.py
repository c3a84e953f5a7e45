"""Read-only views of what is suggested and what people decided, in PostgreSQL."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
from msgspec import Raw

from threadline_contracts.ticket import Suggestion
from threadline_threads.reading import CommandRecord, Conversation, Severed, SuggestionPage, SuggestionView
from threadline_threads.store import assemble, rows
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_read_contacts import headers

MOST_COMMANDS: Final = 100  # of a conversation: the newest
_OPEN: Final = "SELECT content FROM threads.suggestion WHERE status = 'open' ORDER BY at DESC, id DESC LIMIT $1"
_OPEN_BEHIND: Final = """
    SELECT content FROM threads.suggestion WHERE status = 'open' AND (at, id) < ($2, $3)
    ORDER BY at DESC, id DESC LIMIT $1
"""
_OPEN_OF: Final = """
    SELECT content FROM threads.suggestion WHERE ticket = ANY($1) AND status = 'open'
    UNION SELECT content FROM threads.suggestion WHERE other = ANY($1) AND status = 'open'
"""
_SEVERED: Final = """
    SELECT one, other, by, because, at, link FROM threads.severed WHERE one = ANY($1)
    UNION SELECT one, other, by, because, at, link FROM threads.severed WHERE other = ANY($1)
"""
_OPEN_COUNT: Final = """
    SELECT count(*) FROM (
        SELECT DISTINCT least(t.root, o.root), greatest(t.root, o.root)
        FROM threads.suggestion s JOIN threads.ticket t ON t.id = s.ticket JOIN threads.ticket o ON o.id = s.other
        WHERE s.status = 'open' AND t.root <> o.root) AS pairs
"""
_NOTES: Final = """
    SELECT message, type, committed_at, body FROM threads.outbox
    WHERE message = ANY($1) AND (type = 'ticket.reopened.v1' OR type LIKE 'security.%')
"""
_COMMAND: Final = """
    SELECT id, type, by, asked, answer, because, tickets, at FROM threads.command WHERE id = $1 AND answer <> ''
"""
_HISTORY: Final = f"""
    SELECT id, type, by, asked, answer, because, tickets, at FROM threads.command
    WHERE tickets && $1::uuid[] ORDER BY at DESC, id DESC LIMIT {MOST_COMMANDS}
"""  # noqa: S608 - a number of ours


async def suggestions(connection: Connection, cursor: str, limit: int) -> SuggestionPage:
    """Return one page of open suggestions."""
    if cursor:
        found = await connection.fetch(_OPEN_BEHIND, limit + 1, *assemble.behind(cursor))
    else:
        found = await connection.fetch(_OPEN, limit + 1)
    asked = [rows.suggestion.decode(content) for (content,) in found]
    return assemble.suggestion_page(asked, await headers(connection, _ends(asked)), limit)


async def open_suggestions(connection: Connection) -> int:
    """Return between how many pairs of conversations suggestions are open."""
    return int(await connection.fetchval(_OPEN_COUNT))


async def command(connection: Connection, command: str) -> CommandRecord | None:
    """Return what became of a command."""
    found = await connection.fetchrow(_COMMAND, command)
    return _command(found) if found else None


async def with_decisions(connection: Connection, of: Conversation) -> Conversation:
    """Return a conversation with what is suggested and was decided about it."""
    tickets = [of.ticket.id, *(ticket.id for ticket in of.merged)]
    severed = [_severed(row) for row in await connection.fetch(_SEVERED, tickets)]
    history = [_command(row) for row in await connection.fetch(_HISTORY, tickets)]
    notes = await connection.fetch(_NOTES, [placed.message.id for placed in of.messages])
    of = assemble.noted(of, [assemble.note(*row) for row in notes])
    return assemble.decided(of, await _views(connection, tickets), severed, history)


async def _views(connection: Connection, tickets: Sequence[UUID]) -> list[SuggestionView]:
    found = [rows.suggestion.decode(content) for (content,) in await connection.fetch(_OPEN_OF, tickets)]
    return list(assemble.views(found, await headers(connection, _ends(found)))) if found else []


def _ends(found: Sequence[Suggestion]) -> list[UUID]:
    return list({ticket for one in found for ticket in (one.ticket, one.other)})


def _severed(row: asyncpg.Record) -> Severed:
    one, other, by, because, at, link = row
    undone = rows.link.decode(link) if link else None
    return Severed(one=one, other=other, by=by, because=because, at=at, link=undone)


def _command(row: asyncpg.Record) -> CommandRecord:
    return CommandRecord(
        id=row["id"],
        type=row["type"],
        by=row["by"],
        asked=Raw(row["asked"]),
        answer=row["answer"],
        because=row["because"],
        tickets=tuple(row["tickets"]),
        at=row["at"],
    )
