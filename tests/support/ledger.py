"""The count at the end: what the crowd got a yes for against what the gateway has and says."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from support.crowd import Crowd, conversations
from support.gateway import Api, until
from threadline_contracts.codec import decode
from threadline_contracts.topology import TICKET_LOG
from threadline_shared.bus.opening import open_bus
from threadline_standalone.stream import events


def everything_is_there_once(api: Api, crowd: Crowd, *, at_least: int) -> dict[str, str]:
    """Check messages, tickets and told events; return id -> type of the events."""
    assert crowd.refused == []
    assert len(crowd.written) >= at_least
    until(lambda: sum(row["message_count"] for row in api.tickets()) >= len(crowd.written), within=60)
    tickets = [api.ticket(row["id"]) for row in api.tickets()]
    grouped = [sorted(key_of(message) for message in ticket["messages"]) for ticket in tickets]
    assert sorted(grouped) == sorted(sorted(keys) for keys in conversations(crowd.written).values())
    told = told_events(api, len(crowd.written))
    assert Counter(told.values()) == {
        "ticket.opened.v1": len(tickets),
        "ticket.message_added.v1": len(crowd.written) - len(tickets),
    }
    return told


def key_of(message: Mapping[str, Any]) -> str:
    """Return by what the crowd knows a message."""
    return str(message["external_id"] if message["channel"] == "email" else message["reference"])


def told_events(api: Api, messages: int) -> dict[str, str]:
    """Return id -> type of the events that the API tells of, from the first one; each comes once."""
    found: dict[str, str] = {}
    for sent in events(api.remote.lines("/api/v1/events?after=0", {})):
        event = decode(sent.data.encode())
        assert event.id not in found
        found[event.id] = event.type
        if len(found) == messages:
            break
    return found


async def announced_events(env: Mapping[str, str], number: int) -> dict[str, str]:
    """Return id -> type of the events in the bus's own log; a repetition says the same again."""
    found: dict[str, str] = {}
    async with asyncio.timeout(30), open_bus(env) as bus:
        async for entry in bus.read_log(TICKET_LOG.name):
            found[entry.outgoing.event_id] = decode(entry.outgoing.body).type
            if len(found) == number:
                break
    return found
