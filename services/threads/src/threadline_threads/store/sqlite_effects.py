"""What a command changes, written to SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from threadline_contracts.ticket import Suggestion
from threadline_shared.sqlite import Connection
from threadline_threads.commands.change import Effect, Move
from threadline_threads.events import announcement
from threadline_threads.reading import Severed
from threadline_threads.store import rows
from threadline_threads.store.sqlite_load import stored
from threadline_threads.store.sqlite_save import save

_MOVE: Final = "UPDATE message SET ticket = ?, placement = ? WHERE id = ?"
_MOVE_CITATIONS: Final = "UPDATE citation SET ticket = ? WHERE key = ? AND message = ?"
_MOVE_WAITING: Final = "UPDATE waiting SET source = ? WHERE message = ? AND source = ?"
_MOVE_CLUES: Final = "UPDATE clue SET ticket = ? WHERE key = ? AND at = ? AND message = ?"
_UNHELD: Final = "DELETE FROM holder WHERE key = ? AND ticket = ?"
_UNNAMED: Final = "DELETE FROM participant WHERE ticket = ? AND contact = ?"
_UNWAITED: Final = "DELETE FROM waiting WHERE ticket = ? AND contact = ? AND message = ?"
_HEADING: Final = "UPDATE ticket SET subject = ?, contact = ? WHERE id = ?"
_UNLINK: Final = "DELETE FROM link WHERE child = ?"
_LIFT: Final = "DELETE FROM severed WHERE one = ? AND other = ?"
_SEVER: Final = "INSERT OR REPLACE INTO severed (one, other, by, because, at, link) VALUES (?, ?, ?, ?, ?, ?)"
_SETTLE: Final = "UPDATE suggestion SET status = ?, settled_at = ?, content = ? WHERE id = ?"


def write(connection: Connection, effect: Effect, now: datetime) -> None:
    """Write an effect, and what it announces."""
    if effect.move:
        _move(connection, effect.move)
    if heading := effect.heading:
        connection.execute(_HEADING, (heading.subject, rows.encode(heading.contact), heading.ticket.bytes))
    connection.executemany(_UNLINK, ((child.bytes,) for child in effect.unlinked))
    connection.executemany(_LIFT, ((pair.one.bytes, pair.other.bytes) for pair in effect.lifted))
    connection.executemany(_SEVER, map(_severed, effect.severed))
    connection.executemany(_SETTLE, map(_settled, effect.settled))
    announcements = [announcement(happening, now) for happening in effect.plan.happenings]
    save(connection, effect.plan, announcements, now)


def _move(connection: Connection, move: Move) -> None:
    message, source, ticket = move.message.bytes, move.source.bytes, move.ticket.bytes
    connection.execute(_MOVE, (ticket, rows.encode(move.placement), message))
    connection.executemany(_MOVE_CITATIONS, ((ticket, key, message) for key in move.cites))
    connection.execute(_MOVE_WAITING, (ticket, message, source))
    connection.executemany(_MOVE_CLUES, ((ticket, key, stored(move.sent_at), message) for key in move.clues))
    connection.executemany(_UNHELD, ((key, holder.bytes) for key, holder in move.unheld))
    connection.executemany(_UNNAMED, ((home.bytes, contact) for home, contact in move.unnamed))
    connection.executemany(_UNWAITED, ((one.target.bytes, one.contact, one.message.bytes) for one in move.unwaited))


def _severed(pair: Severed) -> Sequence[Any]:
    link = rows.encode(pair.link) if pair.link else None
    return pair.one.bytes, pair.other.bytes, pair.by, pair.because, stored(pair.at), link


def _settled(one: Suggestion) -> Sequence[Any]:
    return one.status, stored(one.settled_at) if one.settled_at else None, rows.encode(one), one.id.bytes
