"""The API over the real tickets: threads and console side by side, on both databases, over the embedded bus."""

import asyncio
from urllib.parse import quote

import aiohttp

from support.bus import eventually
from support.console_pair import Pair, a_mail
from support.messages import a_person
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Evidence


async def test_a_message_becomes_a_ticket_that_says_why(pair: Pair) -> None:
    await pair.say(a_mail("m1"))

    (ticket,) = (await pair.list())["items"]
    detail = (await pair.get(f"/api/v1/tickets/{ticket['id']}")).json

    assert (ticket["status"], ticket["channels"], ticket["message_count"]) == ("open", ["email"], 1)
    assert ticket["last"]["text"] == "It burns again (m1)."
    assert detail["messages"][0]["placement"]["rule"] == "open"
    assert detail["messages"][0]["placement"]["because"]


async def test_a_reply_joins_and_both_references_find_the_ticket(pair: Pair) -> None:
    first = a_mail("m1")
    reply = a_mail("m2", 5, evidence=Evidence(in_reply_to=("m1@example.org",)))
    await pair.say(first, reply)

    by_reply = (await pair.get(f"/api/v1/tickets/{show_reference(reply.reference)}")).json

    assert [message["external_id"] for message in by_reply["messages"]] == ["m1@example.org", "m2@example.org"]
    assert by_reply["messages"][1]["placement"]["rule"] == "reference"
    assert by_reply["reference"] == first.reference
    assert (await pair.list())["items"][0]["message_count"] == 2


async def test_a_list_is_narrowed_searched_and_paged(pair: Pair) -> None:
    people = [a_person(f"p{number}@example.org", name=f"Person {number}") for number in range(7)]
    await pair.say(*(a_mail(f"m{n}", n, sender=person, subject=f"Order {n}") for n, person in enumerate(people)))
    await pair.say(a_mail("form", 9, channel="form", account="contact", subject="Από τη φόρμα", text="пожар"))

    assert len((await pair.list("?channel=form"))["items"]) == 1
    assert len((await pair.list("?status=open"))["items"]) == 8
    assert len((await pair.list("?status=solved"))["items"]) == 0
    assert len((await pair.list("?desk=other"))["items"]) == 0
    for words in ("Order 3", "Person 3", "p3@example.org", quote("φόρμα"), quote("пожар")):
        assert len((await pair.list(f"?q={words.replace(' ', '%20')}"))["items"]) == 1, words
    first = await pair.list("?limit=5")
    second = await pair.list(f"?limit=5&cursor={first['next']}")
    seen = [ticket["id"] for ticket in (*first["items"], *second["items"])]
    assert (len(seen), len(set(seen)), second["next"]) == (8, 8, None)


async def test_a_page_does_not_move_when_new_tickets_come(pair: Pair) -> None:
    await pair.say(*(a_mail(f"m{n}", n, sender=a_person(f"p{n}@example.org")) for n in range(6)))
    first = await pair.list("?limit=3")
    await pair.say(a_mail("new", 60, sender=a_person("new@example.org")))

    second = await pair.list(f"?limit=3&cursor={first['next']}")

    seen = [ticket["subject"] for ticket in (*first["items"], *second["items"])]
    assert sorted(seen) == [f"The printer m{n}" for n in range(6)]


async def test_a_foreign_cursor_is_a_400(pair: Pair) -> None:
    assert (await pair.get("/api/v1/tickets?cursor=nonsense")).status == 400


async def test_events_are_told_once_each_in_order_and_again_from_anywhere(pair: Pair) -> None:
    await pair.say(a_mail("m1"), a_mail("m2", 1, evidence=Evidence(in_reply_to=("m1@example.org",))))
    await pair.say(a_mail("m3", 2, sender=a_person("other@example.org")))

    heard = await frames(pair, "?after=0", 3)
    again = await frames(pair, f"?after={heard[0][0]}", 2)

    assert [event for _, event in heard].count("ticket.opened.v1") == 2
    assert again == heard[1:]
    assert [int(number) for number, _ in heard] == sorted({int(number) for number, _ in heard})


async def test_what_threads_cannot_store_is_buried_shown_and_fails_again(pair: Pair) -> None:
    await pair.publish(a_mail("m1", subject="a NUL \0 here"))
    await eventually(lambda: died(pair, 1))
    (letter,) = (await pair.get("/api/v1/dead-letters")).json["items"]
    assert "NUL" in letter["reason"]
    assert letter["queue"] == "threads.messages"

    assert (await pair.post(f"/api/v1/dead-letters/{letter['id']}/replay")).status == 202

    await eventually(lambda: died(pair, 2))


async def test_health_counts_what_is_stored(pair: Pair) -> None:
    await pair.say(a_mail("m1"))

    health = (await pair.get("/api/v1/health")).json

    assert health["status"] == "ok"
    assert (health["stored"]["tickets"], health["stored"]["messages"]) == (1, 1)
    assert any(part["name"] == "threads/messages" and part["state"] == "ok" for part in health["components"])


async def died(pair: Pair, times: int) -> bool:
    letters = (await pair.get("/api/v1/dead-letters?state=waiting")).json["items"]
    return [letter["times"] for letter in letters] == [times]


async def frames(pair: Pair, query: str, number: int) -> list[tuple[str, str]]:
    """Return id and type of the first events of a stream."""
    found: list[tuple[str, str]] = []
    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession() as client,
        client.get(f"{pair.url}/api/v1/events{query}") as answer,
    ):
        place = ""
        while len(found) < number:
            name, _, value = (await answer.content.readline()).decode().strip().partition(": ")
            if name == "id":
                place = value
            elif name == "event":
                found.append((place, value))
    return found
