"""The clerk at work: behind the messages, and out of their way.

It reads the ticket events in commit order, a few at a time, in transactions of its own. At least once: its position
moves only behind what is done, and everything it does is harmless to do again.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Final
from uuid import UUID

from threadline_contracts.errors import TemporaryError
from threadline_contracts.ticket import Link
from threadline_shared.backoff import delays
from threadline_shared.health import Component, component
from threadline_shared.log import logger
from threadline_threads.clerk.candidates import Candidate, candidates
from threadline_threads.clerk.lessons import Bridge, Lesson, Opener, lesson
from threadline_threads.clerk.proposing import Proposal, blocked, bridged
from threadline_threads.clerk.scoring import compared, proposal
from threadline_threads.reading import StoredEvent
from threadline_threads.reasons import Reason
from threadline_threads.settings import ThreadsSettings
from threadline_threads.store.clerk_protocol import Conclude, Study
from threadline_threads.store.protocol import Store
from threadline_threads.terms import Terms

BITE: Final = 20  # events at a time while messages are being placed
BATCH: Final = 200
PAUSE_SECONDS: Final = 0.5
LEAST: Final = 0.35
YIELD: Final = 3  # times as long as it worked, it sleeps while messages are being placed
_TOGETHER: Final = 10  # messages whose candidates are compared at once: their texts are in memory
_log: Final = logger()


class Clerk:
    """Keeps contacts and suggestions.

    `placed` counts the messages that this process placed: while it grows, the clerk yields. `told` is called when there
    is something to announce.
    """

    def __init__(
        self,
        store: Store,
        terms: Terms,
        health: Component,
        *,
        told: Callable[[], None] = lambda: None,
        placed: Callable[[], int] = lambda: 0,
        batch: int = BATCH,
        pause: float = PAUSE_SECONDS,
        least: float = LEAST,
    ) -> None:
        self._store = store
        self._terms = terms
        self._component = health
        self._told = told
        self._placed = placed
        self._batch = batch
        self._pause = pause
        self._least = least
        self._busy = False
        self._history = -1  # where suggesting begins, not known yet
        self._carefully = 0  # so many events are dealt with one by one: we stumbled at one of them

    async def run(self) -> None:
        """Work for ever; while the database is away, try again later and later."""
        waits = delays()
        while True:
            before, began = self._placed(), perf_counter()
            try:
                done = await self.step(BITE if self._busy else self._batch)
                waits = delays()
            except TemporaryError as err:
                self._component.trouble(str(err))
                await asyncio.sleep(next(waits))
                continue
            self._busy = self._placed() != before
            await asyncio.sleep(self._rest(done, perf_counter() - began))

    async def step(self, limit: int) -> int:
        """Deal with the next events; return with how many. Raises TemporaryError."""
        if self._carefully:
            self._carefully -= 1
            return await self._deal_with_one()
        try:
            return await self._deal(limit)
        except TemporaryError:
            raise
        except Exception as err:  # noqa: BLE001 - our bug: it must stop neither the service nor the other events
            _log.warning("clerk.stumbled", error=repr(err))
            self._carefully = limit - 1
            return await self._deal_with_one()

    def _rest(self, done: int, took: float) -> float:
        """Return how long to sleep: most of the time belongs to the messages, while there are any."""
        if done == 0:
            self._component.idle()
            return self._pause
        self._component.ok()
        return YIELD * took if self._busy else 0.0

    async def _deal_with_one(self) -> int:
        """Deal with one event by itself; pass over it, if it is the one at which we stumble."""
        try:
            return await self._deal(1)
        except TemporaryError:
            raise
        except Exception as err:  # noqa: BLE001
            study = await self._store.study(1, _nothing, _now())
            if study and await self._store.conclude(self._concluded(study, (), {}), _now()) is not None:
                _log.error("clerk.skipped", sequence=study.until, error=repr(err))
                self._component.count("failed")
            return 1

    async def _deal(self, limit: int) -> int:
        if self._history < 0:
            self._history = await self._store.history()
        study = await self._store.study(limit, self._learn, _now())
        if study is None or not study.count:
            self._component.lag(0.0)
            return 0
        if study.since:
            self._component.lag((_now() - study.since).total_seconds())
        learnt = study.lesson
        refused = [*await self._join_late(learnt)]
        proposals = [*refused, *await self._bridges(learnt.bridges), *await self._proposals(learnt.openers)]
        told = await self._store.conclude(self._concluded(study, proposals, learnt.merged), _now())
        if told is not None:
            self._count(study)
            self._told()
        return study.count

    def _learn(self, events: Sequence[StoredEvent]) -> Lesson:
        return lesson(events, self._terms, self._history)

    def _count(self, study: Study) -> None:
        for sequence, why in study.lesson.skipped.items():
            _log.warning("clerk.skipped", sequence=sequence, error=why)
        self._component.count("skipped", len(study.lesson.skipped))
        self._component.count("accepted", study.count - len(study.lesson.skipped))

    def _concluded(self, study: Study, proposals: Sequence[Proposal], merged: dict[UUID, Link]) -> Conclude:
        return Conclude(study=study, proposals=proposals, merged=merged, least=self._least)

    async def _join_late(self, learnt: Lesson) -> list[Proposal]:
        """Make the joins that are due; return those that somebody stands against."""
        if not (learnt.people or learnt.linked or learnt.merged):
            return []
        due = await self._store.due(learnt)
        return [
            blocked(one.source, one.target, one.reason)
            for one in due
            if not await self._joined(one.source, one.target, one.reason)
        ]

    async def _joined(self, one: UUID, other: UUID, reason: Reason) -> bool:
        return await self._store.join(one, other, reason, _now())

    async def _bridges(self, bridges: Sequence[Bridge]) -> list[Proposal]:
        """Return what the tokens of messages suggest."""
        if not bridges:
            return []
        numbered = await self._store.numbered([key for one in bridges for key in one.keys])
        tickets = ((one.message, [numbered[key] for key in one.keys if key in numbered]) for one in bridges)
        return [asked for message, found in tickets if found for asked in bridged(message, found)]

    async def _proposals(self, openers: Sequence[Opener]) -> list[Proposal]:
        found: list[Proposal] = []
        for start in range(0, len(openers), _TOGETHER):
            found += await self._some(openers[start : start + _TOGETHER])
        return found

    async def _some(self, openers: Sequence[Opener]) -> list[Proposal]:
        near = await self._store.surroundings(openers)
        possible = [one for opener in openers for one in candidates(opener, near)]
        if not possible:
            return []
        texts = await self._store.texts(list({message for one in possible for message in compared(one)}))
        found = await asyncio.to_thread(self._score, possible, texts)  # messages come in meanwhile
        return [one for one in found if not await self._by_policy(one)]

    def _score(self, possible: Sequence[Candidate], texts: Mapping[UUID, str]) -> list[Proposal]:
        terms = self._terms
        found = (proposal(one, texts, terms.policy, terms.customs) for one in possible)
        return [one for one in found if one]

    async def _by_policy(self, one: Proposal) -> bool:
        """Join two tickets if the operator's policy says so; return whether it is done."""
        return one.join is not None and await self._joined(one.ticket, one.other, one.join)


def a_clerk(
    store: Store, settings: ThreadsSettings, terms: Terms, told: Callable[[], None], worker: Component
) -> Clerk:
    """Return a clerk that gives way to a worker."""
    return Clerk(
        store,
        terms,
        component("threads/clerk", kind="clerk"),
        told=told,
        placed=lambda: worker.health().counts.get("accepted", 0),
        batch=settings.clerk_batch,
        pause=settings.clerk_pause,
        least=settings.suggest_from,
    )


def _nothing(_: Sequence[StoredEvent]) -> Lesson:
    return Lesson()


def _now() -> datetime:
    return datetime.now(UTC)
