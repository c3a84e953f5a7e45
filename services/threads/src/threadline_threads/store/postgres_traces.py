"""The traces of somebody who is forgotten, in PostgreSQL: a part of each table at a time, by its primary key."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from threadline_threads.erasing.history import Redactor
from threadline_threads.erasing.scrubbing import Scrubber
from threadline_threads.erasing.shapes import Person
from threadline_threads.erasing.store import SLICES
from threadline_threads.store.postgres_erase import found_by
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_outbox import PostgresOutbox
from threadline_threads.store.postgres_people_save import lock_people
from threadline_threads.store.postgres_transaction import transaction

# Whose an external id is, without rank and time (ownership.py).
_HOLDERS: Final = r"""
    DELETE FROM threads.holder h WHERE h.key >= $1 AND h.key < $2
        AND regexp_replace(h.by, '^[0-3] -?[0-9]+ ', '') = ANY($3)
        AND EXISTS (SELECT FROM threads.ticket t WHERE t.id = h.ticket AND t.desk = $4)
"""
_CITATIONS: Final = r"""
    UPDATE threads.citation c SET
        speakers = array_to_string(ARRAY(
            SELECT one FROM unnest(string_to_array(c.speakers, E'\n')) AS one WHERE one <> ALL($3)), E'\n'),
        names = array_to_string(ARRAY(
            SELECT one FROM unnest(string_to_array(c.names, E'\n')) AS one WHERE one <> ALL($3)), E'\n')
    WHERE c.key >= $1 AND c.key < $2 AND c.speakers IS NOT NULL
        AND (string_to_array(c.speakers, E'\n') && $3::text[] OR string_to_array(c.names, E'\n') && $3::text[])
        AND EXISTS (SELECT FROM threads.ticket t WHERE t.id = c.ticket AND t.desk = $4)
"""
_OUR_CITATIONS: Final = r"""
    UPDATE threads.citation c SET names = array_to_string(ARRAY(
        SELECT one FROM unnest(string_to_array(c.names, E'\n')) AS one WHERE one <> ALL($3)), E'\n')
    WHERE c.key >= $1 AND c.key < $2 AND c.speakers IS NULL AND string_to_array(c.names, E'\n') && $3::text[]
        AND EXISTS (SELECT FROM threads.ticket t WHERE t.id = c.ticket AND t.desk = $4)
"""
_CLUES: Final = "DELETE FROM threads.clue WHERE key >= $1 AND key < $2 AND message = ANY($3)"
_UNFOUND: Final = """
    DELETE FROM threads.clue c USING threads.message m WHERE c.key = ANY($1) AND m.id = c.message
        AND (m.id = ANY($2) OR m.committed_at <= $3)
"""
_PARTICIPANTS: Final = """
    DELETE FROM threads.participant p WHERE p.ticket >= $1 AND p.ticket <= $2 AND p.contact = ANY($3)
        AND EXISTS (SELECT FROM threads.ticket t WHERE t.id = p.ticket AND t.desk = $4)
"""
_WAITING: Final = r"""
    UPDATE threads.waiting w SET names = array_to_string(ARRAY(
        SELECT one FROM unnest(string_to_array(w.names, E'\n')) AS one WHERE one <> ALL($3)), E'\n')
    WHERE w.ticket >= $1 AND w.ticket <= $2 AND string_to_array(w.names, E'\n') && $3::text[]
        AND EXISTS (SELECT FROM threads.ticket t WHERE t.id = w.ticket AND t.desk = $4)
"""
_WAITED_FOR: Final = """
    DELETE FROM threads.waiting w WHERE w.contact = ANY($1)
        AND EXISTS (SELECT FROM threads.ticket t WHERE t.id = w.ticket AND t.desk = $2)
