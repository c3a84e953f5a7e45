"""A gateway whose mail is fetched by IMAP alone: no SMTP door, and agents may answer from their mail client."""

from pathlib import Path
from typing import Any

from support.dovecot import PASSWORD, Dovecot
from support.gateway import Gateway, until
from support.imap_settings import imap_alone
from support.mail import a_mail

QUESTION = a_mail(Message_ID="<question@example.org>", To="help@example.com", Subject="The printer")
ANSWER = a_mail(
    "Pour water on it.",
    From="Help <help@example.com>",
    To="ada@example.org",
    Subject="Re: The printer",
    Message_ID="<answer@example.com>",
    In_Reply_To="<question@example.org>",
)


def test_mail_and_the_answers_of_agents_are_one_ticket_without_an_smtp_door(tmp_path: Path, dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    person = dovecot.client(user)
    person.create_folder("Sent")
    settings = imap_alone("help@example.com", dovecot.port, user, sent_folder="Sent", poll_seconds=0.2)
    (tmp_path / "x.toml").write_text(settings)
    env = {"THREADLINE_CONFIG": str(tmp_path / "x.toml"), "THREADLINE_IMAP_SECRET_MAILBOX": PASSWORD}
    gateway = Gateway(tmp_path / "gateway", env)
    try:
        gateway.launch()
        assert gateway.wait_ready()["smtp"] == ""
        dovecot.put(user, [QUESTION])
        until(lambda: len(messages(gateway)) == 1)
        person.append("Sent", ANSWER)
        until(lambda: len(messages(gateway)) == 2)
        said = messages(gateway)
        assert [one["direction"] for one in said] == ["inbound", "outbound"]
        assert said[1]["sender"]["identities"][0]["by"] == "sent-folder"
        assert len(gateway.tickets()) == 1
    finally:
        gateway.end()
        person.logout()


def messages(gateway: Gateway) -> list[dict[str, Any]]:
    tickets = gateway.tickets()
    return list(gateway.ticket(tickets[0]["id"])["messages"]) if tickets else []
