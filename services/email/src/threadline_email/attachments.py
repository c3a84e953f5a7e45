"""The files of a mail: described for the contract, their bytes by blob id."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from msgspec import Struct

from threadline_contracts.ids import file_blob_id
from threadline_contracts.message import Attachment
from threadline_email.filenames import default_name, safe_name, unique_name
from threadline_email.headers import read_headers
from threadline_email.media_types import is_telling, media_type_of
from threadline_email.mime import Part
from threadline_email.words import one_line

_MESSAGES: Final = frozenset({"message/rfc822", "message/global"})
_CID: Final = re.compile(r"""cid:([^"'\s>)]{1,300})""", re.IGNORECASE)
_REPORTS: Final = {"message/delivery-status": "delivery-status", "text/rfc822-headers": "original-headers"}


class Files(Struct, frozen=True):
    """The attachments in order, the bytes of each blob, and (code, detail) of what is not as it was said to be."""

    attachments: tuple[Attachment, ...]
    contents: dict[str, bytes]
    problems: tuple[tuple[str, str], ...] = ()


def describe_files(parts: Sequence[Part], *, desk: str, html: str = "") -> Files:
    """Return the files of a mail; `html` says which of them its text shows (`cid:`)."""
    shown = {cid.lower() for cid in _CID.findall(html)} if parts and "cid:" in html else set()
    taken: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    attachments = tuple(_describe(part, desk, shown, taken, contents) for part in parts)
    belied = [
        f"{file.filename} is {file.media_type}, declared as {part.kind.value}"
        for part, file in zip(parts, attachments, strict=True)
        if file.media_type != part.kind.value and is_telling(part.kind.value)
    ]
    return Files(attachments, contents, (("media_type_differs", "; ".join(belied[:5])),) if belied else ())


def _describe(part: Part, desk: str, shown: set[str], taken: dict[str, str], contents: dict[str, bytes]) -> Attachment:
    digest = sha256(part.content).hexdigest()
    blob = file_blob_id(desk, digest)
    contents[blob] = part.content
    content_id = one_line(part.headers.text("content-id")).strip("<> ")[:300]
    media_type = media_type_of(part.kind.value, part.content)
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