"""
_COMMANDS: Final = "SELECT id, asked, because FROM threads.command WHERE id > $1 ORDER BY id LIMIT $2"
_COMMAND: Final = "UPDATE threads.command SET asked = $2, because = $3 WHERE id = $1"
_HISTORY: Final = "SELECT id, body FROM threads.outbox WHERE id > $1 ORDER BY id LIMIT $2"
_REDACTED: Final = """
    UPDATE threads.outbox o SET body = new.body FROM unnest($1::bigint[], $2::bytea[]) AS new (id, body)
    WHERE o.id = new.id
"""
_WORDS: Final = "DELETE FROM threads.contact_word WHERE contact = ANY($1)"
_LINKS: Final = "DELETE FROM threads.contact_link WHERE desk = $1 AND one = ANY($2)"
_OTHER_LINKS: Final = "DELETE FROM threads.contact_link WHERE desk = $1 AND other = ANY($2)"
_IDENTITIES: Final = "DELETE FROM threads.identity WHERE desk = $1 AND identity = ANY($2) AND since <= $3"
_CONTACTS: Final = """
    UPDATE threads.contact SET name = '', erased_at = $2, updated_at = $2, revision = revision + 1
    WHERE id = ANY($1) AND erased_at IS DISTINCT FROM $2
"""
_REVISION: Final = "SELECT revision FROM threads.contact WHERE id = $1"


class PostgresTraces(PostgresOutbox):
    """What else the store knows of somebody."""

    async def forget_traces(self, person: Person, erased: Sequence[UUID], part: int) -> None:
        """Take somebody out of one part of the tables."""
        keys, ids = _keys(part), _ids(part)
        whom = person.identities, person.desk
        with errors_named():
            async with transaction(self._pool) as connection:
                for statement in (_HOLDERS, _CITATIONS, _OUR_CITATIONS):
                    await connection.execute(statement, *keys, *whom)
                await connection.execute(_CLUES, *keys, erased)
                for statement in (_PARTICIPANTS, _WAITING):
                    await connection.execute(statement, *ids, *whom)
                await connection.execute(_WAITED_FOR, *whom)
                if part == SLICES - 1:
                    await connection.execute(_UNFOUND, found_by(person), erased, person.before)

    async def forget_commands(self, scrubber: Scrubber, behind: str, limit: int) -> str | None:
        """Take somebody out of the next commands."""
        with errors_named():
            found = await self._pool.fetch(_COMMANDS, behind, limit)
            for command, asked, because in found:
                new = scrubber.json(asked), scrubber.reason(because)
                if new != (asked, because):
                    await self._pool.execute(_COMMAND, command, *new)
        return str(found[-1][0]) if found else None

    async def forget_history(self, redactor: Redactor, behind: int, limit: int) -> int | None:
        """Redact the next events."""
        with errors_named():
            found = await self._pool.fetch(_HISTORY, behind, limit)
            redacted = [(number, new) for number, body in found if (new := redactor.event(body))]
            if redacted:
                await self._pool.execute(_REDACTED, *zip(*redacted, strict=True))
        return int(found[-1][0]) if found else None

    async def forget_contact(self, person: Person) -> int:
        """Forget identities, links and name."""
        with errors_named():
            async with transaction(self._pool) as connection:
                await lock_people(connection)
                await connection.execute(_WORDS, person.contacts)
                for statement in (_LINKS, _OTHER_LINKS):
                    await connection.execute(statement, person.desk, person.identities)
                await connection.execute(_IDENTITIES, person.desk, person.identities, person.before)
                await connection.execute(_CONTACTS, person.contacts, person.before)
                return int(await connection.fetchval(_REVISION, person.contact) or 0)


def _keys(part: int) -> tuple[bytes, bytes]:
    """Return the bounds of one part of all keys: the first in it, and the first behind it."""
    width = 256 // SLICES
    end = (part + 1) * width
    return bytes([part * width]), bytes([end]) if end < 256 else bytes([255] * 32)  # noqa: PLR2004 - of a byte


def _ids(part: int) -> tuple[UUID, UUID]:
    """Return the first and the last id of one part of all ids."""
    width = 2**128 // SLICES
    return UUID(int=part * width), UUID(int=(part + 1) * width - 1)
