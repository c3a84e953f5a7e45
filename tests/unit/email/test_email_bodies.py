"""Which parts are text, and which are files."""

import pytest

from support.mail import a_mail
from threadline_email.bodies import Body, read_body
from threadline_email.mime import take_apart

PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def body_of(kind: str, *parts: str) -> Body:
    whole = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    return read_body(take_apart(a_mail(whole, Content_Type=f"multipart/{kind}; boundary=b")).root)


@pytest.mark.parametrize(
    ("kind", "parts", "text"),
    [
        ("alternative", (f"{PLAIN}plain", f"{HTML}<p>html"), "plain"),
        ("alternative", (f"{HTML}<p>html", f"{PLAIN}plain"), "plain"),
        ("alternative", (f"{PLAIN} \r\n", f"{HTML}<p>html"), "html"),
        ("alternative", (f"{HTML}<p>html",), "html"),
        ("mixed", (f"{PLAIN}one", f"{PLAIN}two"), "one\ntwo"),
        ("mixed", (f"{HTML}<p>one", f"{PLAIN}two"), "one\ntwo"),
    ],
)
def test_text_is_what_a_mail_program_would_show(kind: str, parts: tuple[str, ...], text: str) -> None:
    assert body_of(kind, *parts).text == text


def test_plain_text_beside_html_is_in_the_html_too() -> None:
    assert body_of("mixed", f"{HTML}<p>one</p>", f"{PLAIN}a < b").html.splitlines() == [
        "<p>one</p>",
        '<div style="white-space:pre-wrap">a &lt; b</div>',
    ]


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\n",
        "Content-Type: text/plain\r\nContent-Disposition: inline; filename=log.txt\r\n\r\n",
        "Content-Type: text/plain; name=log.txt\r\n\r\n",
        "Content-Type: text/csv\r\n\r\n",
        "Content-Type: message/rfc822\r\n\r\n",
        "Content-Type: application/pdf\r\n\r\n",
    ],
)
def test_these_are_files(head: str) -> None:
    body = body_of("mixed", f"{PLAIN}Hi", f"{head}content")
    assert (body.text, [part.content for part in body.files]) == ("Hi", [b"content"])


def test_a_named_text_is_the_text_when_there_is_no_other() -> None:
    assert body_of("mixed", "Content-Type: text/plain; name=mail.txt\r\n\r\nHi").text == "Hi"


def test_a_container_may_name_the_charset() -> None:
    raw = a_mail(b"--b\r\n\r\n\xf5\r\n--b--", Content_Type="multipart/mixed; charset=koi8-r; boundary=b")
    assert read_body(take_apart(raw).root).text == "У"  # noqa: RUF001 - Cyrillic
