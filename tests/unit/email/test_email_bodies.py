"""Which parts are text, and which are files."""

import pytest

from support.mail import a_mail
from support.tnef import a_file, properties, tnef
from threadline_email.bodies import Body, read_body
from threadline_email.contents import ENCLOSED_MAX
from threadline_email.mime import take_apart
from threadline_email.texts import TEXT_MAX_BYTES

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


@pytest.mark.parametrize("disposition", ["inline; filename=body.txt", "attachment", "attachment; filename=body.txt"])
def test_a_text_that_is_all_there_is_is_shown_though_it_is_sent_as_a_file(disposition: str) -> None:
    body = read_body(take_apart(a_mail("It burns.", Content_Disposition=disposition)).root)
    assert (body.text, len(body.files)) == ("It burns.", 1)


def test_an_html_page_may_name_its_charset_itself() -> None:
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"></head>У'  # noqa: RUF001
    raw = a_mail(page.encode("cp1251"), Content_Type="text/html")
    assert read_body(take_apart(raw).root).text == "У"  # noqa: RUF001 - Cyrillic


def test_winmail_dat_is_known_by_its_beginning() -> None:
    stream = tnef(*a_file(b"x", "a.txt")).decode("latin1")
    raw = a_mail(stream.encode("latin1"), Content_Type="application/octet-stream; name=winmail.dat")
    assert [part.kind.parameters for part in read_body(take_apart(raw).root).files] == [{"name": "a.txt"}]


def test_a_body_in_winmail_dat_counts_only_where_the_mail_says_nothing() -> None:
    stream = tnef((1, 0x9003, properties({0x1000: "inside"})))
    part = b"--b\r\nContent-Type: application/ms-tnef\r\n\r\n" + stream + b"\r\n--b--"
    silent = a_mail(part, Content_Type="multipart/mixed; boundary=b")
    spoken = a_mail(b"--b\r\n\r\noutside\r\n" + part, Content_Type="multipart/mixed; boundary=b")
    assert [read_body(take_apart(raw).root).text for raw in (silent, spoken)] == ["inside", "outside"]


def test_all_texts_of_a_mail_share_one_limit() -> None:
    part = f"{PLAIN}{'x' * (TEXT_MAX_BYTES // 2)}"
    body = body_of("mixed", part, part, part)
    assert TEXT_MAX_BYTES <= len(body.text) <= TEXT_MAX_BYTES + 3
    assert "text_cut" in dict(body.problems)


def test_enclosed_mails_are_read_to_a_limit() -> None:
    mail = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nwords"
    body = body_of("mixed", f"{PLAIN}Hi", *[mail] * (ENCLOSED_MAX + 5))
    assert body.text == "Hi"
    assert body.full_text.count("words") == ENCLOSED_MAX
    assert (len(body.files), "enclosed_unread" in dict(body.problems)) == (ENCLOSED_MAX + 5, True)
