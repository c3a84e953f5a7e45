"""The threads service: messages in, unified tickets out."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import THREADS_COMMANDS, THREADS_MESSAGES, TICKET_LOG
from threadline_shared.blobs import open_blobs
from threadline_shared.bus import Bus
from threadline_shared.health import Component, component
from threadline_shared.http import serving
from threadline_shared.settings import load
from threadline_shared.worker import work
from threadline_threads.clerk.job import a_clerk
from threadline_threads.command_handler import CommandHandler, rereading
from threadline_threads.erasing.late import Latecomers
from threadline_threads.erasing.shapes import Rules
from threadline_threads.handler import Handler
from threadline_threads.relay import Relay
from threadline_threads.settings import ThreadsSettings, key_ring
from threadline_threads.store import open_store
from threadline_threads.store.protocol import Store
from threadline_threads.upkeep import Means, keep_up

_MEASURE_SECONDS: Final = 2.0
_TIDY_SECONDS: Final = 0.3  # little at a time: what takes longer is seen in the latency of messages


async def run(env: Mapping[str, str], bus: Bus) -> None:
    """Group messages until cancelled. Raises SettingsError, or TemporaryError when a dependency is away at first."""
    settings, ring = load(ThreadsSettings, env, section="threads"), key_ring(env)
    async with open_store(env) as store, serving(env, (), name="threads"), asyncio.TaskGroup() as group:
        await bus.declare([THREADS_MESSAGES, THREADS_COMMANDS, TICKET_LOG])
        relay = Relay(store, bus, component("threads/relay", kind="relay"))
        terms = settings.terms(ring)
        latecomers = Latecomers(store, terms.customs)
        await latecomers.refresh()
        handler = Handler(store, terms, relay.wake, latecomers)
        commands = CommandHandler(store, rereading(terms), relay.wake)
        group.create_task(relay.run(), name="relay")
        group.create_task(_measure(relay), name="measure")
        worker = component("threads/messages", kind="worker")
        group.create_task(_tidy(store, worker), name="tidy")
        rules = Rules(terms.customs, rereading(terms))
        means = Means(store, bus, partial(open_blobs, env), rules, settings.retention, relay.wake)
        group.create_task(keep_up(means, latecomers), name="upkeep")
        clerk = a_clerk(store, settings, terms, relay.wake, worker)
        group.create_task(clerk.run(), name="clerk")
        for number in range(settings.batches_in_hand):
            group.create_task(
                work(bus, THREADS_MESSAGES.name, handler.handle, probe=store.probe, component=worker),
                name=f"worker {number}",
            )
        commanded = component("threads/commands", kind="worker")
        group.create_task(
            work(bus, THREADS_COMMANDS.name, commands.handle, probe=store.probe, component=commanded), name="commands"
        )


async def _measure(relay: Relay) -> None:
    while True:
        await asyncio.sleep(_MEASURE_SECONDS)
        with suppress(TemporaryError):  # the relay says so already
            await relay.measure()


async def _tidy(store: Store, worker: Component) -> None:
    """Tidy up behind new messages."""
    tidied = 0
    while True:
        await asyncio.sleep(_TIDY_SECONDS)
        placed = worker.health().counts.get("accepted", 0)
        if placed != tidied:
            with suppress(TemporaryError):  # the worker says so already
                await store.tidy()
                tidied = placed
