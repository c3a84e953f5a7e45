"""The frozen identity of a mail, read by a byte scanner of its own: a better parser must never double old mail.

Nothing here may ever change: every id ever given to a mail depends on it (golden vectors in tests/unit/email).
How it is computed did once, what it yields did not: a mail of 25 MB is not copied, which took 26 MB and 6 ms of CPU
(the first form is kept beside the golden vectors, and compared on every mail there).
What relays add (Received, DKIM-Signature, Authentication-Results ...) and how they fold lines does not matter.
"""

import re
from hashlib import sha256
from typing import Final

from msgspec import Struct

_VERSION: Final = b"threadline-email-v1"
_END_OF_HEAD: Final = re.compile(rb"\n\r?\n")
_FIELD: Final = re.compile(rb"^(message-id|from|date|subject)[ \t]*:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_BRACKETED: Final = re.compile(rb"<([^<>]*)>")
_EXTERNAL_ID_MAX: Final = 512


class MailIdentity(Struct, frozen=True):
    """What tells one mail from another: `fingerprint` (hex SHA-256) and the Message-ID as people know it."""

    fingerprint: str
    external_id: str


def identify(raw: bytes) -> MailIdentity:
    """Return the identity of a mail. Total: every byte string has one.

    The fingerprint covers Message-ID, From, Date and Subject (first of each, raw, unfolded), and the body too
    where Message-ID or Date is missing.
    """
    head, body_start = _split(raw)
    fields: dict[bytes, bytes] = {}
    for match in _FIELD.finditer(head):
        fields.setdefault(match[1].lower(), b" ".join(match[2].split()))
    message_id, date = fields.get(b"message-id", b""), fields.get(b"date", b"")
    parts = [_VERSION, message_id, *(_digest(fields.get(name, b"")) for name in (b"from", b"date", b"subject"))]
    if not message_id or not date:
        parts.append(_digest(raw[body_start:].replace(b"\r\n", b"\n").rstrip(b"\n")))
    fingerprint = sha256(b"\n".join(parts)).hexdigest()
    return MailIdentity(fingerprint, _readable(message_id) or f"sha256:{fingerprint}")


def _split(raw: bytes) -> tuple[bytes, int]:
    """Return the head and where the body begins; without an empty line, or with one first, all of it counts as body."""
    if raw.startswith((b"\n", b"\r\n")):
        return b"", 0
    end = _END_OF_HEAD.search(raw)
    return (raw, 0) if end is None else (raw[: end.start()], end.end())


def _digest(value: bytes) -> bytes:
    return sha256(value).hexdigest().encode()


def _readable(message_id: bytes) -> str:
    """Return the id as In-Reply-To and References of other mails name it: no brackets, no white space."""
    bracketed = _BRACKETED.search(message_id)
    bare = b"".join((bracketed[1] if bracketed else message_id).split()).replace(b"\0", b"")
    return bare.decode("utf-8", "replace") if len(bare) <= _EXTERNAL_ID_MAX else ""
