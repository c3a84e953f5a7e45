"""Mails and forms as a customer's programs write them."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from threadline_standalone.customer import Letter, compose, deliver, multipart
from threadline_standalone.exits import CommandError, Exit


def a_letter(**changes: object) -> Letter:
    said = {"sender": "Ana <ana@example.org>", "recipients": ("support@localhost",), "subject": "Hi", "text": "Hello"}
    return Letter(**{**said, **changes})  # type: ignore[arg-type]  # a builder's keywords are any of its fields


def test_each_mail_has_a_message_id_of_its_author_s_domain() -> None:
    first, second = compose(a_letter()), compose(a_letter())
    assert str(first["Message-ID"]).endswith("@example.org>")
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("given", ["a@b", "<a@b>", " <a@b> "])
def test_a_reply_names_its_parent_in_both_headers(given: str) -> None:
    mail = compose(a_letter(in_reply_to=given))
    assert (mail["In-Reply-To"], mail["References"]) == ("<a@b>", "<a@b>")


def test_a_line_end_in_a_subject_is_no_header() -> None:
    assert compose(a_letter(subject="Hi\r\nBcc: x@y"))["Subject"] == "Hi Bcc: x@y"


def test_files_are_attached_with_their_type_and_name(tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.7")
    (attached,) = compose(a_letter(files=(tmp_path / "plan.pdf",))).iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "plan.pdf")


def test_a_file_that_is_not_there_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot read") as refusal:
        compose(a_letter(files=(tmp_path / "nothing.txt",)))
    assert refusal.value.code is Exit.USAGE


def test_nobody_at_the_port_is_one_line(unused_tcp_port: int) -> None:
    with pytest.raises(CommandError, match="is `threadline up` running") as refusal:
        deliver("127.0.0.1", unused_tcp_port, compose(a_letter()))
    assert refusal.value.code is Exit.UNREACHABLE


def test_a_form_is_what_a_browser_sends(tmp_path: Path) -> None:
    (tmp_path / 'odd"name.txt').write_bytes(b"\x00\r\n--x")
    kind, body = multipart({"name": "Ivo", "phone": ""}, [tmp_path / 'odd"name.txt'], file_field="files")
    parsed = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body, policy=default)
    assert isinstance(parsed, EmailMessage)
    name, file = parsed.iter_parts()
    assert name.get_param("name", header="content-disposition") == "name"
    assert name.get_content().strip() == "Ivo"
    assert file.get_payload(decode=True) == b"\x00\r\n--x"
