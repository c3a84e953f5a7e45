"""What went wrong, as an enhanced status code (RFC 3463): the stated one, else the SMTP reply, else the words."""

import re
from collections.abc import Iterable
from typing import Final

TEXT_MAX: Final = 16 * 1024
_ENHANCED: Final = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?![\w]|\.\d)", re.ASCII)
# Of RFC 5321 and its extensions, where a reply stands: at the start of a line, or behind "said:", a quote or a bracket.
_REPLY: Final = re.compile(
    r"(?:^|[:;'\"<(#>|=]|\b(?:said|reply|error|code|response|status|was)\b)[ \t:]{0,8}"
    r"([45])(?:[0-2]\d|3[0-9]|5[0-9]|7[01])(?=[- '\",.)]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_WHO: Final = "(?:user|recipient|mailbox|address|account|name)"
# What systems say where they give no code, as subject and detail of RFC 3463; the first that is said counts.
_WORDS: Final = tuple(
    (detail, re.compile("|".join(phrases), re.IGNORECASE))
    for detail, *phrases in (
        (
            "2.2",
            "quota",
            "mailbox (?:is )?full",
            "not enough space",
            "mailbox exceed",
            r"over (?:\w+ ){0,3}(?:limit|storage)",
        ),
        (
            "1.1",
            "unknown (?:user|recipient|local|address|mailbox)",
            "no such (?:user|recipient|mailbox|address|person)",
            rf"{_WHO}\b.{{0,40}}\b(?:unknown|not (?:found|exist|known|recogni[sz]ed|listed)|doesn'?t exist)",
            rf"{_WHO}\b.{{0,40}}\b(?:unavailable|invalid|rejected)",
            r"invalid (?:\w+ ){0,3}(?:user|recipient|mailbox|address)",
            "not (?:listed in|a valid|a registered)",
            "no mailbox here",
            "bad destination mailbox",
        ),
        (
            "1.2",
            r"(?:host|domain)\b.{0,60}\b(?:unknown|not (?:found|exist))",
            "(?:unknown|no such) (?:host|domain)",
            "couldn'?t find any host",
            "name service error",
            "illegal host",
        ),
        ("2.1", r"(?:account|mailbox)\b.{0,30}\b(?:disabled|inactive|suspended|deactivated|expired|locked)"),
        ("3.4", "too (?:large|big|long)", "size limit", r"exceed\w{0,3} .{0,20}size"),
        ("4.6", "loop", "too many hops", "hop count"),
        ("4.1", "timed? ?out", "connection refused", "unreachable", "no route", "could not connect", "not responding"),
        ("4.7", "expired", "retry time", "given up", r"for \d+ (?:hours|days)"),
        ("7.1", "spam", "block(?:ed|list)", "blacklist", "denied", "refused", "reject", "policy"),
        ("7.1", "not (?:allowed|permitted|authori[sz]ed|accept)"),
    )
)
_LATER: Final = re.compile(
    r"delay|not yet|will be retried|still trying|warning|temporar|try(?:ing)? again", re.IGNORECASE
)
# They say that it was given up, not why; the reply that is quoted beside them does.
_EXPIRED: Final = frozenset({"4.4.7", "5.4.7"})


def stated_status(text: str) -> str:
    """Return the most telling enhanced code of a text, or nothing.

    Of several in one line, the last: systems quote those that they heard it from behind their own words.
    """
    general = ""
    for line in text[:TEXT_MAX].splitlines():
        found: list[str] = [code for code in _ENHANCED.findall(line) if code[0] != "2"]
        if telling := [code for code in found if is_telling(code)]:
            return telling[-1]
        general = general or (found[-1] if found else "")
    return general


def is_telling(status: str) -> bool:
    """Return whether a code names a reason: neither "other" (5.0.0) nor "it took too long"."""
    return bool(status) and not status.endswith(".0.0") and status not in _EXPIRED


def best_status(stated: Iterable[str]) -> str:
    """Return the first code that names a reason, else the first one."""
    codes = [code for code in stated if code]
    return next((code for code in codes if is_telling(code)), codes[0] if codes else "")


def translated_status(text: str, *, failed: bool = True) -> str:
    """Return the code that an SMTP reply or words come to; x.0.0 when they give no reason, nothing for neither."""
    text = text[:TEXT_MAX]
    reply = _REPLY.search(text)
    detail: str = next((detail for detail, words in _WORDS if words.search(text)), "")
    if reply is None and not detail:
        return ""
    kind = reply[1] if reply else "5" if failed and not _LATER.search(text) else "4"
    return f"{kind}.{detail or '0.0'}"
