"""Does `contact.erase.requested.v1`, step by step; each may be repeated, and is, when its process died.

First it is noted who is to be forgotten, so that whatever arrives late is, too. Then, when every replica knows and the
clerk has read everything from before, follow conversations, traces, history, blobs, spools and dead letters. Only at
the end is it told and answered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.codec import encode, make_event
from threadline_contracts.commands import Answer, ContactEraseRequested
from threadline_contracts.contact import ErasureRequested
from threadline_contracts.topology import EventType, Exchange
from threadline_shared.bus import Bus, Outgoing
from threadline_threads.commands.command import CommandOutcome
from threadline_threads.erasing.conversation import forget
from threadline_threads.erasing.ending import told
from threadline_threads.erasing.history import Concerned, Redactor
from threadline_threads.erasing.loose import Sweeper
from threadline_threads.erasing.shapes import Forgotten, Person, Rules
from threadline_threads.erasing.store import SLICES, ErasingStore
from threadline_threads.events import SOURCE
from threadline_threads.keys import Key
from threadline_threads.tasks import Finished, Task

SETTLE: Final = timedelta(seconds=6)  # until every replica knows whom to forget: see late.py
_PAUSE_SECONDS: Final = 0.2
_SURVEYED: Final = 200  # conversations a step looks at
_TALKS: Final = 20  # and changes
_ROWS: Final = 500  # commands or events a step


class Stage(StrEnum):
    """The steps, in order."""

    CONDEMN = "condemn"
    SETTLE = "settle"
    SURVEY = "survey"
    TALKS = "talks"
    TRACES = "traces"
    COMMANDS = "commands"
    HISTORY = "history"
    BLOBS = "blobs"
    BEYOND = "beyond"
    CONTACT = "contact"
    COMPACT = "compact"


class Progress(Struct, frozen=True, kw_only=True):
    """How far an erasure is.

    `words`: how else its person was named, or a message of theirs; `roots`: the conversations concerned; `found`: how
    many of them were dealt with; `behind`, `row` and `part`: where a step is.
    """

    stage: Stage = Stage.CONDEMN
    person: Person | None = None
    concerned: Concerned = Concerned()
    words: tuple[str, ...] = ()
    roots: tuple[UUID, ...] = ()
    behind: UUID = UUID(int=0)
    row: str = ""
    part: int = 0
    found: int = 0
    revision: int = 0
    settled_at: datetime | None = None


class Eraser:
    """Does erasures."""

    def __init__(
        self,
        store: ErasingStore,
        bus: Bus,
        sweeper: Sweeper,
        rules: Rules,
        *,
        settle: timedelta = SETTLE,
    ) -> None:
        self._store = store
        self._bus = bus
        self._sweeper = sweeper
        self._rules = rules
        self._settle = settle
        self._steps: Mapping[Stage, Callable[[Progress, Person], Awaitable[Progress]]] = {
            Stage.SETTLE: self._settled,
            Stage.SURVEY: self._survey,
            Stage.TALKS: self._forget_talks,
            Stage.TRACES: self._forget_traces,
            Stage.COMMANDS: self._forget_commands,
            Stage.HISTORY: self._forget_history,
            Stage.BLOBS: self._erase_blobs,
            Stage.BEYOND: self._ask_others,
            Stage.CONTACT: self._forget_contact,
        }

    async def step(self, task: Task) -> bytes | Finished:
        """Do the next step. Raises TemporaryError when a dependency is away."""
        now = msgspec.json.decode(task.state, type=Progress)
        asked = msgspec.json.decode(task.asked, type=ContactEraseRequested)
        if now.stage is Stage.CONDEMN:
            return await self._condemn(asked)
        if now.person is None:
            raise TypeError("an erasure of nobody")
        if now.stage is Stage.COMPACT:
            await self._store.compact()
            return _end(task, asked, now, now.person)
        return msgspec.json.encode(await self._steps[now.stage](now, now.person))

    async def _condemn(self, asked: ContactEraseRequested) -> bytes | Finished:
        person = await self._store.condemn(asked.contact, _now())
        if person is None:
            because = "There is no such contact here, or nothing is known of it (any more)."
            return Finished(CommandOutcome(answer=Answer.UNCHANGED, because=because), b"{}")
        concerned = Concerned(contacts=person.contacts)
        return msgspec.json.encode(Progress(stage=Stage.SETTLE, person=person, concerned=concerned))

    async def _settled(self, now: Progress, person: Person) -> Progress:
        """Wait until everybody knows, and what was placed before they knew has been read."""
        known_at = person.before + self._settle
        settled_at = now.settled_at or max(known_at, _now())
        if _now() < known_at or not await self._store.read_up_to(settled_at):
            await asyncio.sleep(_PAUSE_SECONDS)
            return replace(now, settled_at=settled_at)
        return replace(now, stage=Stage.SURVEY, behind=UUID(int=0))

    async def _survey(self, now: Progress, person: Person) -> Progress:
        """Find every conversation, and every word by which one of them may name the person or a message of theirs."""
        roots = await self._store.talks_of(person, now.behind, _SURVEYED)
        if not roots:
            return replace(now, stage=Stage.TALKS, part=0)
        words, keys = set(now.words), set[Key]()
        for root in roots:
            there = forget(await self._store.talk(root, person), person, self._rules, _now())
            words |= there.words | there.externals
            keys |= there.keys
        found = _with(now.roots, (*roots, *await self._store.citing(keys)))
        return replace(now, words=tuple(words), roots=found, behind=roots[-1])

    async def _forget_talks(self, now: Progress, person: Person) -> Progress:
        for root in now.roots[now.part : now.part + _TALKS]:
            at = _now()
            forgetting = partial(forget, person=person, rules=self._rules, now=at, words=now.words)
            now = _noted(now, await self._store.forget(root, forgetting, person, at))
        if now.part + _TALKS < len(now.roots):
            return replace(now, part=now.part + _TALKS)
        if now.found < len(now.roots):  # once more: one may have merged, or have been written, while we looked
            return replace(now, stage=Stage.SETTLE, found=len(now.roots), settled_at=None)
        return replace(now, stage=Stage.TRACES, part=0)

    async def _forget_traces(self, now: Progress, person: Person) -> Progress:
        if now.part >= SLICES:
            return replace(now, stage=Stage.COMMANDS, row="")
        await self._store.forget_traces(person, now.concerned.erased, now.part)
        return replace(now, part=now.part + 1)

    async def _forget_commands(self, now: Progress, person: Person) -> Progress:
        last = await self._store.forget_commands(person.scrubber(now.words), now.row, _ROWS)
        return replace(now, row=last) if last else replace(now, stage=Stage.HISTORY, row="")

    async def _forget_history(self, now: Progress, person: Person) -> Progress:
        redactor = Redactor(now.concerned, person.scrubber(now.words))
        last = await self._store.forget_history(redactor, int(now.row or -1), _ROWS)
        return replace(now, row=str(last)) if last is not None else replace(now, stage=Stage.BLOBS)

    async def _erase_blobs(self, now: Progress, _: Person) -> Progress:
        if await self._sweeper.sweep(until=_now()):
            await asyncio.sleep(_PAUSE_SECONDS)
            return now
        return replace(now, stage=Stage.BEYOND)

    async def _ask_others(self, now: Progress, person: Person) -> Progress:
        data = ErasureRequested(
            contact=person.contact, desk=person.desk, identities=person.named(), before=person.before
        )
        seconds = int(person.before.timestamp())
        event = make_event(
            EventType.ERASURE_REQUESTED, data, about=person.contact, revision=seconds, source=SOURCE, time=_now()
        )
        await self._bus.publish(
            Outgoing(exchange=Exchange.COMMANDS, key=EventType.ERASURE_REQUESTED, body=encode(event), event_id=event.id)
        )
        return replace(now, stage=Stage.CONTACT)

    async def _forget_contact(self, now: Progress, person: Person) -> Progress:
        """Forget whom it was about, here too: what is left of it is compacted away."""
        revision = await self._store.forget_contact(person)
        nobody = Person(contact=person.contact, desk=person.desk, before=person.before)
        return replace(now, stage=Stage.COMPACT, person=nobody, words=(), roots=(), revision=revision)


def _noted(now: Progress, done: Forgotten) -> Progress:
    """Add what one conversation concerned."""
    known = now.concerned
    concerned = Concerned(
        erased=_with(known.erased, done.erased),
        touched=_with(known.touched, done.touched),
        headless=_with(known.headless, done.headless),
        near=_with(known.near, done.near),
        contacts=known.contacts,
    )
    return replace(now, concerned=concerned)


def _with(known: Sequence[UUID], more: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _end(task: Task, asked: ContactEraseRequested, now: Progress, person: Person) -> Finished:
    """Answer, and tell."""
    erased, tickets = now.concerned.erased, now.concerned.touched
    because = f"Forgot {len(erased)} messages in {len(tickets)} tickets."
    outcome = CommandOutcome(answer=Answer.DONE, because=because, tickets=tickets[:_ROWS])
    happenings = told(person, now.concerned, now.revision, by=task.by, because=asked.because)
    return Finished(outcome, msgspec.json.encode(now), happenings)


def _now() -> datetime:
    return datetime.now(UTC)
