"""The SMTP door on a real socket: what it says yes to, what it refuses, and what it hands to intake."""

import asyncio
import smtplib
from email.message import EmailMessage

import aiosmtplib
import pytest

from support.mail import a_mail
from support.smtp import Taken, a_door, a_talk, accounts, facts, reply_to_mail
from threadline_contracts.arrival import Arrival
from threadline_contracts.errors import TemporaryError
from threadline_contracts.outcome import Buried, Outcome, Skipped
from threadline_email.mailboxes import Mailbox


async def test_a_mail_of_a_real_client_is_taken_byte_for_byte() -> None:
    taken = Taken()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ada@example.org", "support@localhost", "Fire"
    mail.set_content("It burns.\n.\n..two dots\n")
    async with a_door(taken) as port:
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=port)
    assert taken.mails[0].endswith(b"\r\n\r\nIt burns.\r\n.\r\n..two dots\r\n")


async def test_the_reply_names_the_reference_of_the_message() -> None:
    async with a_door(Taken()) as port:
        reply = await reply_to_mail(port)
    assert reply.startswith("250 2.0.0 accepted ")
    assert len(reply.split()[-1]) == 10


async def test_envelope_peer_and_greeting_are_facts() -> None:
    taken = Taken()
    async with a_door(taken) as port:
        await reply_to_mail(port, b"", b"Support+tag@LOCALHOST", b"help@localhost")
    assert facts(taken) == {
        "mail_from": "ada@example.org",
        "rcpt_to": "Support+tag@LOCALHOST help@localhost",
        "peer": "127.0.0.1",
        "helo": "client.example",
        "protocol": "smtp",
        "relay": "trusted",
    }


async def test_a_peer_outside_the_trusted_networks_is_no_trusted_relay() -> None:
    taken = Taken()
    async with a_door(taken, smtp_trusted_peers=("10.0.0.0/8",)) as port:
        await reply_to_mail(port)
    assert "relay" not in facts(taken)


async def test_a_null_sender_is_an_empty_fact() -> None:
    taken = Taken()
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope(sender=b"")
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")
    assert facts(taken)["mail_from"] == ""


async def test_a_mail_to_two_mailboxes_is_two_messages() -> None:
    taken = Taken()
    async with a_door(taken) as port:
        assert (await reply_to_mail(port, b"", b"support@localhost", b"sales@localhost")).startswith("250")
    assert accounts(taken) == [("main", "support@localhost"), ("shop", "sales@localhost")]


@pytest.mark.parametrize(
    "recipient", [b"nobody@localhost", b"support@elsewhere.example", b"support", b"root+support@localhost"]
)
async def test_an_unknown_mailbox_is_refused_before_the_mail_is_sent(recipient: bytes) -> None:
    async with a_door(Taken()) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        await talk.say(b"MAIL FROM:<ada@example.org>")
        assert (await talk.say(b"RCPT TO:<" + recipient + b">")).startswith("550 5.1.1")
        assert (await talk.say(b"DATA")).startswith("503")


async def test_an_unknown_mailbox_does_not_keep_the_mail_from_a_known_one() -> None:
    taken = Taken()
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope(b"support@localhost")
        assert (await talk.say(b"RCPT TO:<nobody@localhost>")).startswith("550")
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")
    assert accounts(taken) == [("main", "support@localhost")]


def failing(error: Exception) -> Taken:
    def fail(_: Arrival) -> Outcome:
        raise error

    return Taken(fail)


@pytest.mark.parametrize("error", [TemporaryError("the disk is full"), RuntimeError("our bug"), MemoryError()])
async def test_when_we_fail_the_sender_keeps_it_and_learns_nothing(error: Exception) -> None:
    async with a_door(failing(error)) as port:
        assert await reply_to_mail(port) == "451 4.3.0 try again later"


async def test_when_one_of_two_mailboxes_fails_the_sender_tries_both_again() -> None:
    def fail_sales(arrival: Arrival) -> Outcome | None:
        if arrival.account == "sales@localhost":
            raise TemporaryError("not now")
        return None

    async with a_door(Taken(fail_sales)) as port:
        assert (await reply_to_mail(port, b"", b"support@localhost", b"sales@localhost")).startswith("451")


