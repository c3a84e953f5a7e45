"""What is left of a conversation in which somebody was forgotten, written to SQLite."""

from datetime import datetime
from itertools import product
from typing import Final

from threadline_shared.sqlite import Connection
from threadline_threads.erasing.shapes import Forgotten, Person, Talk
from threadline_threads.plan import Plan
from threadline_threads.store import rows
from threadline_threads.store.sqlite_blobs import loosen
from threadline_threads.store.sqlite_load import stored
from threadline_threads.store.sqlite_save import save

_MESSAGE: Final = "UPDATE message SET content = ?, placement = ?, external_id = ? WHERE id = ? RETURNING number"
_WORDS: Final = "INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)"
_TICKETS: Final = "UPDATE ticket SET subject = ?, contact = ?, revision = ?, updated_at = ? WHERE id = ?"
_LINKS: Final = "UPDATE link SET because = ? WHERE child = ?"
_SEVERED: Final = "UPDATE severed SET because = ?, link = ? WHERE one = ? AND other = ?"
_SUGGESTIONS: Final = "UPDATE suggestion SET content = ? WHERE id = ?"
_UNHELD: Final = "DELETE FROM holder WHERE key = ? AND ticket = ?"
_UNCITED: Final = "DELETE FROM citation WHERE key = ? AND message = ?"
_UNNAMED: Final = "DELETE FROM participant WHERE ticket = ? AND contact = ?"
_VIA: Final = "UPDATE participant SET via = '' WHERE ticket = ? AND via = ?"
_UNWAITED: Final = "DELETE FROM waiting WHERE ticket = ? AND message = ?"
_UNWAITED_ID: Final = "DELETE FROM waiting WHERE ticket = ? AND cited = ?"
_UNWAITED_WHO: Final = "DELETE FROM waiting WHERE ticket = ? AND contact = ?"
_WAIT_NO_MORE: Final = "DELETE FROM waiting WHERE source = ? AND message = ?"


def write(connection: Connection, talk: Talk, result: Forgotten, person: Person, now: datetime) -> None:
    """Write it, and tell it."""
    _save(connection, result)
    tickets, gone = [ticket.id.bytes for ticket in talk.tickets], [one.bytes for one in result.erased]
    connection.executemany(_UNHELD, product(result.keys, tickets))
    connection.executemany(_UNCITED, ((key, message.bytes) for key, message in result.cited))
    connection.executemany(_UNNAMED, product(tickets, person.identities))
    connection.executemany(_VIA, product(tickets, result.externals))
    connection.executemany(_UNWAITED, product(tickets, gone))
    connection.executemany(_UNWAITED_ID, product(tickets, result.externals))
    connection.executemany(_UNWAITED_WHO, product(tickets, person.identities))
    connection.executemany(_WAIT_NO_MORE, product(tickets, gone))
    loosen(connection, result.blobs, person.desk, now)
    save(connection, Plan(), result.announcements, now)


def _save(connection: Connection, result: Forgotten) -> None:
    for one in result.messages:
        values = (one.content, rows.encode(one.placement), one.external_id, one.id.bytes)
        for (number,) in connection.execute(_MESSAGE, values).fetchall():
            connection.execute(_WORDS, (number, one.words))
    connection.executemany(
        _TICKETS,
        (
            (t.subject, rows.encode(t.contact), t.revision, stored(t.updated_at), t.id.bytes)
            for t in result.tickets.values()
        ),
    )
    connection.executemany(_LINKS, ((link.because, link.child.bytes) for link in result.links))
    connection.executemany(
        _SEVERED,
        ((s.because, rows.encode(s.link) if s.link else None, s.one.bytes, s.other.bytes) for s in result.severed),
    )
    connection.executemany(_SUGGESTIONS, ((rows.encode(one), one.id.bytes) for one in result.suggestions))
