"""Whom a bounce is about, and the status it gives: from the report (RFC 3464), else from what the text says."""

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from threadline_email.addresses import is_address, normal_address
from threadline_email.headers import Headers, read_head
from threadline_email.mime import Part, leaves

RECIPIENTS_MAX: Final = 20
_REPORT_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_TEXT_MAX: Final = 16 * 1024
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ADDRESS: Final = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]{1,128}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
_ORIGINAL: Final = ("original", "copy of", "returned message", "message header", "headers follow", "begin message")
_BLANK_LINES: Final = re.compile(rb"(?:\r?\n){2,}")


class Bounce(Struct, frozen=True):
    """The addresses that could not be reached, and the enhanced status code (RFC 3463), where they are stated."""

    recipients: tuple[str, ...]
    status: str


def read_bounce(root: Part, text: str) -> Bounce:
    """Return what a bounce says; `text` is its readable part. Total; nothing found means empty fields."""
    groups = [group for part in leaves(root) if part.kind.value in _REPORT_TYPES for group in _groups(part.content)]
    recipients = [found for group in groups if (found := _recipient(group))]
    status = next((s for g in groups if (s := _status(g.text("status")) or _status(g.text("diagnostic-code")))), "")
    notice = _notice(text)
    if not recipients:
        recipients = _ADDRESS.findall(root.headers.text("x-failed-recipients")) or _stated(notice, root.headers)
    return Bounce(tuple(dict.fromkeys(map(normal_address, recipients)))[:RECIPIENTS_MAX], status or _status(notice))


def _groups(content: bytes) -> Iterable[Headers]:
    """Yield the field groups of a delivery report: one about the message, then one a recipient."""
    for group in _BLANK_LINES.split(content)[: RECIPIENTS_MAX + 1]:
        yield read_head(group + b"\n\n")[0]


def _recipient(group: Headers) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):  # the first is as the sender wrote it
        address = group.text(name).rpartition(";")[2].strip(" <>")
        if is_address(address):
            return address
    return ""


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""


def _notice(text: str) -> str:
    """Return the text above the returned mail."""
    lines = text[:_TEXT_MAX].splitlines()
    end = next((number for number, line in enumerate(lines) if number and _introduces_original(line)), len(lines))
    return "\n".join(lines[:end])


def _introduces_original(line: str) -> bool:
    bare = line.strip().lower()
    if bare.startswith(("received: ", "return-path: ")):
        return True
    return bare.startswith(("-", "=", "*")) and any(word in bare for word in _ORIGINAL)


def _stated(notice: str, headers: Headers) -> list[str]:
    """Return the addresses a notice names, without those of its own sender and reader."""
    own = {a.lower() for name in ("from", "to", "return-path") for a in _ADDRESS.findall(headers.text(name))}
    return [
        a
        for a in _ADDRESS.findall(notice)
        if a.lower() not in own and not a.lower().startswith(("postmaster@", "mailer-daemon@"))
    ]
