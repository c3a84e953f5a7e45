"""One mail becomes one message; whatever the bytes are, it becomes one."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.mail import SUPPORT, a_mail, an_arrival, message_of, normalized
from threadline_contracts.ids import reference_of
from threadline_contracts.message import InboundMessage
from threadline_contracts.outcome import Skipped
from threadline_email.mailboxes import Mailbox
from threadline_email.normalize import normalize
from threadline_shared.fit import fit
from threadline_shared.inputs import Normalized


def test_an_ordinary_mail_says_who_what_and_when() -> None:
    message = message_of(a_mail())
    assert (message.sender.name, message.subject, message.text) == ("Ada Lovelace", "The printer", "It burns.")
    assert (message.external_id, message.sent_at.isoformat()) == ("m1@example.org", "2026-03-02T10:00:00+01:00")
    assert (message.channel, message.account, message.desk) == ("email", "support@localhost", "main")
    assert message.reference == reference_of(message.id)
    assert message.problems == ()


def test_the_same_mail_at_two_mailboxes_is_two_messages_and_one_fingerprint() -> None:
    here, there = message_of(a_mail()), message_of(a_mail(), Mailbox(address="sales@localhost"))
    assert here.id != there.id
    assert here.fingerprint == there.fingerprint


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b" \t\n"])
def test_an_empty_mail_is_skipped(raw: bytes) -> None:
    assert isinstance(normalize(raw, an_arrival()), Skipped)


def test_recipients_are_to_and_cc_and_whom_only_the_envelope_knows() -> None:
    raw = a_mail(To="Desk <Support@localhost>, bob@example.org", Cc="carol@example.org, bob@example.org")
    message = message_of(raw, rcpt_to="support@localhost hidden@localhost not-an-address")
    assert [(i.value, i.assurance.value, i.by) for party in message.recipients for i in party.identities] == [
        ("Support@localhost", "asserted", "to-header"),
        ("bob@example.org", "asserted", "to-header"),
        ("carol@example.org", "asserted", "cc-header"),
        ("hidden@localhost", "verified", "envelope"),
    ]


def test_files_come_with_their_bytes() -> None:
    head = 'Content-Type: text/csv; name="a.csv"\r\nContent-Disposition: attachment\r\n'
    body = f"--b\r\n\r\nHi\r\n--b\r\n{head}\r\n1,2\r\n--b--"
    found = normalized(a_mail(body, Content_Type="multipart/mixed; boundary=b"))
    (file,) = found.message.attachments
    assert (file.filename, file.media_type, file.size) == ("a.csv", "text/csv", 3)
    assert file.sha256 == sha256(b"1,2").hexdigest()
    assert found.files == {file.blob: b"1,2"}


def test_the_full_text_is_kept_beside_the_visible_reply() -> None:
    message = message_of(a_mail("Yes.\r\n\r\nOn 2 Mar 2026 at 09:00, D <d@x.y> wrote:\r\n> Does it?\r\n"))
    assert (message.text, message.full_text.splitlines()[-1]) == ("Yes.", "> Does it?")


def test_a_reply_to_elsewhere_is_noted_and_is_no_identity() -> None:
    message = message_of(a_mail(Reply_To="eve@example.com"))
    assert [(p.code, p.detail) for p in message.problems] == [("reply_to_differs", "eve@example.com")]
    assert [identity.value for identity in message.sender.identities] == ["ada@example.org"]


def test_normalising_again_says_the_same() -> None:
    raw = a_mail("caf\xe9".encode("latin1"))
    assert normalize(raw, an_arrival()) == normalize(raw, an_arrival())


def is_publishable(message: InboundMessage) -> bool:
    fitted = fit(message).message
    return msgspec.json.decode(msgspec.json.encode(fitted), type=InboundMessage) == fitted


NAMES = st.sampled_from(
    [
        *("From", "To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Reply-To", "Return-Path"),
        *("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Authentication-Results"),
        *("Auto-Submitted", "X"),
    ]
)
PIECES = st.sampled_from(
    [
        *(b"<a@b>", b"=?utf-8?b?4py?=", b"=?x?q?=ff?=", b'"', b"(", b";", b" boundary=b", b"multipart/mixed"),
        *(b"text/html", b"charset=utf-7", b"base64", b"quoted-printable", b"\r\n ", b"\r", b"\n", b"\xff\xfe"),
        *(b"\0", b"name*0*=''%", b"2026"),
    ]
)
VALUES = st.lists(PIECES | st.binary(max_size=6), max_size=6).map(b"".join)
HEADS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
    lambda fields: b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields)
)
TEXT_PIECES = st.sampled_from(
    [b"--b\r\n", b"--b--\r\n", b"\r\n", b"<p>", b"<div", b"> q\r\n", b"-- \r\n", b"+2AA-", b"aGk=", b"\x1b$B"]
)
BODIES = st.lists(TEXT_PIECES | st.binary(max_size=8), max_size=12).map(b"".join)


@given(head=HEADS, body=BODIES)
@example(head=b"From: a@b\r\nContent-Type: text/plain; charset=klingon\r\n", body=b"hi")
@example(head=b"Content-Type: text/plain; charset=utf-7\r\n", body=b"+2AA-")
@example(
    head=b"Message-ID: <[abc]@x>\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n", body=b"x"
)
def test_every_mail_becomes_a_message_that_can_be_published(head: bytes, body: bytes) -> None:
    found = normalize(head + b"\r\n" + body, an_arrival(SUPPORT, relay="trusted", rcpt_to="support@localhost"))
    assert isinstance(found, Skipped) or is_publishable(found.message)


@given(st.binary(max_size=300))
def test_every_byte_string_becomes_a_message_that_can_be_published(raw: bytes) -> None:
    found = normalize(raw, an_arrival())
    assert isinstance(found, Skipped) or is_publishable(found.message)


def test_of_an_oversize_mail_the_head_is_a_message() -> None:
    head = a_mail(b"", Content_Type="multipart/mixed; boundary=b")
    message = message_of(head, oversize="31457280")
    assert (message.subject, message.text, message.attachments) == ("The printer", "", ())
    assert [(problem.code, problem.detail[:14]) for problem in message.problems] == [("oversize", "31457280 bytes")]
    assert message.id == message_of(a_mail("the whole mail")).id


def test_the_result_is_what_intake_takes() -> None:
    assert isinstance(normalize(a_mail(), an_arrival()), Normalized)