@pytest.mark.parametrize("outcome", [Skipped("empty"), Buried("IndexError", "main.pack.1")])
async def test_what_we_skip_or_bury_was_taken(outcome: Outcome) -> None:
    async with a_door(Taken(lambda _: outcome)) as port:
        assert await reply_to_mail(port) == "250 2.0.0 accepted"


async def test_a_failure_does_not_end_the_conversation() -> None:
    async with a_door(failing(TemporaryError("x"))) as port, a_talk(port) as talk:
        for _ in range(3):
            await talk.envelope()
            assert (await talk.data(b"x\r\n.\r\n")).startswith("451")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"NONSENSE", "500"),
        (b"\xff\xfe", "500"),
        (b"BDAT 5 LAST", "500"),
        (b"XCLIENT ADDR=10.0.0.1 LOGIN=bob", "500"),
        (b"XFORWARD ADDR=10.0.0.1", "500"),
        (b"MAIL FROM:<a@b> SIZE=nonsense", "501"),
        (b"MAIL FROM:<a@b> FOO=bar", "555"),
        (b"RCPT TO:<support@localhost>", "503"),
        (b"DATA", "503"),
        (b"VRFY support@localhost", "252"),
        (b"EXPN all", "502"),
        (b"RCPT TO:<\xff@localhost>", "503"),
        (b"x" * 4000, "500"),
        (b"x" * 300_000, "500"),
    ],
)
async def test_a_wrong_command_is_answered_and_the_conversation_goes_on(line: bytes, code: str) -> None:
    async with a_door(Taken()) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say(line)).startswith(code)
        assert (await talk.say(b"NOOP")).startswith("250")


@pytest.mark.parametrize("address", [b"<a@b@c>", b"a b@c", b"<@>", b'<"', b"<()>", b"<" + b"x" * 1500 + b">"])
async def test_a_broken_address_is_never_a_failure_for_ever(address: bytes) -> None:
    async with a_door(Taken()) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        reply = await talk.say(b"MAIL FROM:" + address)
        assert reply[:3] in {"250", "451", "501", "553"}
        assert "Error: (" not in reply  # aiosmtpd would name our exception's class
        assert (await talk.say(b"NOOP")).startswith("250")


async def test_a_reset_forgets_the_mail_begun_and_not_the_greeting() -> None:
    taken = Taken()
    async with a_door(taken) as port, a_talk(port) as talk:
        await talk.envelope(b"support@localhost")
        assert (await talk.say(b"RSET")).startswith("250")
        assert (await talk.say(b"DATA")).startswith("503")
        assert (await talk.say(b"MAIL FROM:<bob@example.org>")).startswith("250")
        assert (await talk.say(b"RCPT TO:<sales@localhost>")).startswith("250")
        assert (await talk.data(b"x\r\n.\r\n")).startswith("250")
    assert accounts(taken) == [("shop", "sales@localhost")]


async def test_the_standard_librarys_client_is_understood() -> None:
    def send(port: int) -> set[str]:
        with smtplib.SMTP("127.0.0.1", port) as client:
            assert client.sendmail("ada@example.org", ["support@localhost"], a_mail().decode()) == {}
            return set(client.esmtp_features)

    async with a_door(Taken()) as port:
        assert await asyncio.to_thread(send, port) == {"pipelining", "size", "8bitmime", "smtputf8", "help"}


async def test_an_internationalised_mailbox_is_found() -> None:
    taken = Taken()
    async with a_door(taken, mailboxes=(Mailbox(address="hilfe@büro.example"),)) as port, a_talk(port) as talk:
        await talk.say(b"EHLO x")
        assert (await talk.say("MAIL FROM:<ädá@example.org> SMTPUTF8".encode())).startswith("250")
        assert (await talk.say("RCPT TO:<Hilfe@BÜRO.example>".encode())).startswith("250")
        assert (await talk.data("Subject: Größe\r\n\r\nx\r\n.\r\n".encode())).startswith("250")
    assert facts(taken)["mail_from"] == "ädá@example.org"
