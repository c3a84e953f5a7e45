"""Voicemail that a telephone exchange sends by mail (Asterisk, FreePBX, FreeSWITCH ...): who called, and how long.

Whoever can send mail can send such a one: what it says of the caller is as good as the mail's own sender.
"""

import re
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from threadline_contracts.message import Call, CallEnd
from threadline_email.headers import Headers
from threadline_email.mime import Part, leaves

_TEXT_MAX: Final = 4000
_NUMBER_MAX: Final = 64
_NAME_MAX: Final = 128
_LONGEST: Final = 24 * 3600  # seconds; longer ones are something else
_MESSAGE_ID: Final = re.compile(r"asterisk-\d+-\d+-([^-@]{1,32})-\d+@", re.IGNORECASE)
# The templates that come with the exchanges; an exchange in another language is known by its header fields.
_SUBJECTS: Final = (
    re.compile(r"(?:\[[^\]]{1,40}\]:? *)?new message \d+ in mailbox [\w*#+.-]{1,32}", re.IGNORECASE),
    re.compile(r"(?:\[[^\]]{1,40}\]:? *)?(?:new )?voice ?mail(?: message)? (?:from|in mailbox|for)\b", re.IGNORECASE),
    re.compile(r"\d+ sec voice ?mail from\b", re.IGNORECASE),
)
_MAILBOX: Final = re.compile(
    r"\bin mailbox ([\w*#+.-]{1,32})|(?:^[ \t]*|\bto your )(?:account|extension|mailbox):?\s+([\w*#+.-]{1,32})",
    re.IGNORECASE | re.MULTILINE,
)
_FROM: Final = r"(?:^[ \t]*(?:from|caller(?: id)?):[ \t]*|\bfrom )"
_CALLER: Final = re.compile(
    rf'{_FROM}"?(?P<name>[^"<>\n]{{0,128}}?)"?\s*<(?P<number>[^<>\n]{{1,64}})>'
    rf"|{_FROM}(?P<before>[^\d<>\n]{{0,64}}?) ?(?P<bare>\+?[\d(][\d ()/.-]{{2,30}}\d)",
    re.IGNORECASE | re.MULTILINE,
)
_LENGTH: Final = re.compile(
    r"(?:^[ \t]*(?:length|duration):[ \t]*|\bleft a )"
    r"(?:(?P<hours>\d{1,2}):)?(?:(?P<minutes>\d{1,3}):)?(?P<seconds>\d{1,5})\b"
    r"|^(?P<sec>\d{1,5}) sec\b",
    re.IGNORECASE | re.MULTILINE,
)
_WITHHELD: Final = frozenset(
    {"", "anonymous", "unknown", "private", "withheld", "unavailable", "asterisk", "restricted"}
)


class Heard(Struct, frozen=True):
    """A voicemail, and the sign by which it was known."""

    call: Call
    sign: str


def read_voicemail(root: Part, external_id: str, text: str) -> Heard | None:
    """Return the call that a mail tells of, or None: most mails do not."""
    headers = root.headers
    sign = _sign(root, headers, external_id)
    if not sign:
        return None
    told = f"{headers.text('subject')}\n{text[:_TEXT_MAX]}"
    call = Call(
        direction="in",
        outcome="voicemail",
        caller=_caller(headers, told),
        called=CallEnd(number=_mailbox(headers, external_id, told)),
        started_at=_started_at(headers.text("x-asterisk-vm-orig-time")),
        duration_seconds=_seconds(headers, told),
    )
    return Heard(call, sign)


def _sign(root: Part, headers: Headers, external_id: str) -> str:
    """Return what shows it: a field of the exchange; or its subject, with a sound or its name beside it."""
    fields = (name for name in headers.names() if name.startswith("x-asterisk-"))
    if field := next(fields, ""):
        return field
    subject = headers.text("subject")
    if not any(words.match(subject) for words in _SUBJECTS):
        return ""
    if _MESSAGE_ID.match(external_id) or "freeswitch" in headers.text("x-mailer").lower():
        return f"Subject: {subject[:100]}"
    sound = any(part.kind.value.startswith("audio/") for part in leaves(root))
    return f"Subject: {subject[:100]}" if sound else ""


def _caller(headers: Headers, told: str) -> CallEnd:
    number = headers.text("x-asterisk-vm-caller-id-num") or headers.text("x-asterisk-callerid")
    name = headers.text("x-asterisk-vm-caller-id-name") or headers.text("x-asterisk-calleridname")
    if not number and (found := _CALLER.search(told)):
        number = found["number"] or found["bare"]
        name = name or found["name"] or found["before"] or ""
    return CallEnd(number=_known(number.partition("@")[0])[:_NUMBER_MAX], name=_known(name)[:_NAME_MAX])


def _known(text: str) -> str:
    bare = text.strip(" \"'<>")
    return "" if bare.lower() in _WITHHELD else bare


def _mailbox(headers: Headers, external_id: str, told: str) -> str:
    if stated := headers.text("x-asterisk-vm-extension"):
        return stated[:_NUMBER_MAX]
    if found := _MAILBOX.search(told):
        return found[1] or found[2]
    named = _MESSAGE_ID.match(external_id)
    return named[1] if named else ""


def _started_at(stated: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(stated), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(headers: Headers, told: str) -> int | None:
    stated = headers.text("x-asterisk-vm-duration")
    if stated.isascii() and stated.isdigit() and len(stated) <= len(str(_LONGEST)):
        return int(stated)
    found = _LENGTH.search(told)
    if found is None:
        return None
    hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
    if found["hours"] and not found["minutes"]:  # 0:14 is minutes and seconds
        hours, minutes = 0, hours
    total = int(found["sec"]) if found["sec"] else hours * 3600 + minutes * 60 + seconds
    return total if total <= _LONGEST else None
