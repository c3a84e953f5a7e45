from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from support.console import Answer, Console, OpenConsole
from support.console_threads import Answering, answering
from support.console_tickets import a_conversation
from support.messages import a_message
from threadline_contracts import commands as contracts
from threadline_contracts.codec import decode_data
from threadline_contracts.commands import MergeRequested, SplitRequested
from threadline_contracts.ids import show_reference

PATH = "/api/v1/commands"
TOKEN = "correct-horse"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ONE, OTHER = str(uuid4()), str(uuid4())


@pytest.fixture
async def threads(console: Console) -> AsyncIterator[Answering]:
    async with answering(console.bus, console.tickets) as found:
        yield found


async def ask(console: Console, kind: str, data: Any, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    return await console.post(PATH, json={"type": kind, "data": data, **more}, headers=headers or {})


async def merge(console: Console, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    return await ask(console, "ticket.merge.requested.v1", {"ticket": ONE, "into": OTHER, "by": "Iva"}, headers, **more)


async def test_a_command_is_asked_on_the_bus_and_its_answer_returned(console: Console, threads: Answering) -> None:
    answer = await merge(console)

    (event,) = threads.asked
    asked = decode_data(event, MergeRequested)
    assert (str(asked.ticket), str(asked.into), asked.by) == (ONE, OTHER, "Iva")
    assert answer.status == 200
    assert answer.json["command_id"] == event.id
    assert (answer.json["answer"], answer.json["because"], answer.json["tickets"]) == ("done", "It is done.", [])


async def test_a_refused_command_is_a_success_that_says_why(console: Console, threads: Answering) -> None:
    threads.answer, threads.because = contracts.Answer.REFUSED, "There is no such ticket."

    answer = await merge(console)

    assert answer.status == 200
    assert (answer.json["answer"], answer.json["because"]) == ("refused", "There is no such ticket.")


async def test_what_is_not_answered_in_time_is_on_its_way(console: Console) -> None:
    answer = await merge(console, id="k-1")

    assert (answer.status, answer.json) == (202, {"command_id": "k-1"})
    assert answer.headers["Location"] == f"{PATH}/k-1"
    assert await console.bus.depth("threads.commands") == 1


@pytest.mark.parametrize("by_header", [True, False])
async def test_the_same_id_is_asked_once(console: Console, threads: Answering, *, by_header: bool) -> None:
    given: dict[str, Any] = {"headers": {"Idempotency-Key": "k-1"}} if by_header else {"id": "k-1"}
    answers = [await merge(console, **given) for _ in range(3)]

    assert {answer.json["command_id"] for answer in answers} == {"k-1"}
    assert len(threads.asked) == 1


async def test_an_id_of_another_command_is_a_conflict(console: Console, threads: Answering) -> None:
    await merge(console, id="k-1")

    answer = await ask(console, "ticket.unmerge.requested.v1", {"ticket": ONE, "by": "Iva"}, id="k-1")

    assert (answer.status, answer.json["error"]["code"]) == (409, "id_reused")
    assert len(threads.asked) == 1


async def test_two_different_ids_for_one_command_are_refused(console: Console) -> None:
    assert (await merge(console, {"Idempotency-Key": "k-1"}, id="k-2")).status == 409
    assert (await merge(console, {"Idempotency-Key": ""})).status == 400


async def test_references_name_tickets_and_messages(console: Console, threads: Answering) -> None:
    console.tickets.put(a_conversation(a_message("m1"), a_message("m2")))
    console.tickets.put(a_conversation(a_message("m3")))
    first, third = (show_reference(a_message(name).reference).lower() for name in ("m2", "m3"))

    merged = await ask(console, "ticket.merge.requested.v1", {"ticket": first, "into": third.replace("-", "")})
    split = await ask(console, "ticket.split.requested.v1", {"message_id": first})

    assert (merged.status, split.status) == (200, 200)
    asked = decode_data(threads.asked[0], MergeRequested)
    assert (asked.ticket, asked.into) == (a_message("m1").id, a_message("m3").id)
    assert decode_data(threads.asked[1], SplitRequested).message_id == a_message("m2").id


async def test_a_reference_that_nothing_has_is_a_404_that_names_the_field(console: Console) -> None:
    answer = await ask(console, "ticket.merge.requested.v1", {"ticket": ONE, "into": "7K3M9-QZD4T"})

    assert answer.status == 404
    assert answer.json["error"]["fields"] == {"into": "no ticket has the reference 7K3M9-QZD4T"}


@pytest.mark.parametrize(
    ("kind", "data", "fields"),
    [
        ("ticket.merge.requested.v1", {}, {"ticket", "into"}),
        ("ticket.merge.requested.v1", {"ticket": "?", "into": 1, "why": "x"}, {"ticket", "into", "why"}),
        ("ticket.status.requested.v1", {"ticket": ONE, "status": "lost", "because": "x" * 501}, {"status", "because"}),
        ("ticket.status.requested.v1", [], {"data"}),
        ("suggestion.decided.v1", {"suggestion": "x", "decision": "maybe"}, {"suggestion", "decision"}),
        ("contact.unlink.requested.v1", {"contact": ONE, "identity": {"kind": "email"}}, {"identity"}),
        ("message.received.v1", {}, {"type"}),
        (None, {}, {"type"}),
    ],
)
async def test_each_wrong_field_has_its_sentence(console: Console, kind: Any, data: Any, fields: set[str]) -> None:
    answer = await ask(console, kind, data)

    assert answer.status == 422
    error = answer.json["error"]
    assert set(error["fields"]) == fields
    assert all(name in error["message"] for name in fields)


@pytest.mark.parametrize("body", ["", "[]", "1", "{", '"x"'])
async def test_what_is_no_order_is_a_400_or_says_what_to_send(console: Console, body: str) -> None:
    answer = await console.post(PATH, data=body, headers={"Content-Type": "application/json"})

    assert answer.status in {400, 422}
    assert "type" in answer.json["error"]["message"] or "not what is expected" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("ticket.unmerge.requested.v1", {"ticket": ONE}),
        ("ticket.status.requested.v1", {"ticket": ONE, "status": "solved"}),
        ("suggestion.decided.v1", {"suggestion": ONE, "decision": "decline"}),
        ("contact.link.requested.v1", {"contact": ONE, "other": OTHER}),
        ("contact.unlink.requested.v1", {"contact": ONE, "identity": {"kind": "email", "value": "a@b.example"}}),
        ("contact.erase.requested.v1", {"contact": ONE}),
    ],
)
async def test_every_command_goes_out_as_the_contract_has_it(
    console: Console, threads: Answering, kind: str, data: dict[str, Any]
) -> None:
    await ask(console, kind, {**data, "because": "so"})

    said = msgspec.json.decode(threads.asked[0].data)
    assert {name: said[name] for name in data} == data
    assert (said["by"], said["because"]) == ("operator", "so")


