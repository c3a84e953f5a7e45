from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec import Struct

from support.bus import eventually, take_one
from support.console import Console
from support.console_tickets import a_conversation
from support.messages import NOON, a_message, an_arrival
from threadline_contracts.arrival import InputBuried, ReplayRequested
from threadline_contracts.codec import decode, decode_data, encode, make_event
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.topology import THREADS_MESSAGES, EventType, Exchange, replays
from threadline_shared.bus import Outgoing

RAW = b"Subject: =?klingon?Q?qapla?=\r\n\r\n<script>alert(1)</script>\xff"
DEAD = "/api/v1/dead-letters"


class Dead(Struct, frozen=True):
    """What buries something, and waits until the console has it."""

    console: Console

    async def event(self, message: InboundMessage, reason: str = "the database says no") -> str:
        """Have a worker of threads give a message up; return the letter's id."""
        data = MessageReceived(message=message)
        event = make_event(EventType.MESSAGE_RECEIVED, data, about=message.id, revision=1, source="/t", time=NOON)
        out = Outgoing(
            exchange=Exchange.MESSAGES, key="message.received.v1.email", body=encode(event), event_id=event.id
        )
        before = await self.times(event.id)
        async with self.console.bus.subscribe(THREADS_MESSAGES.name) as subscription:
            if before == 0:
                await self.console.bus.publish(out)
            await (await take_one(subscription)).bury(reason)
        return await self.arrived(event.id, before)

    async def input(self, number: int = 1, reason: str = "IndexError: list index out of range") -> str:
        """Have a normaliser fail; return the letter's id."""
        raw = await self.console.blobs.keep_raw("main", RAW)
        data = InputBuried(arrival=an_arrival(), raw=raw, reason=reason)
        event = make_event(EventType.INPUT_BURIED, data, about=UUID(int=number), revision=1, source="/t", time=NOON)
        headers = {"reason": reason, "buried_at": datetime.now(UTC).isoformat()}
        before = await self.times(event.id)
        await self.console.bus.publish(
            Outgoing(
                exchange=Exchange.DEAD,
                key="input.buried.v1.email",
                body=encode(event),
                event_id=event.id,
                headers=headers,
            )
        )
        return await self.arrived(event.id, before)

    async def arrived(self, event_id: str, before: int) -> str:
        async def is_there() -> bool:
            return await self.times(event_id) > before

        await eventually(is_there)
        letters = (await self.console.get(DEAD)).json["items"]
        return str(next(letter["id"] for letter in letters if letter["event_id"] == event_id))

    async def times(self, event_id: str) -> int:
        letters = (await self.console.get(DEAD)).json["items"]
        return sum(letter["times"] for letter in letters if letter["event_id"] == event_id)


@pytest.fixture
def dead(console: Console) -> Dead:
    return Dead(console)


async def test_a_dead_letter_says_what_why_and_how_often(console: Console, dead: Dead) -> None:
    letter_id = await dead.event(a_message(), "deadlock on row 4711")

    (letter,) = (await console.get(DEAD)).json["items"]

    assert letter["id"] == letter_id
    assert (letter["state"], letter["times"], letter["reason"]) == ("waiting", 1, "deadlock on row 4711")
    assert (letter["queue"], letter["exchange"]) == ("threads.messages", "threadline.messages")
    assert letter["subject"] == str(a_message().id)


async def test_letters_are_grouped_by_what_they_died_of(console: Console, dead: Dead) -> None:
    for number in (1, 2, 3):
        await dead.event(a_message(f"m{number}"), f"deadlock on row {number}")
    await dead.input()

    answer = (await console.get(DEAD)).json

    assert [(cause["count"], cause["title"]) for cause in answer["causes"]] == [
        (3, "deadlock on row …"),
        (1, "IndexError: list index out of range"),
    ]
    of_one = (await console.get(f"{DEAD}?cause={answer['causes'][0]['id']}")).json["items"]
    assert len(of_one) == 3


async def test_the_raw_input_is_shown_as_text(console: Console, dead: Dead) -> None:
    letter = (await console.get(f"{DEAD}/{await dead.input()}")).json

    assert letter["input"]["text"] == RAW.decode(errors="backslashreplace")
    assert letter["input"]["size"] == len(RAW)
    assert "email service" in letter["replay_explains"]
    assert (await console.get(letter["input"]["href"])).body == RAW


async def test_a_replayed_event_goes_where_it_failed_and_leaves_when_it_arrives(console: Console, dead: Dead) -> None:
    letter_id = await dead.event(a_message())

    answer = await console.post(f"{DEAD}/{letter_id}/replay")

    assert (answer.status, answer.json["state"], answer.json["replays"]) == (202, "replayed", 1)
    async with console.bus.subscribe(THREADS_MESSAGES.name) as subscription:
        delivery = await take_one(subscription)
        assert decode_data(decode(delivery.body), MessageReceived).message == a_message()
        await delivery.ack()
    assert (await console.get(f"{DEAD}/{letter_id}")).json["state"] == "replayed"

    console.tickets.put(a_conversation(a_message()))
    await eventually(gone(console, letter_id))


