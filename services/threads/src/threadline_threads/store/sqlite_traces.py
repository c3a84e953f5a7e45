"""The traces of somebody who is forgotten, in SQLite: a part of each table at a time, by its primary key."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.erasing.history import Redactor
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.erasing.shapes import Person
from threadline_threads.erasing.store import SLICES
from threadline_threads.ownership import read_author
from threadline_threads.store import rows
from threadline_threads.store.sqlite_erase import found_by
from threadline_threads.store.sqlite_load import stored

_BY_KEY: Final = "WHERE key >= ? AND key < ?"
_BY_TICKET: Final = "WHERE ticket >= ? AND ticket < ?"
# Asked last, of the few rows that are theirs: a large table has as many tickets.
_OF_DESK: Final = "AND EXISTS (SELECT 1 FROM ticket t WHERE t.id = ticket AND t.desk = ?)"
_HOLDERS: Final = "SELECT key, ticket, by FROM holder"
_HOLDER: Final = "DELETE FROM holder WHERE key = ? AND ticket = ?"
_CITATIONS: Final = "SELECT key, message, speakers, names FROM citation"
_CITATION: Final = "UPDATE citation SET speakers = ?, names = ? WHERE key = ? AND message = ?"
_CLUES: Final = "SELECT key, at, message FROM clue"
_CLUE: Final = "DELETE FROM clue WHERE key = ? AND at = ? AND message = ?"
_UNFOUND: Final = """
    DELETE FROM clue WHERE key = ? AND message IN (SELECT id FROM message WHERE id = clue.message AND committed_at <= ?)
"""
_PARTICIPANTS: Final = "SELECT ticket, contact FROM participant"
_PARTICIPANT: Final = "DELETE FROM participant WHERE ticket = ? AND contact = ?"
_WAITING: Final = "SELECT ticket, contact, message, names FROM waiting"
_UNWAITED: Final = "DELETE FROM waiting WHERE ticket = ? AND contact = ? AND message = ?"
_WAITS: Final = "UPDATE waiting SET names = ? WHERE ticket = ? AND contact = ? AND message = ?"
_COMMANDS: Final = "SELECT id, asked, because FROM command WHERE id > ? ORDER BY id LIMIT ?"
_COMMAND: Final = "UPDATE command SET asked = ?, because = ? WHERE id = ?"
_HISTORY: Final = "SELECT sequence, body FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?"
_REDACTED: Final = "UPDATE outbox SET body = ? WHERE sequence = ?"
_WORDS: Final = "DELETE FROM contact_word WHERE contact = ?"
_LINKS: Final = "DELETE FROM contact_link WHERE desk = ? AND one = ?"
_OTHER_LINKS: Final = "DELETE FROM contact_link WHERE desk = ? AND other = ?"
_IDENTITIES: Final = "DELETE FROM identity WHERE desk = ? AND identity = ? AND since <= ?"
_CONTACTS: Final = """
    UPDATE contact SET name = '', erased_at = ?1, updated_at = ?1, revision = revision + 1
    WHERE id = ?2 AND erased_at IS NOT ?1
