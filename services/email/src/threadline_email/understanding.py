"""What a mail is besides what it says: who wrote it, what it reports, which call it tells of. Pure."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.message import Automation, AutomationKind, Call, DeliveryReport, Problem
from threadline_contracts.tokens import find_tokens
from threadline_email.automation import classify
from threadline_email.bounce import read_bounce, read_complaints
from threadline_email.mime import Part
from threadline_email.returned import returned_head
from threadline_email.voicemail import read_voicemail

LOOP: Final = "loop"  # the fact, the problem and the kind
HOPS_MAX: Final = 50  # as Postfix counts; RFC 5321 asks servers to bear 100
_TOKEN_FIELDS: Final = ("message-id", "references", "in-reply-to", "reply-to")
_AUTOMATIC: Final = frozenset({AutomationKind.AUTO_REPLY, AutomationKind.BULK})


class Understood(Struct, frozen=True):
    """`tokens` are those of the mail that a report is about: it belongs where that mail does."""

    automation: Automation
    problems: tuple[Problem, ...] = ()
    reports: tuple[DeliveryReport, ...] = ()
    tokens: tuple[str, ...] = ()
    call: Call | None = None


def understand(root: Part, facts: Mapping[str, str], *, external_id: str, text: str, ours: bool = False) -> Understood:
    """Return what a mail is; `text` is its readable part, `ours`: its From is a mailbox of ours. Total."""
    found = _understood(root, facts, external_id, text, ours=ours)
    why = facts.get(LOOP) or _many_hops(root)
    if not why:
        return found
    automation = found.automation
    if automation.kind == AutomationKind.NONE:
        automation = Automation(kind=AutomationKind.LOOP, evidence=(*automation.evidence, why))
    return replace(found, automation=automation, problems=(Problem(code=LOOP, detail=why),))


def _understood(root: Part, facts: Mapping[str, str], external_id: str, text: str, *, ours: bool) -> Understood:
    if heard := read_voicemail(root, external_id, text):
        evidence = (f"voicemail: {heard.sign}",)
        return Understood(Automation(kind=AutomationKind.NONE, evidence=evidence), call=heard.call)
    found = classify(root, facts, sender=root.headers.text("from"), external_id=external_id, text=text)
    if ours and found.kind in _AUTOMATIC:  # an answer of ours that somebody sends on to us
        found = Automation(kind=AutomationKind.OWN, evidence=(*found.evidence, "From: a mailbox of ours"))
    if found.kind == AutomationKind.BOUNCE:
        reports = tuple(read_bounce(root, text))
    elif found.kind in {AutomationKind.BULK, AutomationKind.AUTO_REPLY}:
        reports = tuple(read_complaints(root, text))
    else:
        reports = ()
    if not reports:
        return Understood(found)
    told = replace(found, evidence=(*found.evidence, *_told(reports)))
    return Understood(told, reports=reports, tokens=_tokens(root, text))


def _many_hops(root: Part) -> str:
    """Return how many servers a mail went through, when they are more than any way has."""
    hops = len(root.headers.all("received"))
    return f"went through {hops} servers" if hops >= HOPS_MAX else ""


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
