"""Voicemail that exchanges send by mail, in the templates they come with."""

from datetime import UTC, datetime
from typing import Final

import pytest

from support.mail import SUPPORT, a_mail, message_of
from threadline_contracts.message import Call, CallEnd, InboundMessage

WAV: Final = (
    "--b\r\nContent-Type: audio/x-wav; name=msg0003.WAV\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nUklGRg==\r\n--b--\r\n"
)
ASTERISK: Final = (
    "Dear Sales:\n\n\tJust wanted to let you know you were just left a 0:14 long message (number 3)\n"
    'in mailbox 200 from "Ana Kovac" <+385 1 234 5678>, on Monday, March 02, 2026 at 10:00:00 AM so you might\n'
    "want to check it when you get a chance.  Thanks!\n\n\t\t\t\t--Asterisk\n"
)
FREEPBX: Final = (
    "Sales,\n\nThere is a new voicemail in mailbox 200:\n\n\tFrom:\tAna Kovac <0123456789>\n\tLength:\t1:05 seconds\n"
    "\tDate:\tMonday, March 02, 2026 at 10:00:00 AM\n\nDial *98 to access your voicemail by phone.\n"
)
FREESWITCH: Final = (
    'Created: Monday\nFrom: "Ana Kovac" <0123456789>\nDuration: 00:01:05\nAccount: 200@pbx.example.org\n'
)


def heard(text: str, subject: str, sound: str = WAV, **fields: str | None) -> InboundMessage:
    body = f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n{sound}"
    return message_of(a_mail(body, Subject=subject, Content_Type="multipart/mixed; boundary=b", **fields))


def a_call(number: str, name: str = "Ana Kovac", mailbox: str = "200", seconds: int | None = 65) -> Call:
    return Call(
        direction="in",
        outcome="voicemail",
        caller=CallEnd(number=number, name=name),
        called=CallEnd(number=mailbox),
        duration_seconds=seconds,
    )


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        (ASTERISK, "[PBX]: New message 3 in mailbox 200", a_call("+385 1 234 5678", seconds=14)),
        (FREEPBX, "New message 3 in mailbox 200", a_call("0123456789")),
        (FREEPBX, "Voicemail from Ana Kovac <0123456789>", a_call("0123456789")),
        (FREESWITCH, 'Voicemail from "Ana Kovac" <0123456789> 00:01:05', a_call("0123456789")),
        (
            "At noon you were left a 65 second message from Ana Kovac 0123456789\nto your account 200@pbx.example.org",
            "65 sec Voicemail from Ana Kovac 0123456789",
            a_call("0123456789"),
        ),
    ],
)
def test_an_exchange_says_who_called(text: str, subject: str, expected: Call) -> None:
    assert heard(text, subject).call == expected


def test_the_fields_of_asterisk_say_more_than_its_text() -> None:
    fields = {
        "X-Asterisk-VM-Caller-ID-Num": "+385991234567",
        "X-Asterisk-VM-Caller-ID-Name": "Ana",
        "X-Asterisk-VM-Extension": "201",
        "X-Asterisk-VM-Duration": "7",
        "X-Asterisk-VM-Orig-time": "1772445600",
    }
    message = heard("Nova poruka.", "Nova govorna poruka", **fields)
    assert message.call == Call(
        direction="in",
        outcome="voicemail",
        caller=CallEnd(number="+385991234567", name="Ana"),
        called=CallEnd(number="201"),
        started_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        duration_seconds=7,
    )


def test_a_voicemail_is_its_callers_and_its_sound_is_kept() -> None:
    message = heard(ASTERISK, "[PBX]: New message 3 in mailbox 200")
    (identity,) = message.sender.identities
    assert (message.sender.name, identity.kind, identity.value) == ("Ana Kovac", "phone", "+385 1 234 5678")
    assert (message.automation.kind, [file.filename for file in message.attachments]) == ("none", ["msg0003.WAV"])


@pytest.mark.parametrize(("facts", "assurance"), [({}, "claimed"), ({"auth_user": "pbx"}, "asserted")])
def test_a_caller_id_is_as_good_as_the_exchange_that_shows_it(facts: dict[str, str], assurance: str) -> None:
    raw = a_mail(ASTERISK, Subject="x", X_Asterisk_CallerID="0123456789")
    assert message_of(raw, SUPPORT, **facts).sender.identities[0].assurance == assurance


@pytest.mark.parametrize("number", ["anonymous", "Unknown", ""])
def test_a_withheld_number_leaves_the_exchange_as_sender(number: str) -> None:
    message = message_of(a_mail("x", X_Asterisk_CallerID=number))
    assert (message.call, message.sender.identities[0].value) == (a_call("", "", "", None), "ada@example.org")


@pytest.mark.parametrize(
    ("text", "subject", "sound"),
    [
        (ASTERISK, "Re: [PBX]: New message 3 in mailbox 200", WAV),
        (ASTERISK, "[PBX]: New message 3 in mailbox 200", "--b--\r\n"),
        ("I left you a voicemail from my car.", "Voicemail from Ana", "--b--\r\n"),
        ("Listen to this", "My song", WAV),
    ],
)
def test_a_mail_about_voicemail_is_a_mail(text: str, subject: str, sound: str) -> None:
    message = heard(text, subject, sound)
    assert (message.call, message.sender.identities[0].kind) == (None, "email")