"""
_REVISION: Final = "SELECT revision FROM contact WHERE id = ?"


class SqliteTraces:
    """What else the store knows of somebody."""

    _writer: SqliteWriter

    async def forget_traces(self, person: Person, erased: Sequence[UUID], part: int) -> None:
        """Take somebody out of one part of the tables."""
        await self._writer.do(partial(_forget_traces, person=person, erased=erased, part=part))

    async def forget_commands(self, scrubber: Scrubber, behind: str, limit: int) -> str | None:
        """Take somebody out of the next commands."""
        return await self._writer.do(partial(_forget_commands, scrubber=scrubber, behind=behind, limit=limit))

    async def forget_history(self, redactor: Redactor, behind: int, limit: int) -> int | None:
        """Redact the next events."""
        return await self._writer.do(partial(_forget_history, redactor=redactor, behind=behind, limit=limit))

    async def forget_contact(self, person: Person) -> int:
        """Forget identities, links and name."""
        return await self._writer.do(partial(_forget_contact, person=person))


def _forget_traces(connection: Connection, person: Person, erased: Sequence[UUID], part: int) -> None:
    theirs, gone = set(person.identities), {one.bytes for one in erased}

    def clean(statement: str, of: str, choose: Callable[..., tuple[object, ...] | None]) -> None:
        where = _BY_TICKET if of in {_PARTICIPANTS, _WAITING} else _BY_KEY
        found = connection.execute(f"{of} {where}", _bounds(part))
        chosen = [(*values, person.desk) for row in found if (values := choose(*row))]
        connection.executemany(f"{statement} {_OF_DESK}", chosen)

    def without(names: str | None) -> str | None:
        return None if names is None else rows.lines(one for one in rows.from_lines(names) if one not in theirs)

    def cited(key: bytes, message: bytes, *names: str | None) -> tuple[object, ...] | None:
        return _if_new(tuple(map(without, names)), names, key, message)

    def waits(ticket: bytes, who: str, message: bytes, names: str) -> tuple[object, ...] | None:
        return _if_new((without(names),), (names,), ticket, who, message)

    clean(_HOLDER, _HOLDERS, lambda key, at, by: (key, at) if read_author(by).contact in theirs else None)
    clean(_CITATION, _CITATIONS, cited)
    clean(_CLUE, _CLUES, lambda key, at, message: (key, at, message) if message in gone else None)
    clean(_PARTICIPANT, _PARTICIPANTS, lambda ticket, who: (ticket, who) if who in theirs else None)
    clean(_UNWAITED, _WAITING, lambda ticket, who, message, _: (ticket, who, message) if who in theirs else None)
    clean(_WAITS, _WAITING, waits)
    if part == SLICES - 1:
        connection.executemany(_UNFOUND, ((key, stored(person.before)) for key in found_by(person)))


def _if_new(new: tuple[object, ...], old: tuple[object, ...], *where: object) -> tuple[object, ...] | None:
    return (*new, *where) if new != old else None


def _forget_commands(connection: Connection, scrubber: Scrubber, behind: str, limit: int) -> str | None:
    found = connection.execute(_COMMANDS, (behind, limit)).fetchall()
    for command, asked, because in found:
        new = scrubber.json(asked), scrubber.reason(because)
        if new != (asked, because):
            connection.execute(_COMMAND, (*new, command))
    return str(found[-1][0]) if found else None


def _forget_history(connection: Connection, redactor: Redactor, behind: int, limit: int) -> int | None:
    found = connection.execute(_HISTORY, (behind, limit)).fetchall()
    redacted = [(new, number) for number, body in found if (new := redactor.event(body))]
    connection.executemany(_REDACTED, redacted)
    return int(found[-1][0]) if found else None


def _forget_contact(connection: Connection, person: Person) -> int:
    before = stored(person.before)
    connection.executemany(_WORDS, ((one.bytes,) for one in person.contacts))
    for statement in (_LINKS, _OTHER_LINKS):
        connection.executemany(statement, ((person.desk, one) for one in person.identities))
    connection.executemany(_IDENTITIES, ((person.desk, one, before) for one in person.identities))
    connection.executemany(_CONTACTS, ((before, one.bytes) for one in person.contacts))
    found = connection.execute(_REVISION, (person.contact.bytes,)).fetchone()
    return int(found[0]) if found else 0


def _bounds(part: int) -> tuple[bytes, bytes]:
    """Return the bounds of one part of all keys and ids: the first in it, and the first behind it."""
    width = 256 // SLICES
    end = (part + 1) * width
    return bytes([part * width]), bytes([end]) if end < 256 else bytes([255] * 32)  # noqa: PLR2004 - of a byte
