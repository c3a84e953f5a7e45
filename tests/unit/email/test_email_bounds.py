"""Hostile mails cost little: nothing here may be quadratic, or deep."""

import time
from functools import reduce
from struct import pack

import pytest

from support.mail import a_mail, an_arrival
from support.tnef import properties, tnef
from threadline_email.normalize import normalize

SIZE = 256 * 1024
SECONDS = 2.0  # of CPU, on a busy machine; quadratic code takes minutes

TNEF = b"\x78\x9f\x3e\x22\x01\x00"
RTF_BOMB = pack("<IIII", SIZE, 2**31, 0x75465A4C, 0) + b"\xff" + b"\0\x0f" * 8 * 9_000  # each pair writes 17 bytes


def html(body: str) -> bytes:
    return a_mail(body, Content_Type="text/html")


def text(body: str) -> bytes:
    return a_mail(body)


HOSTILE = {
    "one endless header line": a_mail(X="x" * SIZE),
    "a head without an end": b"Subject: x\r\n" * (SIZE // 12),
    "lone carriage returns": b"\r" * SIZE + b"\n",
    "endless address list": a_mail(To=", ".join(f"u{n}@example.com" for n in range(40_000))),
    "an address of letters only": a_mail(To="a" * SIZE),
    "an address of commas": a_mail(From="a," * 32_000),
    "an address of escaped quotes": a_mail(From='"' + '\\"' * 32_000),
    "an address of quotes": a_mail(To='"' * 60_000),
    "an address of brackets": a_mail(To="<(" * 30_000),
    "encoded words without an end": a_mail(Subject="=?a?q?" * 50_000),
    "encoded words with a late end": a_mail(Subject="=?a?q?x" * 2_300, From="=?a?q?x" * 9_000),
    "encoded words of many charsets": a_mail(Subject="".join(f"=?x{n % 2}?Q?=ff?=" for n in range(1_200))),
    "encoded words in an address": a_mail(From="=?a?q?" * 50_000),
    "references without an end": a_mail(References="<" * 60_000 + " <a@b>" * 20_000),
    "parameters without an end": a_mail(Content_Type='a/b; x="' * 10_000),
    "a boundary guess of blanks": a_mail("--a" + " " * SIZE, Content_Type="multipart/mixed"),
    "boundaries only": a_mail("--b\r\n" * (SIZE // 5), Content_Type="multipart/mixed; boundary=b"),
    "boundaries inside lines": a_mail("x--b" * (SIZE // 4), Content_Type="multipart/mixed; boundary=b"),
    "uuencode without an end": a_mail("begin 644 x\r\n" * 80_000, Content_Transfer_Encoding="uuencode"),
    "deep html": html("<div>" * (SIZE // 5)),
    "deep html behind end tags": html("</b>" * (SIZE // 10) + "<div>" * (SIZE // 10)),
    "deep html beside end tags": html("<div></x>" * (SIZE // 9)),
    "deep html beside end tags in comments": html("<div><!--</div>-->" * (SIZE // 18)),
    "scripts without an end": html("<div>" * 600 + "<script" * (SIZE // 7)),
    "comments without an end": html("<!--" * (SIZE // 4)),
    "less-than signs": html("<" * SIZE),
    "attributes without an end": html("<a " + "x=1 " * (SIZE // 4)),
    "entities": html("&#1;" * (SIZE // 4)),
    "blockquotes": html("<blockquote>" * 400 + "x<br>" * 20_000),
    "dashes": text("-" * SIZE + "x"),
    "dashes in lines": text(("-" * 400 + "x\r\n") * 2000),
    "colons": text("a:\r\n" * (SIZE // 4)),
    "quotation marks": text("> " * (SIZE // 2)),
    "attributions": text("On 2 Mar 2026 at 09:00, D <d@x.y> wrote:\r\n" * 20_000),
    "blank lines": text("a:\r\n" + "\r\n" * (SIZE // 2)),
    "header blocks": text("From: a@b.c\r\n" * 60_000),
    "high bytes": a_mail(b"\x80" * SIZE),
    "parts of every charset": a_mail(
        b"".join(b"--b\r\n\r\n" + bytes(range(128, 256)) * 16 + b"%d\r\n" % n for n in range(125)),
        Content_Type="multipart/mixed; boundary=b",
    ),
    "escape sequences": a_mail(b"\x1b$B" * (SIZE // 3)),
    "ten thousand addresses": a_mail(To=", ".join(f'"N, {n}" <u{n}@example.com>' for n in range(10_000))),
    "a flood of header fields": b"X: y\r\n" * (SIZE // 6) + b"\r\n",
    "base64 of one letter": a_mail("A" * SIZE * 8, Content_Transfer_Encoding="base64"),
    "base64 of padding": a_mail("A===" * (SIZE // 4), Content_Transfer_Encoding="base64"),
    "soft line breaks only": a_mail(" \r\n" * (SIZE // 3), Content_Type="text/plain; format=flowed; delsp=yes"),
    "quoted soft line breaks": a_mail("> \r\n" * (SIZE // 4), Content_Type="text/plain; format=flowed"),
    "a calendar of folded lines": a_mail("BEGIN:VEVENT\r\n" + " x\r\n" * (SIZE // 4), Content_Type="text/calendar"),
    "a calendar of parameters": a_mail("BEGIN:VEVENT\r\n" + ';a="' * (SIZE // 4), Content_Type="text/calendar"),
    "a calendar of properties": a_mail("BEGIN:VEVENT\r\nA;B=c:d\r\n" * 9_000, Content_Type="text/calendar"),
    "tnef of nothing but attributes": a_mail(TNEF + bytes(SIZE), Content_Type="application/ms-tnef"),
    "tnef of properties": a_mail(
        tnef(*[(1, 0x9003, b"\xff\xff\0\0" + b"\x03\0\1\0____" * 5_000)] * 6), Content_Type="application/ms-tnef"
    ),
    "tnef of files": a_mail(tnef(*[(2, 0x9002, b"")] * 20_000), Content_Type="application/ms-tnef"),
    "rtf that unpacks to more": a_mail(
        tnef((1, 0x9003, properties({0x1009: RTF_BOMB}))), Content_Type="application/ms-tnef"
    ),
    "ber without an end": a_mail(b"\x30\x80" * (SIZE // 2), Content_Type="application/pkcs7-mime"),
    "ber of empty elements": a_mail(b"\x30\x80" + b"\x04\0" * (SIZE // 2), Content_Type="application/pkcs7-mime"),
    "mails in mails": reduce(
        lambda inner, n: a_mail(
            b"--%d\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n" % (n, inner) * 2,
            Content_Type=f"multipart/mixed; boundary={n}",
        ),
        range(10),
        a_mail(),
    ),
    "many enclosed mails": a_mail(
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n" * 3_000,
        Content_Type="multipart/mixed; boundary=b",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_taken_in_bounded_time(name: str) -> None:
    started = time.process_time()
    normalize(HOSTILE[name], an_arrival())
    assert time.process_time() - started < SECONDS
