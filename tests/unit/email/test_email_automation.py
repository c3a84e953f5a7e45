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
        ({"From": "postmaster@example.org", "Subject": "Undeliverable: fire"}, "none"),
        ({"From": "postmaster@example.org", "Subject": "Undeliverable: fire", "Return-Path": "<>"}, "bounce"),
        ({"From": "Karl, System Administrator <karl@example.org>", "Subject": "Delivery problem with x"}, "none"),
        ({"From": "Ada <ada@mdaemon.example>"}, "none"),
        ({"From": "Ada <ada@double-bounce.example>", "Subject": "Undeliverable"}, "none"),
        ({"From": "MDaemon@mx.example.org"}, "bounce"),
        ({"From": "double-bounce@mx.example.org"}, "bounce"),
        ({"Return-Path": "<>", "Subject": "Returned mail order chair"}, "none"),
        ({"Return-Path": "<>", "Subject": "Returned mail: see transcript for details"}, "bounce"),
        ({"From": "postmaster@example.org"}, "none"),
        ({"Subject": "Undeliverable parcel"}, "none"),
        ({"Return-Path": "<>", "Subject": "Delivery Status Notification (Failure)"}, "bounce"),
        ({"X-Apple-Action": "VACATION"}, "auto_reply"),
        ({"X-Auto-Response-Suppress": "All", "List-Id": "<x.example.org>"}, "bulk"),
        ({"X-MLServer": "fml", "X-ML-Count": "7"}, "bulk"),
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


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: The printer",
        "Automatische Antwort: The printer",
        "Réponse automatique : The printer",
        "Respuesta automática: The printer",
        "Risposta automatica: The printer",
        "Resposta automática: The printer",
        "Automatisch antwoord: The printer",
        "Odpowiedź automatyczna: The printer",
        "Automatická odpověď: The printer",
        "Automatski odgovor: The printer",
        "Samodejni odgovor: The printer",
        "Автоответ: The printer",
        "Автоматический ответ: The printer",
        "Otomatik yan\u0131t: The printer",
        "自动回复: The printer",
        "自動応答\uff1aThe printer",
        "자동 회신: The printer",
        "رد تلقائي: The printer",
        "Out of Office: The printer",
        "[Auto-Reply] re: The printer",
    ],
)
def test_a_program_says_in_its_language_that_it_answers(subject: str) -> None:
    assert kind_of(a_mail(Subject=subject, In_Reply_To="<reply@desk.example>")) == "auto_reply"


@pytest.mark.parametrize(
    ("subject", "answers", "kind"),
    [
        ("Re: Automatic reply: The printer", True, "none"),
        ("Automatic replies do not work", True, "none"),
        ("Out of office in May", False, "none"),
        ("Urlaub: wer gießt die Blumen?", False, "none"),
        ("Urlaub: The printer", True, "auto_reply"),
        ("Automobile: The printer", True, "none"),
        ("Auto: The printer", True, "auto_reply"),
        ("Auto-Teile fehlen", True, "none"),
        ("Auto", True, "none"),
        ("Away", True, "auto_reply"),
        ("Abwesend - The printer", True, "auto_reply"),
    ],
)
def test_what_people_write_is_not_taken_for_a_program(subject: str, *, answers: bool, kind: str) -> None:
    cited = "<reply@desk.example>" if answers else None
    assert kind_of(a_mail(Subject=subject, In_Reply_To=cited)) == kind


@pytest.mark.parametrize(
    "subject",
    [
        "Odsutnost: upis djeteta",
        "Fuera de la oficina: llaves",
        "Out of office: chairs",
        "Automatic reply: how do I set it up?",
        "Auto - Reparatur",
        "Urlaub - Frage",
        "Vacation",
    ],
)
def test_a_subject_alone_makes_no_automatic_answer(subject: str) -> None:
    assert kind_of(a_mail(Subject=subject)) == "none"


@pytest.mark.parametrize("sign", [{"Precedence": "bulk"}, {"X-Loop": "ada@example.org"}, {"Return-Path": "<>"}])
def test_a_subject_and_a_sign_of_a_machine_make_one(sign: dict[str, str]) -> None:
    assert kind_of(a_mail(Subject="Automatic reply: The printer", **sign)) == "auto_reply"


