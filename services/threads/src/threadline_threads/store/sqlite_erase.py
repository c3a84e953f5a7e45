"""Somebody is forgotten in SQLite: who it is, and one conversation after the other."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from secrets import token_bytes
from typing import Final
from uuid import UUID

from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.clues import HintKind
from threadline_threads.erasing.digests import SECRET_BYTES, Erased, digest
from threadline_threads.erasing.people import person_of
from threadline_threads.erasing.shapes import Forgotten, Person, Row, Talk
from threadline_threads.keys import Key, hint_key
from threadline_threads.reading import Severed
from threadline_threads.store import rows
from threadline_threads.store.sqlite_erase_save import write
from threadline_threads.store.sqlite_in import select_in
from threadline_threads.store.sqlite_load import SqliteFacts, moment, stored
from threadline_threads.store.sqlite_people_save import people_by_id

_DRAW: Final = "INSERT OR IGNORE INTO secret (name, value) VALUES ('erased', ?)"
_SECRET: Final = "SELECT value FROM secret WHERE name = 'erased'"  # noqa: S105 - a statement
_ERASED: Final = "SELECT digest, at FROM erased"
_CONDEMN: Final = """
    INSERT INTO erased (digest, at) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET at = max(at, excluded.at)
"""
_UNREAD: Final = """
    SELECT EXISTS (
        SELECT 1 FROM outbox WHERE committed_at <= ?
        AND sequence > coalesce((SELECT sequence FROM cursor WHERE name = 'clerk'), 0))
"""
_TALKS: Final = """
    SELECT DISTINCT t.root FROM clue c JOIN message m ON m.id = c.message JOIN ticket t ON t.id = m.ticket
"""
_CITING: Final = """
    SELECT DISTINCT t.root FROM citation c JOIN message m ON m.id = c.message JOIN ticket t ON t.id = m.ticket
"""
_ROWS: Final = "SELECT id, ticket, placement, content FROM message"
_HINTED: Final = "SELECT message FROM clue"
_SEVERED: Final = "SELECT one, other, by, because, at, link FROM severed"


class SqliteErasing:
    """The forgetting part of the store."""

    _writer: SqliteWriter

    async def condemn(self, contact: UUID, now: datetime) -> Person | None:
        """Note that somebody is to be forgotten."""
        return await self._writer.do(partial(_condemn, contact=contact, now=now))

    async def erased(self) -> Erased:
        """Return who is to be forgotten."""
        return await self._writer.read(_erased)

    async def read_up_to(self, moment: datetime) -> bool:
        """Return whether the clerk has read every event until then."""
        until = stored(moment)
        return not await self._writer.read(lambda db: db.execute(_UNREAD, (until,)).fetchone()[0])

    async def talks_of(self, person: Person, behind: UUID, limit: int) -> Sequence[UUID]:
        """Return the next conversations that show or name somebody."""
        return await self._writer.read(partial(_talks, person=person, behind=behind, limit=limit))

    async def talk(self, root: UUID, person: Person) -> Talk:
        """Return a conversation."""
        return await self._writer.read(partial(_talk, root=root, person=person))

    async def citing(self, keys: Iterable[Key]) -> Sequence[UUID]:
        """Return conversations that reply to what is found by these keys."""
        wanted = list(keys)
        found = await self._writer.read(lambda db: list(select_in(db, _CITING, "c.key", wanted)))
        return [UUID(bytes=root) for root in {root for (root,) in found}]

    async def forget(
        self, root: UUID, forgetting: Callable[[Talk], Forgotten], person: Person, now: datetime
    ) -> Forgotten:
        """Forget somebody in one conversation."""
        return await self._writer.do(partial(_forget, root=root, forgetting=forgetting, person=person, now=now))


def found_by(person: Person) -> list[bytes]:
    """Return the keys of the hints that show or name somebody."""
    return [hint_key(person.desk, HintKind.CONTACT, one) for one in person.identities]


def _condemn(connection: Connection, contact: UUID, now: datetime) -> Person | None:
    people = people_by_id(connection, [contact], now)
    person = person_of(people, contact) if people else None
    if person:
        connection.execute(_DRAW, (token_bytes(SECRET_BYTES),))
        secret = connection.execute(_SECRET).fetchone()[0]
        digests = [(digest(secret, person.desk, one), stored(now)) for one in person.identities]
        connection.executemany(_CONDEMN, digests)
    return person


def _erased(connection: Connection) -> Erased:
    found = connection.execute(_ERASED).fetchall()
    if not found:
        return Erased()
    return Erased(connection.execute(_SECRET).fetchone()[0], {digest: moment(at) for digest, at in found})


def _talks(connection: Connection, person: Person, behind: UUID, limit: int) -> list[UUID]:
    found = {root for (root,) in select_in(connection, _TALKS, "c.key", found_by(person))}
    return [UUID(bytes=root) for root in sorted(found) if root > behind.bytes][:limit]


def _forget(
    connection: Connection, root: UUID, forgetting: Callable[[Talk], Forgotten], person: Person, now: datetime
) -> Forgotten:
    talk = _talk(connection, root, person)
    if not any(ticket.id == root for ticket in talk.tickets):
        return Forgotten()
    result = forgetting(talk)
    write(connection, talk, result, person, now)
    return result


def _talk(connection: Connection, root: UUID, person: Person) -> Talk:
    facts = SqliteFacts(connection)
    tickets = facts.tickets_of([root.bytes])
    ids = [ticket.id.bytes for ticket in tickets]
    hinted = {message for (message,) in select_in(connection, _HINTED, "key", found_by(person))}
    apart = [*select_in(connection, _SEVERED, "one", ids), *select_in(connection, _SEVERED, "other", ids)]
    asked = "SELECT content FROM suggestion"
    suggested = {*select_in(connection, asked, "ticket", ids), *select_in(connection, asked, "other", ids)}
    return Talk(
        tickets=tickets,
        rows=[
            Row(UUID(bytes=one), UUID(bytes=at), rows.placement.decode(why), content)
            for one, at, why, content in select_in(connection, _ROWS, "ticket", ids)
        ],
        hinted=frozenset(UUID(bytes=message) for message in hinted),
        links=facts.links([ticket.id for ticket in tickets]),
        severed=[
            Severed(
                one=UUID(bytes=one),
                other=UUID(bytes=other),
                by=by,
                because=because,
                at=moment(at),
                link=rows.link.decode(link) if link else None,
            )
            for one, other, by, because, at, link in dict.fromkeys(apart)
        ],
        suggestions=[rows.suggestion.decode(content) for (content,) in suggested],
    )
