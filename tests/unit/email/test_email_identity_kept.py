"""The identity of a mail as it was first computed: whatever computes it now must yield the same, for every mail."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadline_email.identity import identify

MAILS: Final = sorted((Path(__file__).parents[2] / "corpus" / "email").glob("*.eml"))
FIELD: Final = re.compile(rb"^(message-id|from|date|subject)[ \t]*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)


def first_split(raw: bytes) -> tuple[bytes, bytes]:
    if raw.startswith((b"\n", b"\r\n")):
        return b"", raw
    end = re.compile(rb"\n\r?\n").search(raw)
    return (raw, raw) if end is None else (raw[: end.start()], raw[end.end() :])


def digest(value: bytes) -> bytes:
    return sha256(value).hexdigest().encode()


def first_identity(raw: bytes) -> tuple[str, str]:
    head, body = first_split(raw)
    fields: dict[bytes, bytes] = {}
    for match in FIELD.finditer(head):
        fields.setdefault(match[1].lower(), b" ".join(match[2].split()))
    message_id, date = fields.get(b"message-id", b""), fields.get(b"date", b"")
    parts = [b"threadline-email-v1", message_id]
    parts += [digest(fields.get(name, b"")) for name in (b"from", b"date", b"subject")]
    if not message_id or not date:
        parts.append(digest(body.replace(b"\r\n", b"\n").rstrip(b"\n")))
    fingerprint = sha256(b"\n".join(parts)).hexdigest()
    bracketed = re.search(rb"<([^<>]*)>", message_id)
    bare = b"".join((bracketed[1] if bracketed else message_id).split()).replace(b"\0", b"")
    readable = bare.decode("utf-8", "replace") if len(bare) <= 512 else ""
    return fingerprint, readable or f"sha256:{fingerprint}"


def identity(raw: bytes) -> tuple[str, str]:
    found = identify(raw)
    return found.fingerprint, found.external_id


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_every_ugly_mail_keeps_its_identity(mail: Path) -> None:
    raw = mail.read_bytes()
    ends = (raw, raw.replace(b"\r\n", b"\n"), raw.replace(b"\n", b"\r\n"), raw[: len(raw) // 2], b"\r\n" + raw)
    assert [identity(one) for one in ends] == [first_identity(one) for one in ends]


_PIECES = st.sampled_from(
    [
        b"Message-ID: <a@b>",
        b"From: x",
        b"DATE : y",
        b"Subject:",
        b"\t",
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b":",
        b"\0",
        b"\xff",
    ]
)


@given(st.lists(_PIECES, max_size=24).map(b"".join) | st.binary(max_size=200))
def test_every_heap_of_pieces_keeps_its_identity(raw: bytes) -> None:
    assert identity(raw) == first_identity(raw)
