"""A Hypothesis strategy of broken mails: trees of parts as mail has them, then damaged as relays and authors do."""

from base64 import b64encode
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_KINDS: Final = (
    *(
        "text/plain",
        "text/html",
        "text/calendar; method=REQUEST",
        "text/plain; format=flowed; delsp=yes",
        "text",
        "a/b;",
    ),
    *("image/png; name=a.png", "application/ms-tnef; name=winmail.dat", "application/pkcs7-mime", "message/rfc822"),
    *("message/delivery-status", "application/octet-stream; name*0*=utf-8''%e4; name*1=.exe", 'text/plain; charset="'),
    *("text/plain; charset=utf-16", "text/plain; charset=iso-2022-jp", "text/html; charset=klingon", ""),
)
_CONTAINERS: Final = ("mixed", "alternative", "related", "signed", "encrypted", "report", "digest", "odd")
_ENCODINGS: Final = ("", "base64", "quoted-printable", "x-uuencode", "8bit", "nonsense")
_NAMES: Final = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "References", "In-Reply-To", "Return-Path"),
    *("Auto-Submitted", "List-Id", "Content-ID", "Content-Disposition", "Authentication-Results", "Received", "X", ""),
)
_WORDS: Final = (
    *(
        b"a@b.c",
        b"<a@b.c>",
        b'"',
        b"\\",
        b"(",
        b")",
        b"<",
        b">",
        b",",
        b";",
        b":",
        b"=?utf-8?B?",
        b"=?utf-8?q?=c3?=",
        b"?=",
    ),
    *(
        b"\r\n ",
        b"\r\n",
        b"\0",
        b"\xff",
        "é日".encode(),
        b"\x1b$B",
        b"\x1b(B",
        b"Mon, 02 Mar 2026 10:00:00 +0100",
        b"=",
        b"-",
    ),
    *(b"filename*=utf-8''%ff", b"attachment", b"dmarc=pass", b"x" * 100, b" ", b"--b1", b"> ", b"On 2 Mar A wrote:"),
    *(
        b"<p>",
        b"<blockquote>",
        b"<img src=cid:a>",
        b"</p>",
        b"<!--",
        b"&#0;",
        b"{\\rtf1",
        b"BEGIN:VEVENT\r\n",
        b"DTSTART:",
    ),
    *(
        b"\x78\x9f\x3e\x22\x01\x00",
        b"\x01\x03\x90\x06\x00\xff\xff\0\0",
        b"0\x80\x06\x09",
        b"%PDF",
        b"MZ",
        b"begin 644 a\r\n",
    ),
)
_words: Final = st.lists(st.sampled_from(_WORDS) | st.binary(max_size=8), max_size=10).map(b"".join)
_field: Final = st.builds(lambda name, value: name.encode() + b": " + value + b"\r\n", st.sampled_from(_NAMES), _words)
_fields: Final = st.lists(_field, max_size=6).map(b"".join)


def _leaf(fields: bytes, kind: str, encoding: str, content: bytes) -> bytes:
    body = b64encode(content) if encoding == "base64" else content
    return fields + f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def _container(fields: bytes, kind: str, parts: list[bytes], encoding: str, boundary: str) -> bytes:
    delimiter = f"\r\n--{boundary}\r\n".encode()
    body = delimiter + delimiter.join(parts) + f"\r\n--{boundary}--\r\n".encode()
    stated = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return fields + stated + (b64encode(body) if encoding == "base64" else body)


def _enclosing(inner: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    parts = st.lists(inner, max_size=3)
    boundaries = st.sampled_from(("b1", "b2", "b1x", " "))
    container = st.builds(
        _container, _fields, st.sampled_from(_CONTAINERS), parts, st.sampled_from(("", "base64")), boundaries
    )
    return container | st.builds(_leaf, _fields, st.just("message/rfc822"), st.sampled_from(_ENCODINGS), inner)


def _damaged(mail: bytes, places: list[tuple[float, float, bytes, int]]) -> bytes:
    """Cut out, repeat or insert at some places, given as shares of the length."""
    for start, length, inserted, times in places:
        at = int(start * len(mail))
        end = at + int(length * 40)
        mail = mail[:at] + inserted + mail[at:end] * times + mail[end:]
    return mail


_damages: Final = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.sampled_from(_WORDS) | st.just(b""), st.integers(0, 2)), max_size=4
)
_leaves: Final = st.builds(_leaf, _fields, st.sampled_from(_KINDS), st.sampled_from(_ENCODINGS), _words)

broken_mails: Final[SearchStrategy[bytes]] = st.builds(
    _damaged, st.recursive(_leaves, _enclosing, max_leaves=8), _damages
)
