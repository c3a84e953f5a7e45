"""Threads and console side by side, as in a process of their own: real tickets, on either database."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import aiohttp
import pytest

from support.bus import eventually
from support.console import Answer, ask, console_env
from support.messages import NOON, MessageFields, a_message
from threadline_console import app as console
from threadline_contracts.codec import encode, make_event
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.topology import ALWAYS, EventType, Exchange
from threadline_shared.bus import Bus, Outgoing
from threadline_shared.bus.opening import open_bus
from threadline_threads import app as threads


class Pair:
    """A running threads and a running console."""

    def __init__(self, url: str, bus: Bus) -> None:
        self.url = url
        self._bus = bus

    async def get(self, path: str) -> Answer:
        return await ask(self.url, "GET", path)

    async def post(self, path: str, **options: Any) -> Answer:
        return await ask(self.url, "POST", path, **options)

    async def publish(self, message: InboundMessage) -> None:
        """Say a message as a channel does."""
        data = MessageReceived(message=message)
        event = make_event(EventType.MESSAGE_RECEIVED, data, about=message.id, revision=1, source="/t", time=NOON)
        key = f"message.received.v1.{message.channel}"
        await self._bus.publish(Outgoing(exchange=Exchange.MESSAGES, key=key, body=encode(event), event_id=event.id))

    async def say(self, *messages: InboundMessage) -> None:
        """Say messages, and wait until each is in a ticket and announced."""
        for message in messages:
            await self.publish(message)
        for message in messages:
            await eventually(partial(self.is_announced, str(message.id)))

    async def is_announced(self, key: str) -> bool:
        answer = await self.get(f"/api/v1/messages/{key}/trace")
        return answer.status == 200 and all(hop["done"] for hop in answer.json["items"][0]["hops"])

    async def list(self, query: str = "") -> Any:
        answer = await self.get(f"/api/v1/tickets{query}")
        assert answer.status == 200, answer.text
        return answer.json

    async def ticket(self, key: str) -> Any:
        """Return the conversation of a ticket id or reference."""
        answer = await self.get(f"/api/v1/tickets/{key}")
        assert answer.status == 200, answer.text
        return answer.json

    async def command(self, kind: str, because: str = "", **data: Any) -> Any:
        """Ask for something as Iva; return what became of it."""
        asked = {"type": kind, "data": {**data, "by": "Iva", "because": because}}
        answer = await self.post("/api/v1/commands", json=asked)
        assert answer.status == 200, answer.text
        return answer.json


def a_mail(name: str, minutes: int = 0, **fields: Unpack[MessageFields]) -> InboundMessage:
    """Return a mail sent some minutes after noon, its raw input kept."""
    moment = NOON + timedelta(minutes=minutes)
    fields.setdefault("raw", f"main.sha256.{'0' * 64}")
    fields.setdefault("sent_at", moment)
    fields.setdefault("received_at", moment)
    return a_message(name, **fields)


@asynccontextmanager
async def a_pair(env: Mapping[str, str]) -> AsyncIterator[Pair]:
    """Run both, until the block ends."""
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(env))
        await bus.declare(ALWAYS)
        tasks = [asyncio.create_task(service.run(env, bus)) for service in (threads, console)]
        url = f"http://127.0.0.1:{env['THREADLINE_HTTP_PORT']}"
        await eventually(partial(_answers, url, tasks))
        yield Pair(url, bus)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def pair_env(folder: Path, **more: str) -> Mapping[str, str]:
    """Return the settings of both, their files in a folder."""
    shared = {"THREADLINE_HTTP_SHARED_BY": "2", "THREADLINE_TOKEN_KEYS": f"k1:{'00' * 16}"}
    return {**console_env(folder), **shared, **more}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the settings of either database."""
    if request.param == "sqlite":
        return {}
    return {"THREADLINE_DATABASE_URL": request.getfixturevalue("database_url")}


@pytest.fixture
async def pair(database: dict[str, str], tmp_path: Path) -> AsyncIterator[Pair]:
    """Return threads and console on either database."""
    async with a_pair(pair_env(tmp_path, **database)) as opened:
        yield opened


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Pair]:
    """Return threads and console on SQLite."""
    async with a_pair(pair_env(tmp_path)) as opened:
        yield opened


async def _answers(url: str, tasks: "Sequence[asyncio.Task[None]]") -> bool:
    for task in tasks:
        if task.done():
            task.result()  # says why it ended
    with suppress(aiohttp.ClientConnectionError):
        return (await ask(url, "GET", "/api/v1/tickets")).status == 200
    return False
