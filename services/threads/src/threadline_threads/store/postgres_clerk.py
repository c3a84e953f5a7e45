"""What the clerk keeps in PostgreSQL. One at a time: the row of its position is its lock, and that of contacts."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from threadline_threads.clerk.candidates import Surroundings
from threadline_threads.clerk.concluding import Present, conclude
from threadline_threads.clerk.late import Due, due
from threadline_threads.clerk.lessons import ClueRow, Lesson, Opener
from threadline_threads.events import announcement
from threadline_threads.keys import Key
from threadline_threads.plan import Happening, Plan
from threadline_threads.reading import StoredEvent
from threadline_threads.store import postgres_near as near
from threadline_threads.store.clerk_protocol import Conclude, Learn, Study
from threadline_threads.store.postgres_errors import errors_named
from threadline_threads.store.postgres_load import Connection
from threadline_threads.store.postgres_outbox import PostgresOutbox
from threadline_threads.store.postgres_people_save import people_of, save_people
from threadline_threads.store.postgres_save import save
from threadline_threads.store.postgres_suggestions import present, save_suggestions
from threadline_threads.store.postgres_transaction import attempted, transaction

_READY: Final = "INSERT INTO threads.cursor (name, sequence) VALUES ('clerk', 0) ON CONFLICT DO NOTHING"
_TURN: Final = "SELECT sequence FROM threads.cursor WHERE name = 'clerk' FOR UPDATE SKIP LOCKED"
_LOCK: Final = "SELECT sequence FROM threads.cursor WHERE name = 'clerk' FOR UPDATE"
_POSITION: Final = "SELECT coalesce((SELECT sequence FROM threads.cursor WHERE name = 'clerk'), 0)"
_HISTORY: Final = "SELECT coalesce((SELECT sequence FROM threads.cursor WHERE name = 'history'), 0)"
_MOVE: Final = "UPDATE threads.cursor SET sequence = $1 WHERE name = 'clerk'"
_EVENTS: Final = """
    SELECT sequence, type, body, committed_at FROM threads.outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2
"""
_NEXT: Final = "SELECT committed_at FROM threads.outbox WHERE sequence > $1 ORDER BY sequence LIMIT 1"
_CLUES: Final = """
    INSERT INTO threads.clue (key, at, message, ticket, condition, channel, ours, marked)
    SELECT * FROM unnest($1::bytea[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::boolean[],
        $8::boolean[])
    ON CONFLICT DO NOTHING
"""


class PostgresClerk(PostgresOutbox):
    """The clerk's part of the store."""

    async def study(self, limit: int, learn: Learn, now: datetime) -> Study | None:
        """Read the next events, and keep whom they show and what else they have."""
        return await attempted(partial(self._study, limit, learn, now))

    async def due(self, lesson: Lesson) -> Sequence[Due]:
        """Return the joins that are due."""
        with errors_named():
            async with self._pool.acquire() as connection:
                return await _due(connection, lesson)

    async def surroundings(self, openers: Sequence[Opener]) -> Surroundings:
        """Return what is stored round some messages."""
        with errors_named():
            async with self._pool.acquire() as connection:
                return await near.surroundings(connection, openers)

    async def numbered(self, keys: Sequence[Key]) -> Mapping[Key, UUID]:
        """Return the tickets of the messages with these numbers."""
        with errors_named():
            async with self._pool.acquire() as connection:
                return await near.numbered(connection, keys)

    async def texts(self, messages: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return the texts of messages."""
        with errors_named():
            async with self._pool.acquire() as connection:
                return await near.texts(connection, messages)

    async def conclude(self, concluded: Conclude, now: datetime) -> int | None:
        """Settle and make suggestions, and move the position."""
        return await attempted(partial(self._conclude, concluded, now))

    async def history(self) -> int:
        """Return the last event that an earlier release left."""
        with errors_named():
            return int(await self._pool.fetchval(_HISTORY))

    async def position(self) -> tuple[int, datetime | None]:
        """Return behind which event the clerk is, and since when the next one waits."""
        with errors_named():
            async with self._pool.acquire() as connection:
                after = await connection.fetchval(_POSITION)
                return after, await connection.fetchval(_NEXT, after)

    async def _study(self, limit: int, learn: Learn, now: datetime) -> Study | None:
        async with transaction(self._pool) as connection:
            await connection.execute(_READY)
            after = await connection.fetchval(_TURN)
            if after is None:
                return None
            found = await connection.fetch(_EVENTS, after, limit)
            events = [StoredEvent(sequence=row["sequence"], type=row["type"], body=row["body"]) for row in found]
            learnt = await asyncio.to_thread(learn, events)  # messages come in meanwhile
            happenings = await _meet(connection, learnt, now)
            await _save_clues(connection, learnt.clues)
            await _announce(connection, happenings, now)
        since = found[0]["committed_at"] if found else None
        return Study(after, events[-1].sequence if events else after, len(events), since, learnt)

    async def _conclude(self, concluded: Conclude, now: datetime) -> int | None:
        study = concluded.study
        async with transaction(self._pool) as connection:
            if await connection.fetchval(_LOCK) != study.after:
                return None
            state = Present()
            if concluded.proposals or concluded.merged:
                state = await present(connection, concluded.proposals, concluded.merged)
            result = conclude(state, concluded.proposals, concluded.merged, concluded.least, now)
            await save_suggestions(connection, result.suggestions)
            await _announce(connection, result.happenings, now)
            await connection.execute(_MOVE, study.until)
        return len(result.happenings)


async def _meet(connection: Connection, learnt: Lesson, now: datetime) -> list[Happening]:
    happenings: list[Happening] = []
    for desk, met, names in learnt.by_desk():
        people = await people_of(connection, desk, names, now)
        for sighting in met:
            people.see(sighting)
        await save_people(connection, people)
        happenings += people.happenings
    return happenings


async def _save_clues(connection: Connection, clues: Iterable[ClueRow]) -> None:
    columns = list(
        zip(
            *((c.key, c.at, c.message, c.ticket, c.kind, c.channel, c.ours, c.proved) for c in clues),
            strict=True,
        )
    )
    if columns:
        await connection.execute(_CLUES, *columns)


async def _announce(connection: Connection, happenings: Sequence[Happening], now: datetime) -> None:
    if happenings:
        await save(connection, Plan(), [announcement(happening, now) for happening in happenings], now)


async def _due(connection: Connection, lesson: Lesson) -> list[Due]:
    groups = await near.groups(connection, list(lesson.people), list(lesson.linked))
    waiting = await near.waiting_for(connection, groups)
    if lesson.merged:
        at = await near.waiting_at(connection, list(lesson.merged))
        people = [(desk, one.contact) for desk, one in at]
        groups |= await near.groups(connection, people, ())
        waiting += [one for _, one in at]
    if not (groups and waiting):
        return []
    homes = await near.homes(connection, waiting)
    named = await near.named(connection, homes, groups)
    found = dict.fromkeys(due(waiting, homes, groups, named))
    return [replace(one, target=await near.newest(connection, one.target)) for one in found]
