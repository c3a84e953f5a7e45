"""Who wrote: a person or a machine."""

import pytest

from support.mail import SUPPORT, a_mail, message_of
from threadline_contracts.tokens import sign_token


def kind_of(raw: bytes, **facts: str) -> str:
    return str(message_of(raw, SUPPORT, **facts).automation.kind)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "none"),
        ({"Auto-Submitted": "no"}, "none"),
        ({"Auto-Submitted": "auto-forwarded"}, "none"),
        ({"Precedence": "first-class"}, "none"),
        ({"Auto-Submitted": "auto-replied; owner-email=x"}, "auto_reply"),
        ({"Auto-Submitted": "Auto-Generated", "In-Reply-To": "<a@b>"}, "auto_reply"),
        ({"Auto-Submitted": "auto-generated"}, "bulk"),
        ({"X-Autoreply": "yes"}, "auto_reply"),
        ({"X-Autoreply": "no"}, "none"),
        ({"Precedence": "auto_reply"}, "auto_reply"),
        ({"X-Auto-Response-Suppress": "OOF, AutoReply"}, "auto_reply"),
        ({"X-Auto-Response-Suppress": "None"}, "none"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"List-Id": "<x.example.org>"}, "bulk"),
        ({"List-Unsubscribe": "<https://x.example.org>"}, "bulk"),
        ({"From": "MAILER-DAEMON@mx.example.org"}, "bounce"),
        ({"From": "Mail Delivery System <mailer-daemon@mx.example.org>"}, "bounce"),
        ({"X-Failed-Recipients": "bob@example.org"}, "bounce"),
        ({"From": "postmaster@example.org", "Subject": "Undeliverable: fire"}, "bounce"),
        ({"From": "postmaster@example.org"}, "none"),
        ({"Subject": "Undeliverable parcel"}, "none"),
        ({"Return-Path": "<>", "Subject": "Delivery Status Notification (Failure)"}, "bounce"),
    ],
)
def test_the_header_tells_who_wrote(fields: dict[str, str], kind: str) -> None:
    assert kind_of(a_mail(**fields)) == kind


def test_a_null_envelope_sender_makes_a_failure_notice_a_bounce() -> None:
    raw = a_mail(Subject="failure notice")
    assert (kind_of(raw, mail_from=""), kind_of(raw, mail_from="ada@example.org")) == ("bounce", "none")


@pytest.mark.parametrize(
    ("report", "kind"),
    [("delivery-status", "bounce"), ("feedback-report", "bulk"), ("disposition-notification", "auto_reply")],
)
def test_a_report_is_known_by_its_type(report: str, kind: str) -> None:
    body = f"--b\r\n\r\nx\r\n--b\r\nContent-Type: message/{report}\r\n\r\nA: b\r\n--b--\r\n"
    assert kind_of(a_mail(body, Content_Type="multipart/report; boundary=b")) == kind


def test_a_mail_with_our_own_message_id_is_our_own() -> None:
    token = sign_token("main", "AAAAAAAAAA", "k1", b"secret")
    assert kind_of(a_mail(Message_ID=f"<{token}@localhost>")) == "own"


def test_a_bounce_says_whom_and_why() -> None:
    groups = (
        "Reporting-MTA: dns; mx\r\n\r\n"
        "Original-Recipient: rfc822;Bob@Example.org\r\n"
        "Final-Recipient: rfc822; b@internal.example\r\nStatus: 5.2.2\r\n\r\n"
        "Final-Recipient: rfc822; carol@example.org\r\nStatus: 5.1.1 (unknown)\r\n"
    )
    body = f"--b\r\n\r\nSorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n{groups}\r\n--b--\r\n"
    message = message_of(a_mail(body, Content_Type="multipart/report; report-type=delivery-status; boundary=b"))
    assert message.automation.evidence == (
        "report: delivery-status",
        "status 5.2.2",
        "failed Bob@example.org",
        "failed carol@example.org",
    )