def test_a_vacation_note_along_a_null_path_is_an_automatic_answer() -> None:
    assert kind_of(a_mail(Subject="Away"), mail_from="") == "auto_reply"


@pytest.mark.parametrize(
    ("sender", "text", "kind"),
    [
        ("no-reply@x.example", "Your mail could not be delivered to bob@example.org:\n550 5.1.1 unknown", "bounce"),
        ("no-reply@x.example", "Your parcel could not be delivered. Pick it up.", "none"),
        ("ada@example.org", "Your mail could not be delivered to bob@example.org:\n550 5.1.1 unknown", "none"),
        ("postmaster@x.example", "I wasn't able to deliver your message to bob@example.org", "none"),
        ("postmaster@x.example", "I wasn't able to deliver to bob@example.org:\n550 Unknown user", "bounce"),
        ("postmaster@x.example", "Delivery failed: bob@example.org\n\nOriginal message follows.\n", "bounce"),
        ("postmaster@x.example", "Hello, who runs your mail server?", "none"),
        ("no-reply@x.example", "Your order could not be delivered to anna@firm.example\n550 Euro were paid", "none"),
        ("no-reply@x.example", "It could not be delivered. The shop said: 550 Euro were paid", "none"),
        ("no-reply@x.example", "It could not be delivered.\n<<< 550 nobody here", "bounce"),
        ("no-reply@x.example", "It could not be delivered; host said: 552 Mailbox full", "bounce"),
        ("ada@no-reply.example", "It could not be delivered.\n550 5.1.1 Unknown user", "none"),
        ("Karl, System Administrator <k@x.example>", "It could not be delivered.\n550 5.1.1 No such user", "none"),
    ],
)
def test_a_notice_without_a_header_is_known_by_what_it_opens_with(sender: str, text: str, kind: str) -> None:
    assert kind_of(a_mail(text, From=sender, Subject="Mail")) == kind


NO_REPLY = {"From": "no-reply@shop.example"}


@pytest.mark.parametrize(
    ("reply_to", "kind"),
    [
        (None, "bounce"),
        ("help@shop.example", "bounce"),
        ("no-reply@other.example", "bounce"),
        ("Anna <anna@firm.example>", "none"),
    ],
)
def test_a_form_that_writes_for_somebody_sends_no_bounces(reply_to: str | None, kind: str) -> None:
    text = "My order could not be delivered, they said:\n550 5.1.1 Unknown user"
    assert kind_of(a_mail(text, Subject="Undeliverable order", Reply_To=reply_to, **NO_REPLY)) == kind


def test_a_robot_that_names_somebody_under_a_subject_of_failure_sends_no_bounce() -> None:
    text = "Order of anna@firm.example could not be delivered."
    assert kind_of(a_mail(text, Subject="Undeliverable order", **NO_REPLY)) == "none"


@pytest.mark.parametrize(("sender", "kind"), [("Ada <ada@example.org>", "none"), ("postmaster@example.org", "bounce")])
@pytest.mark.parametrize("report", ["delivery-status", "global-delivery-status"])
def test_a_report_that_a_person_attaches_makes_no_bounce(sender: str, report: str, kind: str) -> None:
    head = f"Content-Type: message/{report}\r\nContent-Disposition: attachment"
    body = f"--b\r\n\r\nWhat is this?\r\n--b\r\n{head}\r\n\r\nFinal-Recipient: rfc822; x@y.example\r\n--b--\r\n"
    assert kind_of(a_mail(body, From=sender, Content_Type="multipart/mixed; boundary=b")) == kind


def test_what_bounced_leads_to_its_conversation_by_our_token() -> None:
    token = sign_token("main", "AAAAAAAAAA", "k1", b"secret")
    head = f"Message-ID: <x@relay.example>\r\nReferences: <{token}@d.example>\r\n"
    returned = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}"
    body = f"--b\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n{returned}\r\n--b--\r\n"
    message = message_of(a_mail(body, Content_Type="multipart/report; boundary=b"))
    assert (message.evidence.tokens, message.delivery_reports[0].message_id) == ((token,), "x@relay.example")


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
