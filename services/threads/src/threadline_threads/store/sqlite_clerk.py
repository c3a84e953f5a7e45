"""What the clerk keeps in SQLite. What it reads, it reads beside the writer; what it writes is short."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from threadline_shared.sqlite import Connection, SqliteWriter
from threadline_threads.clerk.candidates import Surroundings
from threadline_threads.clerk.concluding import Present, conclude
from threadline_threads.clerk.late import Due, due
from threadline_threads.clerk.lessons import ClueRow, Lesson, Opener
from threadline_threads.events import announcement
from threadline_threads.keys import Key
from threadline_threads.plan import Happening, Plan
from threadline_threads.reading import StoredEvent
from threadline_threads.store import sqlite_near as near
from threadline_threads.store.clerk_protocol import Conclude, Learn, Study
from threadline_threads.store.sqlite_load import moment, stored
from threadline_threads.store.sqlite_people_save import people_of, save_people
from threadline_threads.store.sqlite_save import save
from threadline_threads.store.sqlite_suggestions import present, save_suggestions

_POSITION: Final = "SELECT coalesce((SELECT sequence FROM cursor WHERE name = 'clerk'), 0)"
_HISTORY: Final = "SELECT coalesce((SELECT sequence FROM cursor WHERE name = 'history'), 0)"
_MOVE: Final = "INSERT OR REPLACE INTO cursor (name, sequence) VALUES ('clerk', ?)"
_EVENTS: Final = """
    SELECT sequence, type, body, committed_at FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?
"""
_NEXT: Final = "SELECT committed_at FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT 1"
_CLUE: Final = """
    INSERT OR IGNORE INTO clue (key, at, message, ticket, condition, channel, ours, marked)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


class SqliteClerk:
    """The clerk's part of the store."""

    _writer: SqliteWriter

    async def study(self, limit: int, learn: Learn, now: datetime) -> Study | None:
        """Read the next events, and keep whom they show and what else they have."""
        return await self._writer.do(partial(_study, limit=limit, learn=learn, now=now))

    async def due(self, lesson: Lesson) -> Sequence[Due]:
        """Return the joins that are due."""
        return await self._writer.read(partial(_due, lesson=lesson))

    async def surroundings(self, openers: Sequence[Opener]) -> Surroundings:
        """Return what is stored round some messages."""
        return await self._writer.read(partial(near.surroundings, openers=openers))

    async def numbered(self, keys: Sequence[Key]) -> Mapping[Key, UUID]:
        """Return the tickets of the messages with these numbers."""
        return await self._writer.read(partial(near.numbered, keys=keys))

    async def texts(self, messages: Sequence[UUID]) -> Mapping[UUID, str]:
        """Return the texts of messages."""
        return await self._writer.read(partial(near.texts, messages=messages))

    async def conclude(self, concluded: Conclude, now: datetime) -> int | None:
        """Settle and make suggestions, and move the position."""
        return await self._writer.do(partial(_conclude, concluded=concluded, now=now))

    async def history(self) -> int:
        """Return the last event that an earlier release left."""
        return int(await self._writer.read(lambda connection: connection.execute(_HISTORY).fetchone()[0]))

    async def position(self) -> tuple[int, datetime | None]:
        """Return behind which event the clerk is, and since when the next one waits."""
        return await self._writer.read(_position)


def _study(connection: Connection, limit: int, learn: Learn, now: datetime) -> Study:
    after = int(connection.execute(_POSITION).fetchone()[0])
    found = connection.execute(_EVENTS, (after, limit)).fetchall()
    events = [StoredEvent(sequence=sequence, type=kind, body=body) for sequence, kind, body, _ in found]
    learnt = learn(events)
    happenings = _meet(connection, learnt, now)
    connection.executemany(_CLUE, map(_clue, learnt.clues))
    _announce(connection, happenings, now)
    since = moment(found[0][3]) if found else None
    return Study(after, events[-1].sequence if events else after, len(events), since, learnt)


def _meet(connection: Connection, learnt: Lesson, now: datetime) -> list[Happening]:
    happenings: list[Happening] = []
    for desk, met, names in learnt.by_desk():
        people = people_of(connection, desk, names, now)
        for sighting in met:
            people.see(sighting)
        save_people(connection, people)
        happenings += people.happenings
    return happenings


def _due(connection: Connection, lesson: Lesson) -> list[Due]:
    groups = near.groups(connection, lesson.people, lesson.linked)
    waiting = near.waiting_for(connection, groups)
    if lesson.merged:
        at = near.waiting_at(connection, lesson.merged)
        groups |= near.groups(connection, [(desk, one.contact) for desk, one in at], ())
        waiting += [one for _, one in at]
    if not (groups and waiting):
        return []
    homes = near.homes(connection, waiting)
    found = dict.fromkeys(due(waiting, homes, groups, near.named(connection, homes, groups)))
    return [replace(one, target=near.newest(connection, one.target)) for one in found]


def _conclude(connection: Connection, concluded: Conclude, now: datetime) -> int | None:
    study = concluded.study
    if connection.execute(_POSITION).fetchone()[0] != study.after:
        return None
    state = Present()
    if concluded.proposals or concluded.merged:
        state = present(connection, concluded.proposals, concluded.merged)
    result = conclude(state, concluded.proposals, concluded.merged, concluded.least, now)
    save_suggestions(connection, result.suggestions)
    _announce(connection, result.happenings, now)
    connection.execute(_MOVE, (study.until,))
    return len(result.happenings)


def _position(connection: Connection) -> tuple[int, datetime | None]:
    after = int(connection.execute(_POSITION).fetchone()[0])
    found = connection.execute(_NEXT, (after,)).fetchone()
    return after, moment(found[0]) if found else None


def _clue(c: ClueRow) -> tuple[bytes | int | str, ...]:
    return c.key, stored(c.at), c.message.bytes, c.ticket.bytes, c.kind, c.channel, c.ours, c.proved


def _announce(connection: Connection, happenings: Sequence[Happening], now: datetime) -> None:
    save(connection, Plan(), [announcement(happening, now) for happening in happenings], now)
