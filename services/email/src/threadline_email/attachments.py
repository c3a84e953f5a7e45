"""The files of a mail: described for the contract, their bytes by blob id."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import filetype
from msgspec import Struct

from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import Attachment
from threadline_email.filenames import default_name, safe_name, unique_name
from threadline_email.headers import read_headers
from threadline_email.mime import Part
from threadline_email.words import one_line

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_GENERIC: Final = frozenset(
    {"application/octet-stream", "application/x-octet-stream", "application/binary", "application/unknown"}
)
_SNIFF_BYTES: Final = 8192
_MESSAGES: Final = frozenset({"message/rfc822", "message/global"})
_CID: Final = re.compile(r"""cid:([^"'\s>)]{1,300})""", re.IGNORECASE)
_REPORTS: Final = {"message/delivery-status": "delivery-status", "text/rfc822-headers": "original-headers"}


class Files(Struct, frozen=True):
    """The attachments in order, and the bytes of each blob."""

    attachments: tuple[Attachment, ...]
    contents: dict[str, bytes]


def describe_files(parts: Sequence[Part], *, desk: str, html: str = "") -> Files:
    """Return the files of a mail; `html` says which of them its text shows (`cid:`)."""
    shown = {cid.lower() for cid in _CID.findall(html)} if parts and "cid:" in html else set()
    taken: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    return Files(tuple(_describe(part, desk, shown, taken, contents) for part in parts), contents)


def _describe(part: Part, desk: str, shown: set[str], taken: dict[str, str], contents: dict[str, bytes]) -> Attachment:
    digest = sha256(part.content).hexdigest()
    blob = file_blob_id(desk, digest)
    contents[blob] = part.content
    content_id = one_line(part.headers.text("content-id")).strip("<> ")[:300]
    media_type = media_type_of(part)
    embedded = content_id.lower() in shown if content_id else False
    return Attachment(
        filename=unique_name(_filename(part, media_type), taken, digest),
        media_type=media_type,
        size=len(part.content),
        sha256=digest,
        blob=blob,
        content_id=content_id,
        inline=embedded or part.placed or (part.disposition.value == "inline" and media_type.startswith("image/")),
    )


def media_type_of(part: Part) -> str:
    """Return the declared media type, or what the first bytes say where the declaration says nothing."""
    declared = part.kind.value
    if declared in _GENERIC or not _MEDIA_TYPE.fullmatch(declared):
        found = filetype.guess_mime(part.content[:_SNIFF_BYTES]) if part.content else None
        return str(found) if found else "application/octet-stream"
    return declared


def _stated_names(part: Part) -> Iterator[str]:
    """Yield the names of a file, the best first; mailers mix up which parameter belongs to which field."""
    for parameters in (part.disposition.parameters, part.kind.parameters):
        for name in ("filename", "name", "file"):
            if stated := parameters.get(name):
                yield stated


def _filename(part: Part, media_type: str) -> str:
    for stated in _stated_names(part):
        if name := safe_name(stated, default=""):
            return name
    if media_type in _MESSAGES:
        subject = read_headers(part.content[:65536]).text("subject")
        return safe_name(f"{subject.replace('/', '_')[:80]}.eml") if subject else "message.eml"
    stem = _REPORTS.get(media_type) or ("image" if media_type.startswith("image/") else "attachment")
    return default_name(media_type, stem)
