"""Hostile mails cost little: nothing here may be quadratic, or deep."""

import time

import pytest

from support.mail import a_mail, an_arrival
from threadline_email.normalize import normalize

MEGABYTE = 1024 * 1024
SECONDS = 3.0  # of CPU for about a megabyte, on a busy machine; quadratic code takes minutes


def html(body: str) -> bytes:
    return a_mail(body, Content_Type="text/html")


def text(body: str) -> bytes:
    return a_mail(body)


HOSTILE = {
    "one endless header line": a_mail(X="x" * MEGABYTE),
    "a head without an end": b"Subject: x\r\n" * (MEGABYTE // 12),
    "lone carriage returns": b"\r" * MEGABYTE + b"\n",
    "endless address list": a_mail(To=", ".join(f"u{n}@example.com" for n in range(40_000))),
    "an address of letters only": a_mail(To="a" * MEGABYTE),
    "an address of quotes": a_mail(To='"' * 60_000),
    "an address of brackets": a_mail(To="<(" * 30_000),
    "encoded words without an end": a_mail(Subject="=?a?q?" * 50_000),
    "encoded words in an address": a_mail(From="=?a?q?" * 50_000),
    "references without an end": a_mail(References="<" * 60_000 + " <a@b>" * 20_000),
    "parameters without an end": a_mail(Content_Type='a/b; x="' * 10_000),
    "a boundary guess of blanks": a_mail("--a" + " " * MEGABYTE, Content_Type="multipart/mixed"),
    "boundaries only": a_mail("--b\r\n" * (MEGABYTE // 5), Content_Type="multipart/mixed; boundary=b"),
    "boundaries inside lines": a_mail("x--b" * (MEGABYTE // 4), Content_Type="multipart/mixed; boundary=b"),
    "uuencode without an end": a_mail("begin 644 x\r\n" * 80_000, Content_Transfer_Encoding="uuencode"),
    "deep html": html("<div>" * (MEGABYTE // 5)),
    "scripts without an end": html("<div>" * 600 + "<script" * (MEGABYTE // 7)),
    "comments without an end": html("<!--" * (MEGABYTE // 4)),
    "less-than signs": html("<" * MEGABYTE),
    "attributes without an end": html("<a " + "x=1 " * (MEGABYTE // 4)),
    "entities": html("&#1;" * (MEGABYTE // 4)),
    "blockquotes": html("<blockquote>" * 400 + "x<br>" * 20_000),
    "dashes": text("-" * MEGABYTE + "x"),
    "dashes in lines": text(("-" * 400 + "x\r\n") * 2000),
    "colons": text("a:\r\n" * (MEGABYTE // 4)),
    "quotation marks": text("> " * (MEGABYTE // 2)),
    "attributions": text("On 2 Mar 2026 at 09:00, D <d@x.y> wrote:\r\n" * 20_000),
    "blank lines": text("a:\r\n" + "\r\n" * (MEGABYTE // 2)),
    "header blocks": text("From: a@b.c\r\n" * 60_000),
    "high bytes": a_mail(b"\x80" * MEGABYTE),
    "escape sequences": a_mail(b"\x1b$B" * (MEGABYTE // 3)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_taken_in_bounded_time(name: str) -> None:
    started = time.process_time()
    normalize(HOSTILE[name], an_arrival())
    assert time.process_time() - started < SECONDS
