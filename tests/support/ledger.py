"""The count at the end: what the crowd got a yes for against what the gateway has and says."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct

from support.crowd import Crowd, conversations
from support.gateway import Api, until
from threadline_contracts.codec import decode, decode_data
from threadline_contracts.ticket import MessagePlaced
from threadline_contracts.topology import TICKET_LOG, EventType
from threadline_shared.bus.opening import open_bus
from threadline_standalone.stream import events
from threadline_threads.store import open_reader


class Told(Struct, frozen=True):
    """A ticket event, and the message that it places (empty: it tells of the ticket alone)."""

    id: str
    type: str
    message: str


def everything_is_there_once(api: Api, crowd: Crowd, *, at_least: int) -> dict[str, str]:
    """Check messages, tickets and told events; return id -> type of the events."""
    assert crowd.refused == []
    assert len(crowd.written) >= at_least
    until(lambda: sum(row["message_count"] for row in api.tickets()) >= len(crowd.written), within=60)
    tickets = [api.ticket(row["id"]) for row in api.tickets()]
    grouped = [sorted(key_of(message) for message in ticket["messages"]) for ticket in tickets]
    assert sorted(grouped) == sorted(sorted(keys) for keys in conversations(crowd.written).values())
    told = told_events(api, len(crowd.written))
    placed = Counter(event.message for event in told if event.message)
    assert placed == Counter(message["id"] for ticket in tickets for message in ticket["messages"])
    assert len({event.id for event in told}) == len(told)
    return {event.id: event.type for event in told}


def key_of(message: Mapping[str, Any]) -> str:
    """Return by what the crowd knows a message."""
    return str(message["external_id"] if message["channel"] == "email" else message["reference"])


def told_events(api: Api, messages: int) -> list[Told]:
    """Return the events that the API tells of, from the first one to the last placement of a message."""
    found: list[Told] = []
    for sent in events(api.remote.lines("/api/v1/events?after=0", {})):
        if not sent.data:
            continue
        event = decode(sent.data.encode())
        placed = event.type in {EventType.TICKET_OPENED, EventType.TICKET_MESSAGE_ADDED}
        message = str(decode_data(event, MessagePlaced).message.id) if placed else ""
        found.append(Told(event.id, event.type, message))
        messages -= placed
        if not messages:
            break
    return found


async def the_log_tells_the_same(env: Mapping[str, str], told: Mapping[str, str]) -> None:
    """Check the bus's own log: it has every told event (id -> type), and none that the database does not know."""
    logged = await _logged(env, told)
    assert {event: kind for event, kind in told.items() if logged.get(event) != kind} == {}
    history = await _history(env)
    assert {event: kind for event, kind in logged.items() if history.get(event) != kind} == {}


async def _logged(env: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """Return the events of the log: up to the last told one, and what comes within a second behind it."""
    found: dict[str, str] = {}
    async with open_bus(env) as bus:
        log = bus.read_log(TICKET_LOG.name)
        with suppress(TimeoutError):
            while True:
                patience = 1.0 if told.keys() <= found.keys() else 30.0
                entry = await asyncio.wait_for(anext(log), patience)
                found[entry.outgoing.event_id] = decode(entry.outgoing.body).type
    return found


async def _history(env: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    async with open_reader(env) as reader:
        after = 0
        while events := await reader.events(after, 1000):
            found |= {decode(event.body).id: event.type for event in events}
            after = events[-1].sequence
    return found
