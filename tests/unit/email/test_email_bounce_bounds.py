"""Hostile reports cost little, and whatever they say, the message is one that every consumer can read."""

import json
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.mail import a_mail, an_arrival, message_of
from threadline_contracts.message import InboundMessage
from threadline_email.normalize import normalize

SIZE = 256 * 1024
SECONDS = 2.0  # of CPU, on a busy machine; quadratic code takes minutes


def notice(text: str, **fields: str) -> bytes:
    return a_mail(text, **({"From": "MAILER-DAEMON@example.org"} | fields))


def a_report(fields: str) -> bytes:
    body = f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{fields}\r\n--b--\r\n"
    return notice(body, Content_Type="multipart/report; report-type=delivery-status; boundary=b")


HOSTILE = {
    "one address, over and over": notice("a@b.example " * (SIZE // 12)),
    "one address in many lines": notice(("a@b.example " * 80 + "\r\n") * (SIZE // 960)),
    "an address without an end": notice("a" * SIZE + "@" + "b." * SIZE),
    "quotes in an address": notice("a'" * (SIZE // 2)),
    "heads of nothing": notice("From: x\r\n" * (SIZE // 9)),
    "heads that stop": notice("Received: x\r\nX: y\r\nTo: z\r\n\r\n" * (SIZE // 30)),
    "marks without an end": notice("original" + "-" * SIZE + "x"),
    "marks in lines": notice(("original" + "-" * 100 + "x\r\n") * (SIZE // 110)),
    "blanks in a report": a_report(" " * SIZE + "x"),
    "groups of nothing": a_report("a: b\r\n\r\n" * (SIZE // 8)),
    "recipients without blank lines": a_report("Final-Recipient: rfc822; a@b.example\r\n" * (SIZE // 40)),
    "words of trouble": notice("mailbox " * (SIZE // 8)),
    "colons": notice(":" * SIZE),
    "blanks and colons": notice("\t :" * (SIZE // 3)),
    "exceeding words": notice("exceed" * (SIZE // 6)),
    "a list of recipients, and colons": notice(
        ":" * 15_000, X_Failed_Recipients=",".join(f"a{number}@b.example" for number in range(5000))
    ),
    "deep JSON": a_mail("{" + '"a":[' * (SIZE // 5), x_amz_sns_message_id="1"),
    "a caller without an end": a_mail("from " * (SIZE // 5), X_Asterisk_CallerID=""),
    "blank lines of a voicemail": a_mail("\r\n" * (SIZE // 2), X_Asterisk_CallerID=""),
    "a subject of brackets": a_mail(Subject="[" * 8000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_report_costs_little(name: str) -> None:
    began = time.process_time()
    normalize(HOSTILE[name], an_arrival())
    assert time.process_time() - began < SECONDS


def read_by_consumers(message: InboundMessage) -> InboundMessage:
    return msgspec.json.decode(msgspec.json.encode(message), type=InboundMessage)


_WORDS = st.lists(
    st.sampled_from(
        [
            *(
                "a@b.example",
                "<",
                ">",
                ":",
                "550",
                "5.1.1",
                "\u0665.1.1",
                "Final-Recipient: rfc822;",
                "Status:",
                "Action:",
            ),
            *("\n", "\n\n", "Message-ID: <x@y>", "From: a", "Received: x", "to", "failed", "was not delivered", "\0"),
            *(
                "\ud83d",
                "é",
                "'",
                '"',
                "--b",
                "X-Failed-Recipients:",
                "Diagnostic-Code: smtp; 550",
                "0:14 long",
                "mailbox",
            ),
            "original message follows.",
        ]
    ),
    max_size=40,
).map(" ".join)


@given(text=_WORDS, sender=st.sampled_from(["MAILER-DAEMON@x.example", "no-reply@x.example", "Ada <a@b.example>"]))
@settings(max_examples=150, deadline=None)
def test_whatever_a_report_says_a_consumer_can_read_it(text: str, sender: str) -> None:
    said = text.encode("utf-8", "surrogatepass")
    raw = a_mail(b"--b\n\n" + said + b"\n--b\nContent-Type: message/delivery-status\n\n" + said, From=sender)
    for mail in (raw, raw.replace(b"Subject:", b"Content-Type: multipart/report; boundary=b\r\nSubject:")):
        message = message_of(mail)
        assert read_by_consumers(message) == message


@given(
    value=st.recursive(
        st.none() | st.text() | st.sampled_from(["\ud800", "a@b.example", "abuse"]),
        lambda some: st.lists(some) | st.dictionaries(st.sampled_from(["bounce", "mail", "bouncedRecipients"]), some),
        max_leaves=8,
    )
)
@settings(max_examples=80, deadline=None)
def test_whatever_amazon_says_a_consumer_can_read_it(value: object) -> None:
    for told in (value, {"bounce": value, "mail": value}, {"complaint": value, "Message": value}):
        message = message_of(a_mail(json.dumps(told), x_amz_sns_message_id="1"))
        assert read_by_consumers(message) == message