async def test_without_a_bus_nothing_is_asked_and_the_answer_says_when_to_come_again(console: Console) -> None:
    await console.bus.close()

    answer = await merge(console)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def test_who_asks_is_said_by_programs_and_known_of_browsers(open_console: OpenConsole) -> None:
    async with open_console(api_token=TOKEN) as console, answering(console.bus, console.tickets) as threads:
        signed_in = await console.post("/sign-in", data={"token": TOKEN, "name": " Iva\n Horvat "})
        cookie = {"Cookie": signed_in.headers["Set-Cookie"].partition(";")[0]}

        await merge(console, BEARER)
        await merge(console, {**cookie, "Origin": console.url})
        await ask(console, "ticket.unmerge.requested.v1", {"ticket": ONE}, BEARER)

        assert [msgspec.json.decode(event.data)["by"] for event in threads.asked] == ["Iva", "Iva Horvat", "api"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer files only"}, {"Origin": "https://evil.example", **BEARER}]
)
async def test_strangers_files_tokens_and_other_pages_ask_nothing(
    open_console: OpenConsole, headers: dict[str, str]
) -> None:
    async with open_console(api_token=TOKEN, blob_token="files only") as console:
        assert (await merge(console, headers)).status in {401, 403}
        assert await console.bus.depth("threads.commands") == 0


@pytest.mark.usefixtures("threads")
async def test_a_command_is_found_again_by_its_id(console: Console) -> None:
    asked = await merge(console, id="k-1")

    assert (await console.get(f"{PATH}/k-1")).json == asked.json
    assert asked.json["asked"]["ticket"] == ONE
    assert (await console.get(f"{PATH}/k-2")).status == 404


async def test_a_declined_card_declines_all_that_it_stood_for(console: Console, threads: Answering) -> None:
    form = {"type": "suggestion.decided.v1", "suggestion": ONE, "also": f"{OTHER} nonsense", "back": "/suggestions"}

    declined = await console.post("/commands", data={**form, "decision": "decline"})
    await console.post("/commands", data={**form, "decision": "accept"})

    assert (declined.status, declined.headers["Location"].partition("?")[0]) == (303, "/suggestions")
    said = [msgspec.json.decode(event.data) for event in threads.asked]
    assert [(one["suggestion"], one["decision"]) for one in said] == [
        (ONE, "decline"),
        (OTHER, "decline"),
        (ONE, "accept"),
    ]


async def test_a_button_that_makes_no_sense_is_refused_on_a_page(console: Console) -> None:
    answer = await console.post("/commands", data={"type": "ticket.status.requested.v1", "status": "lost"})

    assert answer.status == 422
    assert "say one of open, pending, solved, closed" in answer.text


async def test_what_another_page_presses_is_asked_of_nobody(console: Console) -> None:
    form = {"type": "ticket.unmerge.requested.v1", "ticket": ONE}

    assert (await console.post("/commands", data=form, headers={"Origin": "https://evil.example"})).status == 403
    assert await console.bus.depth("threads.commands") == 0


async def test_no_address_can_put_words_into_a_page(console: Console) -> None:
    page = await console.get("/tickets?command=Your%20account%20is%20locked")

    assert "locked" not in page.text.replace("command=Your%20account%20is%20locked", "")
