"""The console: the operators' eye on tickets, people, dead letters and health, and the API.

It changes no ticket itself: what is asked here is a command on the bus, as from anybody else.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec import Struct

from threadline_console.access import Access
from threadline_console.api.blobs import BlobsApi
from threadline_console.api.commands import CommandsApi
from threadline_console.api.dead import DeadApi
from threadline_console.api.events import EventsApi
from threadline_console.api.health import HealthApi, Probe
from threadline_console.api.openapi import document
from threadline_console.api.operation import ROOT
from threadline_console.api.people import PeopleApi
from threadline_console.api.republish import RepublishApi
from threadline_console.api.table import OPERATIONS, routes
from threadline_console.api.tickets import TicketsApi
from threadline_console.asking.commander import Commander
from threadline_console.dead.box import Letters
from threadline_console.dead.forget import LetterForgetter
from threadline_console.dead.replay import Replayer
from threadline_console.dead.settle import Settler
from threadline_console.dead.take import take_letters
from threadline_console.feed import Feed
from threadline_console.pages.acting import Acting
from threadline_console.pages.apidoc import ApiPage
from threadline_console.pages.contacts import ContactPages
from threadline_console.pages.dead import DeadPages
from threadline_console.pages.door import Door, Handler
from threadline_console.pages.health import HealthPage
from threadline_console.pages.house import STATIC, Renderer
from threadline_console.pages.questions import QuestionPages
from threadline_console.pages.tickets import TicketPages
from threadline_console.scanning import BlobScanner
from threadline_console.settings import ConsoleSettings
from threadline_contracts.topology import CONSOLE_ERASURES, DEAD_LETTERS, THREADS_COMMANDS
from threadline_shared.blobs import Blobs, open_blobs
from threadline_shared.bus import Bus
from threadline_shared.health import component
from threadline_shared.http import serving
from threadline_shared.scan import Scanner, ScanSettings, open_scanner
from threadline_shared.settings import load
from threadline_shared.state import State, open_state
from threadline_threads.reading import Reader
from threadline_threads.store import open_reader

_NAME: Final = "console"


class Stores(Struct, frozen=True, kw_only=True):
    """What the console reads from and keeps its dead letters in."""

    bus: Bus
    reader: Reader
    state: State
    blobs: Blobs
    scanner: Scanner | None


async def run(env: Mapping[str, str], bus: Bus) -> None:
    """Serve pages and API until cancelled; take dead letters from the bus meanwhile."""
    async with open_reader(env) as reader:
        await serve(env, bus, reader)


async def serve(env: Mapping[str, str], bus: Bus, reader: Reader) -> None:
    """Do so over tickets that are open already."""
    settings = load(ConsoleSettings, env)
    async with AsyncExitStack() as stack:
        stores = Stores(
            bus=bus,
            reader=reader,
            state=await stack.enter_async_context(open_state(env, _NAME)),
            blobs=await stack.enter_async_context(open_blobs(env)),
            scanner=open_scanner(env) if load(ScanSettings, env).clamd_url else None,
        )
        letters, feed = Letters(stores.state), Feed(stores.reader)
        # What is asked is kept until threads comes.
        await bus.declare([DEAD_LETTERS, CONSOLE_ERASURES, THREADS_COMMANDS])
        await stack.enter_async_context(serving(env, all_routes(settings, stores, letters, feed), name=_NAME))
        async with asyncio.TaskGroup() as group:  # left first: then the streams end, and the server can stop
            group.create_task(feed.run(component("console/events", kind=_NAME)))
            group.create_task(take_letters(bus, letters, component("console/dead-letters", kind=_NAME)))
            forgetter = LetterForgetter(bus, letters, stores.state, stores.blobs, reader)
            group.create_task(forgetter.run(component("console/erasures", kind=_NAME)))
            group.create_task(forgetter.retire(settings.dead_letter_days, component("console/retention", kind=_NAME)))
            group.create_task(Settler(letters, stores.reader).run(component("console/replays", kind=_NAME)))


def all_routes(settings: ConsoleSettings, stores: Stores, letters: Letters, feed: Feed) -> list[web.AbstractRouteDef]:
    """Return every route of the console: pages, static files and API."""
    access, renderer = Access(settings.api_token, settings.blob_token), Renderer()
    commander = Commander(stores.bus, stores.reader)
    replayer = Replayer(stores.bus, letters, stores.reader)
    commands = CommandsApi(stores.reader, commander, access)
    dead = DeadApi(letters, replayer, stores.blobs)
    health = HealthApi(_probes(stores), stores.bus, stores.reader, letters)
    handlers = {
        **_reading(stores, letters),
        "ask_command": commands.ask,
        "show_command": commands.one,
        "ask_republish": (republish := RepublishApi(stores.reader, commander, access)).ask,
        "show_republish": republish.one,
        "list_dead_letters": dead.list,
        "show_dead_letter": dead.one,
        "replay_dead_letter": dead.replay,
        "replay_dead_letters": dead.replay_all,
        "follow_events": EventsApi(feed).stream,
        "show_health": health.show,
    }
    described = document(OPERATIONS, version=version("threadline-console"))
    door = Door(settings, access, renderer, letters, stores.reader)
    api_page = ApiPage(described, renderer, door, open_to_all=access.open)
    return [
        *routes(handlers, access),
        web.get(f"{ROOT}/openapi.json", _describe(described)),
        web.get(STATIC + "/{name}", renderer.serve),
        *_doors(door),
        *_ticket_pages(door, TicketPages(settings, stores.reader, stores.blobs, renderer, door)),
        *_dead_pages(door, DeadPages(dead, letters, replayer, renderer, door)),
        *_deciding(door, stores.reader, renderer, Acting(stores.reader, commander, access, renderer, door)),
        web.get("/health", door.guarded(HealthPage(health, renderer, door, datetime.now(UTC)).show)),
        web.get("/api", door.guarded(api_page.show)),
    ]


def _reading(stores: Stores, letters: Letters) -> Mapping[str, Handler]:
    tickets, people = TicketsApi(stores.reader, letters), PeopleApi(stores.reader)
    return {
        "list_tickets": tickets.list,
        "show_ticket": tickets.one,
        "trace_message": tickets.trace,
        "list_suggestions": people.suggestions,
        "list_contacts": people.contacts,
        "show_contact": people.contact,
        "read_blob": BlobsApi(stores.blobs, BlobScanner(stores.scanner, stores.blobs)).read,
    }


def _doors(door: Door) -> list[web.AbstractRouteDef]:
    return [
        web.get("/", _to_tickets),
        web.get("/sign-in", door.show),
        web.post("/sign-in", door.sign_in),
        web.post("/sign-out", door.sign_out),
    ]


def _ticket_pages(door: Door, tickets: TicketPages) -> list[web.AbstractRouteDef]:
    return [
        web.get("/tickets", door.guarded(tickets.list)),
        web.get("/tickets/{id}", door.guarded(tickets.one)),
        web.get("/tickets/{id}/messages/{message}", door.guarded(tickets.message)),
        web.get("/tickets/{id}/messages/{message}/html", door.guarded(tickets.html)),
    ]


def _dead_pages(door: Door, dead: DeadPages) -> list[web.AbstractRouteDef]:
    return [
        web.get("/dead-letters", door.guarded(dead.list)),
        web.post("/dead-letters/replay", door.guarded(dead.replay_all)),
        web.get("/dead-letters/{id}", door.guarded(dead.one)),
        web.post("/dead-letters/{id}/replay", door.guarded(dead.replay)),
    ]


def _deciding(door: Door, reader: Reader, renderer: Renderer, acting: Acting) -> list[web.AbstractRouteDef]:
    """Return the pages of people and suggestions, and everything that asks before it changes something."""
    people, asked = ContactPages(reader, renderer, door), QuestionPages(reader, renderer, door, acting)
    questions = {
        "/tickets/{id}/merge": asked.merge,
        "/tickets/{id}/unmerge": asked.unmerge,
        "/tickets/{id}/messages/{message}/split": asked.split,
        "/contacts/{id}/link": people.link,
        "/contacts/{id}/unlink": people.unlink,
        "/contacts/{id}/erase": people.erase,
    }
    return [
        web.post("/commands", door.guarded(acting.press)),
        web.get("/suggestions", door.guarded(people.suggestions)),
        web.get("/contacts", door.guarded(people.list)),
        web.get("/contacts/{id}", door.guarded(people.one)),
        *(web.get(path, door.guarded(asked.asking(question))) for path, question in questions.items()),
        *(web.post(path, door.guarded(asked.asking(question))) for path, question in questions.items()),
    ]


def _probes(stores: Stores) -> Mapping[str, Probe]:
    return {
        "bus": stores.bus.probe,
        "database": stores.reader.probe,
        "state": stores.state.probe,
        "blobs": stores.blobs.probe,
    }


def _describe(described: Mapping[str, Any]) -> Handler:
    body = msgspec.json.encode(described)

    async def openapi(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    return openapi


async def _to_tickets(_: web.Request) -> web.Response:
    return web.Response(status=303, headers={"Location": "/tickets"})
