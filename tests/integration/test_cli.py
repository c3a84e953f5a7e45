"""Every command of `threadline` against one running gateway, as people and as programs use it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.gateway import Gateway, until

FIRST = "Flamingo"


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with one conversation of two mails, and one form."""
    gateway = Gateway(tmp_path_factory.mktemp("cli")).start()
    sent = gateway.command("send", "mail", "--from", "Ana <ana@example.org>", "--subject", FIRST, "--json").json
    gateway.command(
        "send",
        "mail",
        "--from",
        "Ana <ana@example.org>",
        "--subject",
        f"Re: {FIRST}",
        "--in-reply-to",
        sent["message_id"],
    )
    gateway.command("send", "form", "--subject", "Invoice")
    until(lambda: sum(row["message_count"] for row in gateway.tickets()) == 3)
    yield gateway
    gateway.end()


def test_send_mail_prints_what_the_server_said(busy: Gateway) -> None:
    sent = busy.command("send", "mail", "--subject", "Hello", "--text", "-", given="from standard input")
    assert sent.code == 0
    assert sent.out.startswith("250 ")
    assert "Message-ID: <" in sent.out


def test_send_mail_to_a_stranger_s_mailbox_is_refused(busy: Gateway) -> None:
    sent = busy.command("send", "mail", "--to", "nobody@elsewhere.example", "--json")
    assert (sent.code, sent.json["code"]) == (1, 550)


def test_send_mail_carries_files(busy: Gateway, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("a plan")
    sent = busy.command("send", "mail", "--attach", str(tmp_path / "plan.txt"), "--json").json
    until(lambda: busy.command("trace", sent["message_id"]).code == 0)
    ticket = busy.ticket(busy.command("trace", sent["message_id"], "--json").json["items"][0]["root"])
    assert [file["filename"] for file in ticket["messages"][-1]["attachments"]] == ["plan.txt"]


def test_send_form_gives_a_reference_that_finds_its_ticket(busy: Gateway, tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_text("smoke")
    sent = busy.command("send", "form", "--subject", "Smoke", "--attach", str(tmp_path / "photo.txt"), "--json")
    assert sent.code == 0
    until(lambda: busy.command("tickets", sent.json["reference"]).code == 0)
    shown = busy.command("tickets", sent.json["reference"])
    assert "Smoke" in shown.out
    assert "photo.txt" in shown.out


def test_send_form_to_one_that_is_not_there_is_not_found(busy: Gateway) -> None:
    assert busy.command("send", "form", "--form", "nowhere").code == 4


def test_tickets_lists_and_says_it_as_json(busy: Gateway) -> None:
    table = busy.command("tickets", "--search", FIRST)
    listed = busy.command("tickets", "--search", FIRST, "--json").json
    assert FIRST in table.out
    assert [row["message_count"] for row in listed["items"]] == [2]
    assert listed["next"] is None


def test_tickets_of_a_channel_alone(busy: Gateway) -> None:
    found = busy.command("tickets", "--channel", "form", "--json").json["items"]
    assert {channel for row in found for channel in row["channels"]} == {"form"}


def test_tickets_pages_up_to_the_limit(busy: Gateway) -> None:
    some = busy.command("tickets", "--limit", "1", "--json").json
    assert (len(some["items"]), bool(some["next"])) == (1, True)


def test_one_ticket_says_why_each_message_is_in_it(busy: Gateway) -> None:
    ticket = busy.command("tickets", "--search", FIRST, "--json").json["items"][0]
    shown = busy.command("tickets", ticket["id"])
    assert shown.out.count("why here:") == 2


def test_a_wrong_filter_is_refused_by_its_name(busy: Gateway) -> None:
    refused = busy.command("tickets", "--status", "burning")
    assert refused.code == 1
    assert "status" in refused.err


def test_trace_finds_a_mail_by_its_message_id(busy: Gateway) -> None:
    sent = busy.command("send", "mail", "--subject", "Where am I", "--json").json
    until(lambda: busy.command("trace", sent["message_id"]).code == 0)
    until(lambda: "announced on the bus" in busy.command("trace", sent["message_id"]).out)
    assert "why here:" in busy.command("trace", sent["message_id"]).out


def test_trace_of_nothing_says_where_to_look(busy: Gateway) -> None:
    lost = busy.command("trace", "<never-sent@example.org>")
    assert lost.code == 4
    assert "dead letter" in lost.err


def test_tail_shows_every_event_from_the_first(busy: Gateway) -> None:
    with busy.following("tail", "--all", "--json") as lines:
        event = json.loads(next(lines))
    assert event["type"] == "ticket.opened.v1"
    assert event["data"]["ticket"]["subject"] == FIRST


def test_tail_is_readable_too(busy: Gateway) -> None:
    with busy.following("tail", "--all") as lines:
        assert FIRST in next(lines)


def test_no_dead_letters_is_good_news(busy: Gateway) -> None:
    assert "everything that was accepted could be processed" in busy.command("dead", "list").out
    assert busy.command("dead", "list", "--json").json["items"] == []


def test_a_dead_letter_that_is_not_there_is_not_found(busy: Gateway) -> None:
    assert busy.command("dead", "show", "nothing").code == 4
    assert busy.command("dead", "replay", "nothing").code == 4


def test_replay_wants_to_know_what(busy: Gateway) -> None:
    assert busy.command("dead", "replay").code == 2
    assert busy.command("dead", "replay", "--all", "--json").json == {"replayed": [], "refused": [], "remaining": 0}


def test_check_knows_that_its_own_gateway_runs(busy: Gateway) -> None:
    found = {one["name"]: one for one in busy.command("check", "--json").json}
    assert {one["state"] for one in found.values()} <= {"ok", "note"}
    assert f"process {busy.pid}" in found["http"]["says"]


@pytest.mark.parametrize("words", [("tickets",), ("tail",), ("trace", "x"), ("dead", "list"), ("send", "form")])
def test_without_a_gateway_every_command_says_so_in_one_line(
    busy: Gateway, unused_tcp_port: int, words: tuple[str, ...]
) -> None:
    nobody = busy.command(*words, THREADLINE_URL=f"http://127.0.0.1:{unused_tcp_port}")
    assert nobody.code == 3
    assert nobody.err.count("\n") == 1
    assert "is `threadline up` running?" in nobody.err
