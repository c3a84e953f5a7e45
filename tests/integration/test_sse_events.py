import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec
from msgspec import Struct

from support.console import Console
from support.console_tickets import a_conversation
from support.messages import a_message
from threadline_contracts.codec import decode


class Heard(Struct, frozen=True):
    """One frame of a stream."""

    id: str
    event: str
    data: str


def say(console: Console, name: str) -> None:
    console.tickets.put(a_conversation(a_message(name)))


@asynccontextmanager
async def listening(
    console: Console, query: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[AsyncIterator[Heard]]:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{console.url}/api/v1/events{query}", headers=headers) as answer,
    ):
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"retry: 2000\n"
        yield frames(answer)


async def frames(answer: aiohttp.ClientResponse) -> AsyncIterator[Heard]:
    fields: dict[str, str] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield Heard(fields["id"], fields["event"], fields["data"])
            fields = {}


async def take(stream: AsyncIterator[Heard], number: int) -> list[Heard]:
    async with asyncio.timeout(10):
        return [await anext(stream) for _ in range(number)]


async def test_an_event_comes_with_its_sequence_its_type_and_the_whole_cloudevent(console: Console) -> None:
    async with listening(console, "?after=0") as stream:
        say(console, "m1")
        (heard,) = await take(stream, 1)

    assert (heard.id, heard.event) == ("1", "ticket.opened.v1")
    event = decode(heard.data.encode())
    assert event.subject == str(a_message("m1").id)
    assert msgspec.json.decode(event.data)["placement"]["because"] == "opened, nothing claimed it"


async def test_events_come_in_order_live_and_old(console: Console) -> None:
    for number in range(5):
        say(console, f"m{number}")
    async with listening(console, "?after=2") as stream:
        old = await take(stream, 3)
        for number in range(5, 8):
            say(console, f"m{number}")
        live = await take(stream, 3)

    assert [heard.id for heard in (*old, *live)] == ["3", "4", "5", "6", "7", "8"]


async def test_a_client_that_comes_back_goes_on_where_it_was(console: Console) -> None:
    say(console, "m1")
    async with listening(console, "?after=0") as stream:
        (last,) = await take(stream, 1)
    say(console, "m2")
    async with listening(console, "?after=0", {"Last-Event-ID": last.id}) as stream:
        (heard,) = await take(stream, 1)

    assert heard.id == "2"


async def test_who_asks_for_nothing_old_hears_only_what_is_new(console: Console) -> None:
    say(console, "m1")
    async with listening(console) as stream:
        await asyncio.sleep(0.02)
        say(console, "m2")
        (heard,) = await take(stream, 1)

    assert heard.id == "2"


async def test_a_wrong_place_is_a_400(console: Console) -> None:
    for query, headers in (("?after=-1", {}), ("?after=x", {}), ("", {"Last-Event-ID": "x"})):
        assert (await console.get(f"/api/v1/events{query}", headers=headers)).status == 400


async def test_the_console_stops_at_once_with_streams_open(console: Console) -> None:
    async with listening(console) as stream:
        for task in asyncio.all_tasks():
            if "serve" in str(task.get_coro()):
                task.cancel()
        async with asyncio.timeout(2):
            assert [heard async for heard in stream] == []
