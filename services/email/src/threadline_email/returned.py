"""The mail that a report is about, as far as it was sent back: whole, its head alone, or pasted into the text."""

import re
from collections.abc import Iterator
from typing import Final

from threadline_email.delivery_status import stated_status, translated_status
from threadline_email.headers import Headers, read_head
from threadline_email.mime import Part, leaves

NOTHING: Final = Headers(())
_TYPES: Final = frozenset(
    {
        *("message/rfc822", "message/global", "message/partial"),
        *("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"),
    }
)
_LINES_MAX: Final = 2000
_TEXT_MAX: Final = 128 * 1024
_MARK_MAX: Final = 120
_HEAD_MAX: Final = 200  # lines of it that are looked at
_FIELD: Final = re.compile(r"([ \t>]*)([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:(?=[ \t]|\S|$)")
_SURE: Final = frozenset({"received", "return-path", "message-id", "mime-version", "content-type", "x-mailer"})
_LIKELY: Final = frozenset({"date", "from", "to", "subject", "reply-to", "cc", "sender", "delivered-to"})
_FIELDS_MIN: Final = 3  # of these, one after the other, make a head
_MARKS: Final = re.compile(
    r"^\W*(?:original|copy of|this is a copy|returned|message headers?|headers? follow|(?:the )?header of the"
    r"|begin message|unsent message|included is a copy|below this line|start of returned)\b.*",
    re.IGNORECASE,
)
_MARKED: Final = re.compile(r".*(?:\b(?:follows?|following|below)\b.*|\W{3,}|:)$", re.IGNORECASE)
_ID: Final = re.compile(r"<([^<>\s]{1,500})>|([^<>\s]{1,500}@[^<>\s]{1,200})")


def returned_parts(root: Part) -> Iterator[Part]:
    """Yield the parts of a report that are the mail, or its head."""
    yield from (part for part in leaves(root) if part.kind.value in _TYPES and part is not root)


def returned_head(root: Part, text: str) -> Headers:
    """Return the head of the mail that a report is about; empty when it was not sent back."""
    for part in returned_parts(root):
        headers = read_head(part.content.lstrip())[0]
        if any(name in _SURE or name in _LIKELY for name in headers.names()):
            return headers
    misplaced = (part.headers for part in leaves(root) if part is not root and _is_whole(part.headers))
    return next(misplaced, None) or next(filter(None, map(_head_in, _texts(root, text))), NOTHING)


def _is_whole(headers: Headers) -> bool:
    """Return whether the head of a part is a mail's: some systems send it back in that place."""
    return "from" in headers and ("message-id" in headers or "received" in headers)


def _texts(root: Part, text: str) -> Iterator[str]:
    """Yield where a head may be pasted in: the text, or the report when the boundary behind it is broken."""
    yield text
    reports = (part.content for part in leaves(root) if part.kind.value.endswith("delivery-status"))
    yield from (content[:_TEXT_MAX].decode("utf-8", "replace") for content in reports)


def _head_in(text: str) -> Headers | None:
    lines = text[:_TEXT_MAX].splitlines()[:_LINES_MAX]
    at = _head_at(lines)
    if at is None:
        return None
    indent = len(_indent(lines[at]))
    return read_head("\n".join(line[indent:] for line in lines[at:]).encode("utf-8", "replace"))[0]


def notice(text: str) -> str:
    """Return what a report says itself: the text above the returned mail.

    One that gives no reason there shows the head first, and goes on below it.
    """
    lines = text[:_TEXT_MAX].splitlines()[:_LINES_MAX]
    start = _head_at(lines)
    marked = next((number for number, line in enumerate(lines) if number and _introduces(line)), None)
    ends = [number for number in (start, marked) if number is not None]
    above = "\n".join(lines[: min(ends)] if ends else lines)
    if start is None or stated_status(above) or translated_status(above):
        return above
    _, length = _measured(lines[start:], _indent(lines[start]), sure=True)
    below = "\n".join(lines[start + length :])
    return f"{above}\n{below}" if stated_status(below) or translated_status(below) else above


def sent_id(head: Headers) -> str:
    """Return the Message-ID of what was sent; one that its last relay gave it may stand beside ours."""
    for name in ("message-id", "x-original-message-id", "original-message-id"):
        if found := _ID.search(head.text(name)):
            return (found[1] or found[2]).replace("\0", "")
    return ""


def _introduces(line: str) -> bool:
    """Return whether a line says that the mail follows: ruled, or in so many words."""
    bare = line.strip()[:_MARK_MAX]
    return _MARKS.match(bare) is not None and (not bare[:1].isalnum() or _MARKED.match(bare) is not None)


def _head_at(lines: list[str]) -> int | None:
    """Return where the head of a mail begins: fields one after the other, at one indent, that only mails have."""
    start = 0
    while start < len(lines):
        field = _FIELD.match(lines[start])
        if field is None or not _is_of_mail(field[2].lower()):
            start += 1
            continue
        announced = _introduces(next((one for one in reversed(lines[:start]) if one.strip()), ""))
        is_head, length = _measured(lines[start : start + _HEAD_MAX], field[1], sure=announced)
        if is_head:
            return start
        start += length  # what is no head has none in it
    return None


def _indent(line: str) -> str:
    field = _FIELD.match(line)
    return field[1] if field else ""


def _is_of_mail(name: str) -> bool:
    return name in _SURE or name in _LIKELY or name.startswith(("x-", "dkim-", "arc-", "received-"))


def _measured(lines: list[str], indent: str, *, sure: bool) -> tuple[bool, int]:
    """Return whether these lines begin with a head, and how many belong to what they begin with."""
    known, fields, length = 0, 0, 0
    for length, line in enumerate(lines):  # noqa: B007 - where it ends
        field = _FIELD.match(line)
        if field is None or field[1] != indent:
            if fields and line[: len(indent) + 1].strip("> \t") == "" and line.strip():
                continue  # a folded field goes on
            break
        fields += 1
        known += field[2].lower() in (_SURE | _LIKELY)
        sure |= field[2].lower() in _SURE
    return sure and known >= _FIELDS_MIN, max(length, 1)
