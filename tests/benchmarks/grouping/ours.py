"""The messages through our own threads service: the real handler on the SQLite store, read as a consumer reads it."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from benchmarks.grouping.scoring import AskedMerge, Grouping, Join
from benchmarks.grouping.thread import RING, SALES, SUPPORT
from threadline_contracts.codec import Event, decode, decode_data, make_event
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.ticket import (
    Link,
    MergeSuggested,
    MessagePlaced,
    Rule,
    Suggestion,
    SuggestionSettled,
    SuggestionStatus,
    TicketHeader,
    TicketMerged,
    TicketUnmerged,
    TicketUpdated,
)
from threadline_contracts.topology import EventType
from threadline_shared.health import component
from threadline_threads.clerk.job import Clerk
from threadline_threads.handler import Handler
from threadline_threads.reading import Reader
from threadline_threads.settings import ThreadsSettings
from threadline_threads.store.sqlite import open_sqlite_store
from threadline_threads.store.sqlite_read import open_sqlite_reader

TERMS: Final = ThreadsSettings(own_addresses=(SUPPORT, SALES)).terms(RING)
FILE: Final = "threads.sqlite3"
_BITE: Final = 200  # events
BATCH: Final = 200  # messages, as many as the worker takes at most
STATED: Final = (Rule.TOKEN, Rule.CONVERSATION, Rule.TWIN, Rule.REFERENCE)  # rules 1 to 3: never wrong
_PLACED: Final = (EventType.TICKET_OPENED, EventType.TICKET_MESSAGE_ADDED)


async def group(delivered: Sequence[InboundMessage], folder: Path, seed: int) -> Grouping:
    """Return how our rules group the messages, delivered in batches of all sizes; the clerk keeps up with them."""
    async with open_sqlite_store(folder / FILE) as store, open_sqlite_reader(folder / FILE) as reader:
        handler = Handler(store, TERMS, lambda: None)
        clerk = Clerk(store, TERMS, component("simulation/clerk"))
        dice = random.Random(seed)  # noqa: S311 - it has to be repeatable, not secret
        for batch in _batches(dice, delivered):
            await handler.handle([_event(message) for message in batch])
            while await clerk.step(_BITE):
                pass
        return await _heard(reader)


class _Consumer:
    """A copy of all tickets, made from events alone."""

    def __init__(self) -> None:
        self._headers: dict[UUID, TicketHeader] = {}
        self._placed: dict[UUID, MessagePlaced] = {}
        self._opened_by: dict[UUID, UUID] = {}
        self._links: dict[UUID, tuple[Link, int]] = {}  # each with how many messages were placed before
        self._suggestions: dict[UUID, Suggestion] = {}

    def hear(self, event: Event) -> None:
        if event.type in _PLACED:
            placed = decode_data(event, MessagePlaced)
            self._learn(placed.ticket)
            self._placed.setdefault(placed.message.id, placed)
            if event.type == EventType.TICKET_OPENED:
                self._opened_by[placed.ticket.id] = placed.message.id
        elif event.type == EventType.TICKET_MERGED:
            merged = decode_data(event, TicketMerged)
            self._learn(merged.ticket)
            self._learn(merged.root)
            self._links[merged.link.child] = merged.link, len(self._placed)
        elif event.type == EventType.TICKET_UNMERGED:
            unmerged = decode_data(event, TicketUnmerged)
            self._learn(unmerged.ticket)
            self._learn(unmerged.root)
            self._links.pop(unmerged.link.child, None)
        elif event.type == EventType.TICKET_UPDATED:
            self._learn(decode_data(event, TicketUpdated).ticket)
        elif event.type == EventType.TICKET_MERGE_SUGGESTED:
            self._suggested(decode_data(event, MergeSuggested).suggestion)
        elif event.type == EventType.TICKET_SUGGESTION_SETTLED:
            self._suggested(decode_data(event, SuggestionSettled).suggestion)

    def grouping(self) -> Grouping:
        """Return what it comes to: of suggestions, those that still ask."""
        joins = [
            Join(placed.placement.rule, message, self._opened_by[placed.ticket.id], number)
            for number, (message, placed) in enumerate(self._placed.items())
            if placed.placement.rule != Rule.OPEN
        ]
        links = [
            Join(link.rule, self._opened_by[link.child], self._opened_by[link.parent], number)
            for link, number in self._links.values()
        ]
        groups = {message: self._headers[placed.ticket.id].root for message, placed in self._placed.items()}
        homes = {message: placed.ticket.id for message, placed in self._placed.items()}
        asked = [
            AskedMerge(self._opened_by[one.ticket], self._opened_by[one.other], one.score, _strongest(one))
            for one in self._suggestions.values()
            if one.status == SuggestionStatus.OPEN
        ]
        return Grouping(groups=groups, joins=[*joins, *links], suggestions=asked, homes=homes)

    def _suggested(self, one: Suggestion) -> None:
        self._suggestions[one.id] = one

    def _learn(self, header: TicketHeader) -> None:
        known = self._headers.get(header.id)
        if known is None or known.revision < header.revision:
            self._headers[header.id] = header


def _strongest(one: Suggestion) -> str:
    return max(one.reasons, key=lambda reason: reason.score).code


async def _heard(reader: Reader) -> Grouping:
    consumer, after = _Consumer(), 0
    while events := await reader.events(after, 2000):
        for stored in events:
            consumer.hear(decode(stored.body))
        after = events[-1].sequence
    return consumer.grouping()


def _batches(dice: random.Random, delivered: Sequence[InboundMessage]) -> Iterator[Sequence[InboundMessage]]:
    start = 0
    while start < len(delivered):
        size = dice.choice([1, 10, 50, BATCH])
        yield delivered[start : start + size]
        start += size


def _event(message: InboundMessage) -> Event:
    return make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=message.version,
        source="simulation",
        time=message.received_at,
    )
