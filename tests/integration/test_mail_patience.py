"""Mails that are hard to read: read by another process, and given up when that takes too long."""

import asyncio

from support.mail import SUPPORT, a_mail, an_arrival
from threadline_contracts.outcome import Skipped
from threadline_email.mailboxes import Directory
from threadline_email.mime import take_apart
from threadline_email.normalize import normalize
from threadline_email.patience import EFFORT_MAX, PatientNormalizer, effort
from threadline_shared.inputs import Normalized

DIRECTORY = Directory([SUPPORT])
MONSTER = a_mail("<p>It burns.</p>" * 60_000, Content_Type="text/html; charset=utf-8")


def patiently(raw: bytes, seconds: float) -> Normalized:
    found = PatientNormalizer(DIRECTORY, seconds=seconds)(raw, an_arrival())
    assert not isinstance(found, Skipped)
    return found


def test_a_mail_that_is_read_elsewhere_is_the_message_it_would_be_here() -> None:
    part = "--b\r\nContent-Type: {}\r\n\r\n{}\r\n"
    body = part.format("text/plain", "words " * 120_000) + part.format("application/pdf", "%PDF-1.4") + "--b--"
    raw = a_mail(body, Content_Type="multipart/mixed; boundary=b")
    assert effort(take_apart(raw)) > EFFORT_MAX
    assert patiently(raw, 60.0) == normalize(raw, an_arrival(), DIRECTORY)


def test_what_takes_too_long_becomes_a_message_of_its_head() -> None:
    message = patiently(MONSTER, 0.05).message
    assert [problem.code for problem in message.problems] == ["too_slow"]
    assert (message.subject, message.text, message.html) == ("The printer", "", "")
    assert message.id == patiently(a_mail(), 60.0).message.id  # a later, better reading is the same message


def test_a_large_file_is_no_monster() -> None:
    raw = a_mail("--b\r\nContent-Type: application/zip\r\n\r\n" + "x" * 3_000_000, Content_Type="multipart/mixed")
    assert effort(take_apart(raw)) <= EFFORT_MAX
    assert patiently(raw, 0.001).message.attachments[0].size == 3_000_000


async def test_nobody_waits_for_a_monster() -> None:
    patient = PatientNormalizer(DIRECTORY, seconds=0.5)
    reading = asyncio.create_task(asyncio.to_thread(patient, MONSTER, an_arrival()))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5  # of about fifty
    assert not isinstance(reading.result(), Skipped)
