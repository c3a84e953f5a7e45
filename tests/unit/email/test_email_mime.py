"""The MIME tree; the standard library is the oracle where mail is well formed."""

import email
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.mail import a_mail
from threadline_email.mime import DEPTH_MAX, PARTS_MAX, leaves, take_apart

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=200)
files = st.lists(st.binary(max_size=200), max_size=4)


@given(texts, files)
@settings(max_examples=60)
def test_a_well_formed_mail_is_split_as_the_standard_library_splits_it(text: str, contents: list[bytes]) -> None:
    mail = EmailMessage(policy=SMTP)
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    for content in contents:
        mail.add_attachment(content, maintype="application", subtype="x-test", filename="a.bin")
    raw = mail.as_bytes()
    ours = [(part.kind.value, part.content) for part in leaves(take_apart(raw).root)]
    assert ours == [
        (part.get_content_type(), part.get_payload(decode=True))
        for part in email.message_from_bytes(raw).walk()
        if not part.is_multipart()
    ]


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("base64", b"aGVs bG8=", b"hello"),
        (" Base64 (comment)", b"aGVsbG8", b"hello"),
        ("quoted-printable", b"a=3Db=\r\nc", b"a=bc"),
        ("x-uuencode", b"begin 644 a\n#0V%T\n`\nend\n", b"Cat"),
        ("7bit", b"a=3Db", b"a=3Db"),
        ("nonsense", b"a=3Db", b"a=3Db"),
    ],
)
def test_a_transfer_encoding_is_undone(encoding: str, body: bytes, content: bytes) -> None:
    assert take_apart(a_mail(body, Content_Transfer_Encoding=encoding)).root.content == content


def test_preamble_and_epilogue_are_not_read() -> None:
    raw = a_mail("before\r\n--b\r\n\r\nin\r\n--b--\r\nafter", Content_Type="multipart/mixed; boundary=b")
    assert [part.content for part in leaves(take_apart(raw).root)] == [b"in"]


def test_a_digest_holds_mails() -> None:
    raw = a_mail("--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b--", Content_Type="multipart/digest; boundary=b")
    assert [part.kind.value for part in leaves(take_apart(raw).root)] == ["message/rfc822"]


def test_a_flood_of_parts_is_cut() -> None:
    raw = a_mail(b"--b\r\n\r\nx\r\n" * 20_000, Content_Type="multipart/mixed; boundary=b")
    mime = take_apart(raw)
    assert len(list(leaves(mime.root))) <= PARTS_MAX
    assert "parts_cut" in mime.problems


def test_deep_nesting_is_cut_and_its_text_kept() -> None:
    raw = a_mail()
    for number in range(DEPTH_MAX + 20):
        raw = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--\r\n" % (
            number,
            number,
            raw,
            number,
        )
    mime = take_apart(raw)
    assert "nesting_cut" in mime.problems
    assert b"It burns." in b"".join(part.content for part in leaves(mime.root))


@given(
    st.lists(
        st.sampled_from([b"--b", b"--b--", b"\r\n", b"\r\n\r\n", b"x", b"Content-Type: multipart/mixed; boundary=b"])
    )
)
def test_every_heap_of_mime_pieces_is_a_tree(pieces: list[bytes]) -> None:
    take_apart(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(pieces))
