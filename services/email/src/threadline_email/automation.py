"""Who wrote: a person or a machine, by the header fields that say so (RFC 3834, 3464, 5965, 8098, 2919, 2369)."""

import re
from collections.abc import Mapping
from typing import Final

from threadline_contracts.message import Automation, AutomationKind
from threadline_contracts.tokens import find_tokens
from threadline_email.headers import Headers
from threadline_email.mime import Part, leaves

_REPORTS: Final = {
    "delivery-status": AutomationKind.BOUNCE,
    "global-delivery-status": AutomationKind.BOUNCE,
    "feedback-report": AutomationKind.BULK,
    "disposition-notification": AutomationKind.AUTO_REPLY,
}
_MAIL_SYSTEM: Final = re.compile(
    r"mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|mail\.delivery\.system|double-bounce", re.IGNORECASE
)
_POSTMASTER: Final = re.compile(
    r"post[-_]?master|mail deliver|delivery (?:sub)?system|ndr admin|system administrator", re.IGNORECASE
)
# Only together with a null return path or a postmaster: people write such subjects too.
_BOUNCE_SUBJECT: Final = re.compile(
    r"undeliver|deliver\w* (?:status|fail|problem|warning|error|has failed)|(?:non-|not )deliver|returned mail"
    r"|returned to sender|(?:fail(?:ed|ure)) (?:notice|delivery|mail)|mail fail|could not be delivered"
    r"|not been delivered|delayed \d+ hours",
    re.IGNORECASE,
)
_AUTO_REPLY_FIELDS: Final = (
    *("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply"),
    *("x-auto-response", "x-autorespond-to", "x-vacation"),
)
_BULK_FIELDS: Final = ("list-id", "list-unsubscribe", "list-post", "list-help", "feedback-id", "x-mailman-version")
_SUPPRESS: Final = re.compile(r"\b(?:all|oof|autoreply)\b", re.IGNORECASE)
_EVIDENCE_CHARS: Final = 120
_NULL_PATHS: Final = ("<>", "<mailer-daemon")


def classify(root: Part, facts: Mapping[str, str], *, sender: str, external_id: str) -> Automation:
    """Return who wrote a mail and by what sign; the strongest sign decides. `sender` is name and address as sent."""
    if "tl-" in external_id and find_tokens(external_id):
        return _automatic(AutomationKind.OWN, "Message-ID carries a token")
    headers = root.headers
    return (
        _report(root)
        or _bounce(headers, facts, sender)
        or _auto_submitted(headers)
        or _auto_reply(headers)
        or _bulk(headers)
        or Automation()
    )


def _automatic(kind: AutomationKind, *evidence: str) -> Automation:
    return Automation(kind=kind, evidence=tuple(line[:_EVIDENCE_CHARS] for line in evidence))


def _report(root: Part) -> Automation | None:
    if not root.parts and not root.kind.value.startswith("message/"):
        return None
    stated = root.kind.parameters.get("report-type", "").lower() if root.kind.value == "multipart/report" else ""
    present = {part.kind.value.removeprefix("message/") for part in leaves(root)} | {stated}
    found = next((name for name in _REPORTS if name in present), None)
    return _automatic(_REPORTS[found], f"report: {found}") if found else None


def _bounce(headers: Headers, facts: Mapping[str, str], sender: str) -> Automation | None:
    if "x-failed-recipients" in headers:
        return _automatic(AutomationKind.BOUNCE, "X-Failed-Recipients")
    if _MAIL_SYSTEM.search(sender):
        return _automatic(AutomationKind.BOUNCE, f"From: {sender}")
    null_path = facts.get("mail_from") == "" or headers.text("return-path").lower().startswith(_NULL_PATHS)
    by_postmaster = _POSTMASTER.search(sender) is not None
    subject = headers.text("subject")
    if _BOUNCE_SUBJECT.search(subject) and (null_path or by_postmaster):
        return _automatic(
            AutomationKind.BOUNCE, f"Subject: {subject}", "null return path" if null_path else f"From: {sender}"
        )
    if null_path and by_postmaster:
        return _automatic(AutomationKind.BOUNCE, "null return path", f"From: {sender}")
    return None


def _auto_submitted(headers: Headers) -> Automation | None:
    value = headers.text("auto-submitted").lower()
    kind = value.partition(";")[0].partition("(")[0].strip()
    if kind in {"", "no", "auto-forwarded"}:  # a person's mail, sent on by a rule
        return None
    # Exchange calls its vacation notes auto-generated; unlike notifications, they answer something.
    replied = kind != "auto-generated" or "in-reply-to" in headers or "references" in headers
    return _automatic(AutomationKind.AUTO_REPLY if replied else AutomationKind.BULK, f"Auto-Submitted: {value}")


def _auto_reply(headers: Headers) -> Automation | None:
    for name in _AUTO_REPLY_FIELDS:
        if name in headers and headers.text(name).lower() not in {"no", "false"}:
            return _automatic(AutomationKind.AUTO_REPLY, f"{name}: {headers.text(name)}")
    if headers.text("precedence").lower() in {"auto_reply", "auto-reply"}:
        return _automatic(AutomationKind.AUTO_REPLY, "Precedence: auto_reply")
    if _SUPPRESS.search(headers.text("x-auto-response-suppress")):
        return _automatic(
            AutomationKind.AUTO_REPLY, f"X-Auto-Response-Suppress: {headers.text('x-auto-response-suppress')}"
        )
    return None


def _bulk(headers: Headers) -> Automation | None:
    precedence = headers.text("precedence").lower()
    if precedence in {"bulk", "list", "junk"}:
        return _automatic(AutomationKind.BULK, f"Precedence: {precedence}")
    found = next((name for name in _BULK_FIELDS if name in headers), None)
    return _automatic(AutomationKind.BULK, f"{found}: {headers.text(found)}") if found else None
