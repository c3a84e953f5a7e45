"""What people decide over the API, carried out by the real threads on both databases, and seen again by all readers."""

from typing import Any
from uuid import uuid4

from support.bus import eventually
from support.console_pair import Pair, a_mail
from support.messages import a_person
from threadline_contracts.ids import show_reference
from threadline_contracts.message import Assurance, Evidence
from threadline_contracts.tokens import sign_token

MERGE, UNMERGE, SPLIT = "ticket.merge.requested.v1", "ticket.unmerge.requested.v1", "ticket.split.requested.v1"
STATUS, DECIDE = "ticket.status.requested.v1", "suggestion.decided.v1"
ANA = a_person("ana@a.example", name="Ana", assurance=Assurance.VERIFIED, by="dmarc")
BOB = a_person("bob@b.example", name="Bob", assurance=Assurance.VERIFIED, by="dmarc")
TYPED = a_person("ana@a.example", name="Ana", assurance=Assurance.CLAIMED, by="typed")


async def two(pair: Pair) -> tuple[str, str]:
    """Return the references of two tickets, the older one first."""
    first, second = a_mail("m1", sender=ANA, subject="Printer"), a_mail("m2", 1, sender=BOB, subject="Invoice")
    await pair.say(first, second)
    return first.reference, second.reference


async def suggested(pair: Pair) -> Any:
    """Return a suggestion that the clerk makes of a mail and a form that name one order."""
    text = "Order 47110815 is broken, and it burns."
    await pair.say(a_mail("m1", sender=ANA, subject="Broken printer", text=text))
    await pair.say(a_mail("m2", 5, channel="form", account="contact", sender=TYPED, subject="My printer", text=text))
    await eventually(lambda: has_suggestion(pair))
    return (await pair.get("/api/v1/suggestions")).json["items"][0]


async def has_suggestion(pair: Pair) -> bool:
    return bool((await pair.get("/api/v1/suggestions")).json["items"])


async def test_a_merge_is_seen_with_who_and_why_and_undone_for_good(pair: Pair) -> None:
    one, other = await two(pair)

    merged = await pair.command(MERGE, because="the same fire", ticket=other, into=show_reference(one))
    ticket = await pair.ticket(other)
    assert (merged["answer"], ticket["reference"], len(ticket["messages"])) == ("done", one, 2)
    (link,) = ticket["links"]
    assert (link["by"], link["because"], link["rule"]) == ("Iva", "the same fire", "command")
    assert [record["type"] for record in ticket["history"]] == [MERGE]

    undone = await pair.command(UNMERGE, because="two printers", ticket=other)
    apart = await pair.ticket(other)
    assert (undone["answer"], apart["reference"], len(apart["messages"])) == ("done", other, 1)
    (severed,) = apart["severed"]
    assert (severed["by"], severed["because"], severed["link"]["because"]) == ("Iva", "two printers", "the same fire")


async def test_what_cannot_be_done_is_refused_in_a_sentence(pair: Pair) -> None:
    one, _ = await two(pair)

    nothing = await pair.command(MERGE, ticket=one, into=str(uuid4()))
    alone = await pair.command(UNMERGE, ticket=one)

    assert [answer["answer"] for answer in (nothing, alone)] == ["refused", "refused"]
    assert "There is no ticket" in nothing["because"]
    assert "not merged" in alone["because"]


async def test_asked_again_under_its_id_a_command_is_done_once(pair: Pair) -> None:
    one, _ = await two(pair)
    data = {"ticket": one, "status": "solved", "by": "Iva"}

    answers = [await pair.post("/api/v1/commands", json={"type": STATUS, "id": "s-1", "data": data}) for _ in range(2)]

    assert answers[0].json == answers[1].json
    assert answers[0].json["answer"] == "done"
    assert len((await pair.ticket(one))["history"]) == 1


async def test_a_message_is_split_off_by_its_reference(pair: Pair) -> None:
    first = a_mail("m1", sender=ANA)
    second = a_mail("m2", 1, sender=ANA, evidence=Evidence(in_reply_to=("m1@example.org",)))
    await pair.say(first, second)

    split = await pair.command(SPLIT, message_id=show_reference(second.reference))

    assert split["answer"] == "done"
    assert len((await pair.ticket(first.reference))["messages"]) == 1
    (moved,) = (await pair.ticket(second.reference))["messages"]
    assert moved["placement"]["rule"] == "split"


