"""The commands that decide about tickets, against one running gateway, as people and as programs use them."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from support.gateway import Gateway, until


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a conversation of two mails, another ticket, and a form that may belong to the first."""
    gateway = Gateway(tmp_path_factory.mktemp("cli")).start()
    order = "Order 47110815 burns, and nobody answers."
    ana = ("--from", "Ana <ana@example.org>")
    first = gateway.command("send", "mail", *ana, "--subject", "Printer", "--text", order, "--json").json
    gateway.command("send", "mail", *ana, "--subject", "Re: Printer", "--in-reply-to", first["message_id"])
    gateway.command("send", "mail", "--from", "Bob <bob@example.org>", "--subject", "Invoice")
    gateway.command("send", "form", "--email", "ana@example.org", "--subject", "It burns", "--message", order)
    try:
        until(lambda: len(gateway.tickets()) == 3)
        yield gateway
    finally:
        gateway.end()


def reference(gateway: Gateway, subject: str) -> str:
    return next(str(row["reference"]) for row in gateway.tickets() if row["subject"] == subject)


def test_tickets_are_merged_and_taken_apart_again(busy: Gateway) -> None:
    one, other = reference(busy, "Invoice"), reference(busy, "Printer")

    merged = busy.command("merge", one, other, "--because", "one fire", "--by", "Iva")
    assert (merged.code, merged.out.startswith("done: ")) == (0, True)
    assert busy.ticket(one)["links"][0]["because"] == "one fire"

    assert busy.command("merge", one, other, "--json").json["answer"] == "unchanged"
    assert busy.command("unmerge", one).code == 0
    assert busy.ticket(one)["links"] == []


def test_a_status_is_set(busy: Gateway) -> None:
    invoice = reference(busy, "Invoice")
    done = busy.command("status", invoice, "solved")
    assert (done.code, busy.ticket(invoice)["status"]) == (0, "solved")
    assert "solved now" in done.out


def test_a_message_is_split_off(busy: Gateway) -> None:
    printer = reference(busy, "Printer")
    moved = busy.ticket(printer)["messages"][1]["reference"]
    assert busy.command("split", moved, "--because", "another fire").code == 0
    assert busy.ticket(moved)["messages"][0]["placement"]["because"] == "another fire"


def test_a_suggestion_is_listed_and_declined(busy: Gateway) -> None:
    until(lambda: bool(busy.command("suggestions", "--json").json["items"]))
    (one, *_) = busy.command("suggestions", "--json").json["items"]
    assert one["id"] in busy.command("suggestions").out
    assert busy.command("suggestions", "--decline", one["id"], "--because", "two fires").code == 0
    assert one["id"] not in busy.command("suggestions").out


def test_people_are_found_and_shown(busy: Gateway) -> None:
    until(lambda: bool(busy.command("contacts", "bob", "--json").json["items"]))
    (bob,) = busy.command("contacts", "bob", "--json").json["items"]
    assert "bob@example.org" in busy.command("contacts").out
    assert "Invoice" in busy.command("contacts", bob["id"]).out
    assert busy.command("contacts", str(uuid4())).code == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("unmerge", str(uuid4())), 1, "refused: There is no ticket"),
        (("merge", "7K3M9-QZD4T", "nonsense!"), 1, "into: give a ticket's id, or its reference"),
        (("merge", "7K3M9-QZD4T", "7K3M9-QZD4V"), 4, "no ticket has the reference 7K3M9-QZD4T"),
        (("status", "7K3M9-QZD4T", "burning"), 2, "open, pending, solved, closed"),
        (("suggestions", "--accept", "x", "--decline", "y"), 2, "not both"),
        (("suggestions", "--accept", "x"), 1, "suggestion: give an id"),
    ],
)
def test_what_cannot_be_done_says_so_in_one_line(busy: Gateway, words: tuple[str, ...], code: int, said: str) -> None:
    ended = busy.command(*words)
    assert ended.code == code
    assert said in ended.out + ended.err
    assert (ended.out + ended.err).count("\n") == 1


@pytest.mark.parametrize("words", [("merge", "a", "b"), ("suggestions",), ("contacts",)])
def test_without_a_gateway_a_decision_says_so(busy: Gateway, unused_tcp_port: int, words: tuple[str, ...]) -> None:
    nobody = busy.command(*words, THREADLINE_URL=f"http://127.0.0.1:{unused_tcp_port}")
    assert (nobody.code, "is `threadline up` running?" in nobody.err) == (3, True)
