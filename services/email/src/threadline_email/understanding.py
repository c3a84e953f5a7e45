"""What a mail is besides what it says: who wrote it, what it reports, which call it tells of. Pure."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.message import Automation, AutomationKind, Call, DeliveryReport
from threadline_contracts.tokens import find_tokens
from threadline_email.automation import classify
from threadline_email.bounce import read_bounce, read_complaints
from threadline_email.mime import Part
from threadline_email.returned import returned_head
from threadline_email.voicemail import read_voicemail

_TOKEN_FIELDS = ("message-id", "references", "in-reply-to", "reply-to")


class Understood(Struct, frozen=True):
    """`tokens` are those of the mail that a report is about: it belongs where that mail does."""

    automation: Automation
    reports: tuple[DeliveryReport, ...] = ()
    tokens: tuple[str, ...] = ()
    call: Call | None = None


def understand(root: Part, facts: Mapping[str, str], *, external_id: str, text: str) -> Understood:
    """Return what a mail is; `text` is its readable part. Total."""
    if heard := read_voicemail(root, external_id, text):
        evidence = (f"voicemail: {heard.sign}",)
        return Understood(Automation(kind=AutomationKind.NONE, evidence=evidence), call=heard.call)
    found = classify(root, facts, sender=root.headers.text("from"), external_id=external_id, text=text)
    if found.kind == AutomationKind.BOUNCE:
        reports = tuple(read_bounce(root, text))
    elif found.kind in {AutomationKind.BULK, AutomationKind.AUTO_REPLY}:
        reports = tuple(read_complaints(root, text))
    else:
        reports = ()
    if not reports:
        return Understood(found)
    return Understood(replace(found, evidence=(*found.evidence, *_told(reports))), reports, _tokens(root, text))


def _told(reports: tuple[DeliveryReport, ...]) -> tuple[str, ...]:
    """Return the reports as evidence for people."""
    status = next((report.status for report in reports if report.status), "")
    lines = (f"{report.action} {report.recipient}".strip() for report in reports)
    return (*((f"status {status}",) if status else ()), *lines)


def _tokens(root: Part, text: str) -> tuple[str, ...]:
    """Return the tokens of ours in the head of the returned mail, nearest first."""
    head = returned_head(root, text)
    values = (value.decode("utf-8", "replace") for name in _TOKEN_FIELDS for value in head.all(name))
    return tuple(dict.fromkeys(token for value in values if "tl-" in value.lower() for token in find_tokens(value)))
