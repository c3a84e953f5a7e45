"""Somebody is forgotten in PostgreSQL: who it is, and one conversation after the other.

A conversation is changed under the lock of its root, as by everybody (docs/decisions/0011).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from secrets import token_bytes
from typing import Final
from uuid import UUID

from threadline_threads.clues import HintKind
from threadline_threads.erasing.digests import SECRET_BYTES, Erased, digest
from threadline_threads.erasing.people import person_of
from threadline_threads.erasing.shapes import Forgotten, Person, Row, Talk
from threadline_threads.keys import Key, hint_key
from threadline_threads.reading import Severed
from threadline_threads.store import postgres_load as load
from threadline_threads.store import rows
from threadline_threads.store.postgres_erase_save import write
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox
from threadline_threads.store.postgres_people_save import lock_people, people_by_id
from threadline_threads.store.postgres_transaction import attempted, transaction

_DRAW: Final = "INSERT INTO threads.secret (name, value) VALUES ('erased', $1) ON CONFLICT DO NOTHING"
_SECRET: Final = "SELECT value FROM threads.secret WHERE name = 'erased'"  # noqa: S105 - a statement
_ERASED: Final = "SELECT digest, at FROM threads.erased ORDER BY digest"
_CONDEMN: Final = """
    INSERT INTO threads.erased (digest, at) SELECT digest, $2 FROM unnest($1::bytea[]) AS digest
    ON CONFLICT (digest) DO UPDATE SET at = greatest(threads.erased.at, excluded.at)
"""
_UNREAD: Final = """
    SELECT EXISTS (SELECT FROM threads.outbox WHERE sequence IS NULL AND committed_at <= $1)
        OR EXISTS (
            SELECT FROM threads.outbox WHERE committed_at <= $1
            AND sequence > coalesce((SELECT sequence FROM threads.cursor WHERE name = 'clerk'), 0))
"""
_TALKS: Final = """
    SELECT DISTINCT t.root FROM unnest($1::bytea[]) AS asked (key) JOIN threads.clue c ON c.key = asked.key
    JOIN threads.message m ON m.id = c.message JOIN threads.ticket t ON t.id = m.ticket
    WHERE t.root > $2 ORDER BY t.root LIMIT $3
"""
_CITING: Final = """
    SELECT DISTINCT t.root FROM threads.citation c JOIN threads.message m ON m.id = c.message
    JOIN threads.ticket t ON t.id = m.ticket WHERE c.key = ANY($1)
"""
_ROWS: Final = "SELECT id, ticket, placement, content FROM threads.message WHERE ticket = ANY($1)"
_HINTED: Final = "SELECT message FROM threads.clue WHERE key = ANY($1) AND message = ANY($2)"
_SEVERED: Final = """
    SELECT one, other, by, because, at, link FROM threads.severed WHERE one = ANY($1)
    UNION SELECT one, other, by, because, at, link FROM threads.severed WHERE other = ANY($1)
"""
_ASKED: Final = """
    SELECT id FROM threads.suggestion WHERE ticket = ANY($1)
    UNION SELECT id FROM threads.suggestion WHERE other = ANY($1)
"""
# In the order of their ids: the clerk settles suggestions, too.
_SUGGESTIONS: Final = "SELECT content FROM threads.suggestion WHERE id = ANY($1) ORDER BY id FOR UPDATE"


class PostgresErasing(PostgresOutbox):
    """The forgetting part of the store."""

    async def condemn(self, contact: UUID, now: datetime) -> Person | None:
        """Note that somebody is to be forgotten."""
        return await attempted(partial(self._condemn, contact, now))

    async def erased(self) -> Erased:
        """Return who is to be forgotten."""
        with errors_named():
            found = await self._pool.fetch(_ERASED)
            return Erased(await self._pool.fetchval(_SECRET), dict(map(tuple, found))) if found else Erased()

    async def read_up_to(self, moment: datetime) -> bool:
        """Return whether the clerk has read every event until then."""
        with errors_named():
            return not await self._pool.fetchval(_UNREAD, moment)

    async def talks_of(self, person: Person, behind: UUID, limit: int) -> Sequence[UUID]:
        """Return the next conversations that show or name somebody."""
        with errors_named():
            return [root for (root,) in await self._pool.fetch(_TALKS, found_by(person), behind, limit)]

    async def talk(self, root: UUID, person: Person) -> Talk:
        """Return a conversation."""
        with errors_named():
            async with self._pool.acquire() as connection, connection.transaction():
                return await _talk(connection, root, person)

    async def citing(self, keys: Iterable[Key]) -> Sequence[UUID]:
        """Return conversations that reply to what is found by these keys."""
        with errors_named():
            return [root for (root,) in await self._pool.fetch(_CITING, list(keys))]

    async def forget(
        self, root: UUID, forgetting: Callable[[Talk], Forgotten], person: Person, now: datetime
    ) -> Forgotten:
        """Forget somebody in one conversation."""
        return await attempted(partial(self._forget, root, forgetting, person, now))

    async def _condemn(self, contact: UUID, now: datetime) -> Person | None:
        async with transaction(self._pool) as connection:
            await lock_people(connection)
            people = await people_by_id(connection, [contact], now)
            person = person_of(people, contact) if people else None
            if person:
                await connection.execute(_DRAW, token_bytes(SECRET_BYTES))
                secret = await connection.fetchval(_SECRET)
                digests = [digest(secret, person.desk, one) for one in person.identities]
                await connection.execute(_CONDEMN, digests, now)
            return person

    async def _forget(
        self, root: UUID, forgetting: Callable[[Talk], Forgotten], person: Person, now: datetime
    ) -> Forgotten:
        async with transaction(self._pool) as connection:
            if not await load.lock(connection, [root]):
                return Forgotten()
            talk = await _talk(connection, root, person)
            result = forgetting(talk)
            await write(connection, talk, result, person, now)
            return result


def found_by(person: Person) -> list[bytes]:
    """Return the keys of the hints that show or name somebody."""
    return [hint_key(person.desk, HintKind.CONTACT, one) for one in person.identities]


async def _talk(connection: Connection, root: UUID, person: Person) -> Talk:
    tickets = await load.conversations(connection, [root])
    ids = [ticket.id for ticket in tickets]
    asked = [one for (one,) in await connection.fetch(_ASKED, ids)]
    messages = await connection.fetch(_ROWS, ids)
    hinted = await connection.fetch(_HINTED, found_by(person), [row[0] for row in messages])
    return Talk(
        tickets=tickets,
        rows=[Row(one, at, rows.placement.decode(why), content) for one, at, why, content in messages],
        hinted=frozenset(message for (message,) in hinted),
        links=await load.links(connection, ids),
        severed=[
            Severed(one=one, other=other, by=by, because=because, at=at, link=rows.link.decode(link) if link else None)
            for one, other, by, because, at, link in await connection.fetch(_SEVERED, ids)
        ],
        suggestions=[rows.suggestion.decode(one) for (one,) in await connection.fetch(_SUGGESTIONS, asked)],
    )
