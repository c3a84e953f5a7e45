"""The ids a mail refers to: In-Reply-To and References, and the tokens of ours hidden in addresses and ids."""

import base64
import re
from collections.abc import Iterable
from itertools import chain
from typing import Final

from threadline_contracts.message import Evidence
from threadline_contracts.tokens import find_tokens
from threadline_email.headers import Headers

REFERENCES_MAX: Final = 200
ID_MAX_CHARS: Final = 512  # as for a mail's own id (identity.py): longer ones are no ids
_HEADER_MAX_BYTES: Final = 128 * 1024
_INDEX_HEAD: Final = 22  # a reserved byte, five of a time, a GUID; each answer adds five more
_INDEX_STEP: Final = 5
_BRACKETED: Final = re.compile(rb"<([^<>]*)>")


def read_evidence(
    headers: Headers, recipients: Iterable[str], subject: str, *, reported: Iterable[str] = ()
) -> Evidence:
    """Return what a mail says about its conversation. Junk between the ids is passed over; the oldest id is kept.

    `reported`: tokens of the mail that a report is about.
    """
    in_reply_to = _bounded(_ids(headers.all("in-reply-to")))
    references = _bounded(_ids(headers.all("references")))
    # In the order of trust: nobody sees a plus-address; a subject is seen and typed by everybody.
    places = chain(recipients, in_reply_to, reversed(references), (subject,), reported)
    tokens = tuple(dict.fromkeys(token for place in places if "-" in place for token in find_tokens(place)))
    index = _thread_index(headers.first("thread-index"))
    return Evidence(in_reply_to=in_reply_to, references=references, tokens=tokens, thread_index=index)


def _thread_index(value: bytes) -> str:
    """Return the head of Outlook's conversation index (MS-OXOMSG 2.2.1.3), which every answer begins with."""
    if not value:
        return ""
    try:
        index = base64.b64decode(b"".join(value[:_HEADER_MAX_BYTES].split()), validate=True)
    except ValueError:
        return ""
    known = index[:1] == b"\x01" and len(index) >= _INDEX_HEAD and (len(index) - _INDEX_HEAD) % _INDEX_STEP == 0
    return index[:_INDEX_HEAD].hex() if known else ""


def _ids(values: Iterable[bytes]) -> list[str]:
    found: dict[str, None] = {}
    for value in (whole[:_HEADER_MAX_BYTES] for whole in values):
        bracketed = _BRACKETED.findall(value)
        for raw in bracketed or (word for word in re.split(rb"[\s,;]+", value) if b"@" in word):
            bare = b"".join(raw.split()).strip(b"<>").replace(b"\0", b"").decode("utf-8", "replace")
            if 0 < len(bare) <= ID_MAX_CHARS:
                found[bare] = None
    return list(found)


def _bounded(ids: list[str]) -> tuple[str, ...]:
    """Return at most REFERENCES_MAX ids: the first, which is the root of the thread, and the latest."""
    return tuple(ids if len(ids) <= REFERENCES_MAX else [ids[0], *ids[1 - REFERENCES_MAX :]])
