from datetime import timedelta
from urllib.parse import quote

import pytest

from support.console import Console
from support.console_tickets import a_conversation
from support.messages import NOON, a_message, a_person, an_attachment
from threadline_contracts.ids import show_reference
from threadline_contracts.ticket import Status
from threadline_shared.health import component, forget


def fill(console: Console, number: int) -> None:
    for n in range(number):
        moment = NOON + timedelta(minutes=n)
        console.tickets.put(a_conversation(a_message(f"m{n}", sent_at=moment, received_at=moment)), silent=True)


async def test_a_ticket_says_at_least_what_is_promised(console: Console) -> None:
    console.tickets.put(a_conversation(a_message("m1"), a_message("m2")))

    (ticket,) = (await console.get("/api/v1/tickets")).json["items"]

    promised = {"id", "subject", "status", "channels", "message_count", "contact", "updated_at"}
    assert promised | {"reference", "root", "desk", "created_at", "last"} <= set(ticket)
    assert ticket["contact"]["name"] == "Ada"
    assert ticket["last"]["text"] == "It burns again (m2)."


async def test_a_conversation_says_why_each_message_is_there(console: Console) -> None:
    file = an_attachment(b"x", filename="a b.pdf")
    console.tickets.put(a_conversation(a_message("m1", attachments=(file,))))

    ticket = (await console.get(f"/api/v1/tickets/{a_message('m1').id}")).json

    (message,) = ticket["messages"]
    promised = {"id", "channel", "external_id", "sender", "text", "sent_at", "attachments", "placement"}
    assert promised | {"full_text", "html", "problems", "automation", "ticket"} <= set(message)
    assert message["placement"]["rule"] == "open"
    assert message["placement"]["because"] == "opened, nothing claimed it"
    assert message["attachments"][0]["href"] == f"/api/v1/blobs/{file.blob}?name=a+b.pdf"
    assert (ticket["merged"], ticket["links"]) == ([], [])


async def test_a_ticket_is_found_by_the_reference_of_any_message(console: Console) -> None:
    console.tickets.put(a_conversation(a_message("m1"), a_message("m2")))

    found = await console.get(f"/api/v1/tickets/{show_reference(a_message('m2').reference).lower()}")

    assert found.json["id"] == str(a_message("m1").id)


async def test_pages_neither_repeat_nor_skip(console: Console) -> None:
    fill(console, 25)

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await console.get(f"/api/v1/tickets?limit=10&cursor={quote(cursor)}")).json
        seen += [ticket["id"] for ticket in page["items"]]
        cursor = page["next"]

    assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=open", 1),
        ("status=solved", 1),
        ("channel=form", 1),
        ("channel=email&status=solved", 0),
        ("q=broken%20printer", 1),
        ("desk=main", 2),
        ("desk=other", 0),
        ("", 2),
    ],
)
async def test_a_list_can_be_narrowed(console: Console, query: str, count: int) -> None:
    console.tickets.put(a_conversation(a_message("m1", subject="Broken printer")))
    console.tickets.put(a_conversation(a_message("m2", channel="form"), status=Status.SOLVED))

    assert len((await console.get(f"/api/v1/tickets?{query}")).json["items"]) == count


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=many", "status=lost", "status=", "chanel=email", "desk=A%20B", "limit=1&limit=2"],
)
async def test_a_wrong_question_is_a_400_that_names_it(console: Console, query: str) -> None:
    answer = await console.get(f"/api/v1/tickets?{query}")

    assert answer.status == 400
    assert answer.json["error"]["code"] == "invalid_request"
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("path", ["/api/v1/tickets/nobody", "/api/v1/messages/nobody/trace", "/api/v1/dead-letters/x"])
async def test_a_404_says_how_to_look_further(console: Console, path: str) -> None:
    answer = await console.get(path)

    assert answer.status == 404
    assert "/api/v1/" in answer.json["error"]["message"]


@pytest.mark.parametrize("key", ["m1@example.org", "<m1@example.org>", str(a_message("m1").id)])
async def test_a_message_is_traced_by_whatever_one_has_of_it(console: Console, key: str) -> None:
    console.tickets.put(a_conversation(a_message("m1", raw="main.pack.1.0.9.0123456789abcdef")))

    (trace,) = (await console.get(f"/api/v1/messages/{quote(key, safe='')}/trace")).json["items"]

    assert [hop["name"] for hop in trace["hops"]] == [
        "received",
        "stored",
        "published",
        "grouped",
        "committed",
        "announced",
    ]
    assert all(hop["done"] for hop in trace["hops"])
    assert "announced on the bus" in trace["now"]


@pytest.mark.parametrize("key", ["a/b+c@example.org", "{A1-B2}@example.org", "a%2fb%c@example.org"])
async def test_an_external_id_may_hold_what_a_path_does_not(console: Console, key: str) -> None:
    console.tickets.put(a_conversation(a_message("m1", external_id=key)))

    answer = await console.get(f"/api/v1/messages/{quote(key, safe='')}/trace")

    assert answer.json["items"][0]["external_id"] == key


async def test_text_of_any_script_comes_out_as_it_went_in(console: Console) -> None:
    text = "Γειά, привет, مرحبا, 你好, 👩‍👩‍👧"
    console.tickets.put(a_conversation(a_message("m1", text=text, sender=a_person(name="محمد"))))

    (message,) = (await console.get(f"/api/v1/tickets/{a_message('m1').id}")).json["messages"]

    assert (message["text"], message["sender"]["name"]) == (text, "محمد")


async def test_health_says_how_everything_is(console: Console) -> None:
    health = (await console.get("/api/v1/health")).json

    assert [part["name"] for part in health["depends"]] == ["bus", "database", "state", "blobs"]
    assert all(part["state"] == "ok" for part in health["depends"])
    assert {"queue": "threads.messages", "depth": 0} in health["queues"]
    assert health["stored"]["tickets"] == 0


async def test_health_says_what_is_away(console: Console) -> None:
    await console.bus.close()

    health = (await console.get("/api/v1/health")).json

    assert health["status"] == "trouble"
    assert health["depends"][0]["reason"] == "the bus is closed"
    assert health["queues"][0]["depth"] is None


async def test_health_shows_trouble_first_and_what_parts_tell(console: Console) -> None:
    component("email/told@a.example").tell(["INBOX: server has 3 since 2026-11-03, taken 3, skipped 0, waiting 0"])
    component("zz/last").trouble("nothing answers")
    try:
        page = (await console.get("/health")).text
        parts = (await console.get("/api/v1/health")).json["components"]
    finally:
        forget("email/told@a.example")
        forget("zz/last")
    assert (
        page.index("zz/last</th>") < page.index("email/told@a.example</th>") < page.index("INBOX: server has 3 since")
    )
    assert next(part for part in parts if part["name"] == "email/told@a.example")["details"][0].startswith("INBOX")