async def test_a_replayed_input_goes_to_its_channel_and_leaves_when_its_message_arrives(
    console: Console, dead: Dead
) -> None:
    letter_id = await dead.input()
    raw = (await console.get(f"{DEAD}/{letter_id}")).json["raw"]

    await console.post(f"{DEAD}/{letter_id}/replay")

    async with console.bus.subscribe(replays("email").name) as subscription:
        delivery = await take_one(subscription)
        asked = decode_data(decode(delivery.body), ReplayRequested)
        await delivery.ack()
    assert asked == ReplayRequested(arrival=an_arrival(), raw=raw)

    console.tickets.put(a_conversation(a_message(raw=raw)))
    await eventually(gone(console, letter_id))


async def test_a_replay_that_fails_again_waits_again(console: Console, dead: Dead) -> None:
    letter_id = await dead.event(a_message())
    await console.post(f"{DEAD}/{letter_id}/replay")

    assert await dead.event(a_message(), "still broken") == letter_id

    letter = (await console.get(f"{DEAD}/{letter_id}")).json
    assert (letter["state"], letter["times"], letter["replays"]) == ("waiting", 2, 1)
    assert letter["reason"] == "still broken"


async def test_all_of_a_cause_are_replayed_in_steps(console: Console, dead: Dead) -> None:
    for number in (1, 2, 3):
        await dead.input(number)
    await dead.event(a_message())
    cause = (await console.get(DEAD)).json["causes"][0]["id"]

    steps = [(await console.post(f"{DEAD}/replay", json={"cause": cause, "limit": 2})).json for _ in range(2)]

    assert [(len(step["replayed"]), step["remaining"]) for step in steps] == [(2, 1), (1, 0)]
    waiting = (await console.get(f"{DEAD}?state=waiting")).json["items"]
    assert [letter["event_type"] for letter in waiting] == ["message.received.v1"]


async def test_what_cannot_be_read_at_all_is_kept_and_shown(console: Console, dead: Dead) -> None:
    out = Outgoing(exchange=Exchange.MESSAGES, key="message.received.v1.fax", body=b"\xff\0<script>", event_id="")
    async with console.bus.subscribe(THREADS_MESSAGES.name) as subscription:
        await console.bus.publish(out)
        await (await take_one(subscription)).bury("not a CloudEvent")
    letter_id = await dead.arrived("", 0)

    letter = (await console.get(f"{DEAD}/{letter_id}")).json

    assert letter["event"] == "\\xff\\x00<script>"
    assert letter["channel"] == "fax"


async def test_a_letter_without_a_home_stays_and_says_why(console: Console, dead: Dead) -> None:
    await console.bus.publish(Outgoing(exchange=Exchange.DEAD, key="lost", body=b"{}", event_id="lost"))
    letter_id = await dead.arrived("lost", 0)

    answer = await console.post(f"{DEAD}/{letter_id}/replay")

    assert (answer.status, answer.json["error"]["code"]) == (409, "not_replayable")
    assert (await console.get(f"{DEAD}/{letter_id}")).json["state"] == "waiting"


async def test_a_bus_that_is_away_leaves_a_letter_as_it_was(console: Console, dead: Dead) -> None:
    letter_id = await dead.event(a_message())
    await console.bus.close()

    answer = await console.post(f"{DEAD}/{letter_id}/replay")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert (await console.get(f"{DEAD}/{letter_id}")).json["state"] == "waiting"


async def test_pages_of_letters_stay_put_while_new_ones_come(console: Console, dead: Dead) -> None:
    old = [await dead.input(number) for number in range(1, 6)]
    page = (await console.get(f"{DEAD}?limit=3")).json
    await dead.input(99)

    rest = (await console.get(f"{DEAD}?limit=3&cursor={page['next']}")).json

    seen = [letter["id"] for letter in (*page["items"], *rest["items"])]
    assert sorted(seen) == sorted(old)
    assert rest["next"] is None


async def test_a_trace_finds_what_died_on_its_way(console: Console, dead: Dead) -> None:
    letter_id = await dead.event(a_message())

    trace = (await console.get(f"/api/v1/messages/{a_message().id}/trace")).json

    assert (trace["items"], trace["dead_letters"]) == ([], [letter_id])


async def test_without_a_script_a_form_replays(console: Console, dead: Dead) -> None:
    letter_id = await dead.input()

    answer = await console.post(f"/dead-letters/{letter_id}/replay", headers={"Origin": console.url})
    assert (answer.status, answer.headers["Location"]) == (303, f"/dead-letters/{letter_id}?replayed=1")
    assert "This letter was replayed" in (await console.get(answer.headers["Location"])).text

    await dead.input(2)
    everything = await console.post("/dead-letters/replay", data={"cause": ""})
    assert everything.headers["Location"] == "/dead-letters?replayed=1"


def gone(console: Console, letter_id: str) -> Callable[[], Awaitable[bool]]:
    async def is_gone() -> bool:
        return (await console.get(f"{DEAD}/{letter_id}")).status == 404

    return is_gone
