"""Mails inside mails made into parts of ours: what a winmail.dat wraps, and the head of an enclosed mail as text."""

from typing import Final

from msgspec import Struct

from threadline_email.headers import Headers
from threadline_email.mime import Part
from threadline_email.params import Structured
from threadline_email.rtf import RtfBody, read_rtf, unpack_rtf
from threadline_email.tnef import Tnef, TnefFile, read_tnef

_LINE_CHARS: Final = 500
_FIELDS: Final = ("From", "Date", "To", "Cc", "Subject")
_RULE: Final = "---------- Forwarded message ----------"


class Wrapped(Struct, frozen=True):
    """What came out of a winmail.dat: `mails` are (head, text, HTML) of those inside it."""

    subject: str
    text: str
    html: str
    files: tuple[Part, ...]
    mails: tuple[tuple[str, str, str], ...]
    whole: bool


def unwrap(content: bytes) -> Wrapped | None:
    """Return what a TNEF stream wraps, or None when there is nothing in it. Total."""
    tnef = read_tnef(content)
    if tnef is None:
        return None
    said = _said(tnef)
    files, mails = _files(tnef)
    if not (files or mails or said.text or said.html):
        return None
    return Wrapped(tnef.subject, said.text, said.html, tuple(files), tuple(mails), tnef.whole)


def head_of(headers: Headers) -> str:
    """Return the fields of an enclosed mail that a reader wants, as forwarded mails show them."""
    lines = [f"{name}: {text[:_LINE_CHARS]}" for name in _FIELDS if (text := headers.text(name.lower()))]
    return "\n".join(["", _RULE, *lines, ""])


def _files(tnef: Tnef) -> tuple[list[Part], list[tuple[str, str, str]]]:
    files: list[Part] = []
    mails: list[tuple[str, str, str]] = []
    for file in tnef.files:
        if file.message is None:
            files.append(_part(file))
            continue
        said = _said(file.message)
        mails += [(f"\n{_RULE}\nSubject: {file.message.subject or file.name}\n", "", ""), ("", said.text, said.html)]
        inner_files, inner_mails = _files(file.message)
        files += inner_files
        mails += inner_mails
    return files, mails


def _part(file: TnefFile) -> Part:
    headers = Headers([("content-id", file.content_id.encode())] if file.content_id else [])
    parameters = {"name": file.name} if file.name else {}
    return Part(headers, Structured(file.media_type or "application/octet-stream", parameters), file.content)


def _said(tnef: Tnef) -> RtfBody:
    """Return the body of a TNEF mail; its RTF only where there is nothing better."""
    if tnef.text.strip() or tnef.html.strip():
        return RtfBody(text=tnef.text, html=tnef.html)
    return read_rtf(unpack_rtf(tnef.rtf)) if tnef.rtf else RtfBody()