async def test_a_customer_opens_a_pending_ticket_again_and_the_ticket_says_so(pair: Pair) -> None:
    first = a_mail("m1", sender=ANA)
    await pair.say(first)
    await pair.command(STATUS, ticket=first.reference, status="pending")
    await pair.say(a_mail("m2", 1, sender=ANA, evidence=Evidence(in_reply_to=("m1@example.org",))))

    ticket = await pair.ticket(first.reference)

    assert ticket["status"] == "open"
    assert [note["type"] for note in ticket["notes"]] == ["ticket.reopened.v1"]


async def test_a_suggestion_is_listed_shown_and_accepted(pair: Pair) -> None:
    suggestion = await suggested(pair)
    shown = (await pair.ticket(suggestion["other"]["id"]))["suggestions"]
    assert [one["id"] for one in shown] == [suggestion["id"]]
    assert any("47110815" in reason["because"] for reason in suggestion["reasons"])

    accepted = await pair.command(DECIDE, suggestion=suggestion["id"], decision="accept")

    assert accepted["answer"] == "done"
    ticket = await pair.ticket(suggestion["ticket"]["id"])
    assert (ticket["id"], ticket["suggestions"]) == (suggestion["other"]["id"], [])
    assert ticket["links"][0]["rule"] == "suggestion"


async def test_a_declined_suggestion_is_remembered_not_repeated(pair: Pair) -> None:
    suggestion = await suggested(pair)

    declined = await pair.command(DECIDE, because="two orders", suggestion=suggestion["id"], decision="decline")

    assert declined["answer"] == "done"
    assert not await has_suggestion(pair)
    (severed,) = (await pair.ticket(suggestion["ticket"]["id"]))["severed"]
    assert (severed["because"], severed["link"]) == ("two orders", None)


async def test_people_are_searched_and_shown_with_their_tickets(pair: Pair) -> None:
    await two(pair)
    await eventually(lambda: knows(pair, "Bob"))

    (found,) = (await pair.get("/api/v1/contacts?search=bob@b")).json["items"]
    shown = (await pair.get(f"/api/v1/contacts/{found['id']}")).json

    assert [(one["value"], one["assurance"]) for one in shown["identities"]] == [("bob@b.example", "verified")]
    assert [ticket["subject"] for ticket in shown["tickets"]] == ["Invoice"]
    assert (await pair.get(f"/api/v1/contacts/{uuid4()}")).status == 404
    assert (await pair.get("/api/v1/contacts/nobody")).status == 404


async def test_two_contacts_are_linked_and_taken_apart_again(pair: Pair) -> None:
    await two(pair)
    await eventually(lambda: knows(pair, "Bob"))
    await eventually(lambda: knows(pair, "Ana"))
    ana, bob = [(await pair.get(f"/api/v1/contacts?search={name}")).json["items"][0]["id"] for name in ("ana", "bob")]

    linked = await pair.command("contact.link.requested.v1", because="said so", contact=ana, other=bob)
    both = (await pair.get(f"/api/v1/contacts/{bob}")).json
    assert (linked["answer"], both["id"], len(both["identities"])) == ("done", ana, 2)
    assert both["links"][0]["because"] == "said so"

    taken = {"kind": "email", "value": "BOB@b.example"}
    unlinked = await pair.command("contact.unlink.requested.v1", contact=ana, identity=taken)
    assert unlinked["answer"] == "done"
    assert len((await pair.get(f"/api/v1/contacts/{ana}")).json["identities"]) == 1


async def knows(pair: Pair, name: str) -> bool:
    return bool((await pair.get(f"/api/v1/contacts?search={name}")).json["items"])


async def test_a_forged_token_is_noted_at_its_message(pair: Pair) -> None:
    first = a_mail("m1", sender=ANA)
    forged = sign_token(first.desk, first.reference, "k1", b"not the secret of ours")
    await pair.say(first)
    await pair.say(a_mail("m2", 1, sender=BOB, evidence=Evidence(tokens=(forged,))))

    ticket = await pair.ticket(a_mail("m2").reference)

    assert ticket["reference"] != first.reference
    assert [(note["type"], note["message"]) for note in ticket["notes"]] == [
        ("security.forged_token.v1", str(a_mail("m2").id))
    ]
