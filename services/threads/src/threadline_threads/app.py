"""The threads service: messages in, unified tickets out."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

from threadline_contracts.errors import TemporaryError
from threadline_contracts.topology import THREADS_COMMANDS, THREADS_MESSAGES, TICKET_LOG
from threadline_shared.blobs import open_blobs
from threadline_shared.bus import Bus
from threadline_shared.health import component
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
        group.create_task(_keep_house(store, relay), name="house")
        worker = component("threads/messages", kind="worker")
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


async def _keep_house(store: Store, relay: Relay) -> None:
    while True:
        await asyncio.sleep(_MEASURE_SECONDS)
        try:
            await relay.measure()
            await store.tidy()
        except TemporaryError:
            continue  # the relay and the worker say so already
