"""What reports say, as delivery reports: by their fields where there are any, else by what the notice says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.message import DeliveryReport
from threadline_email.addresses import is_address, normal_address
from threadline_email.delivery_status import best_status, is_telling, stated_status, translated_status
from threadline_email.failed_recipients import ADDRESS, Failed, failed_recipients
from threadline_email.headers import Headers
from threadline_email.mime import Part, take_apart
from threadline_email.report_fields import (
    DIAGNOSTIC_MAX,
    REPORTS_MAX,
    delivery_fields,
    delivery_fields_in_text,
    disposition_fields,
    feedback_fields,
)
from threadline_email.returned import notice, returned_head, returned_parts, sent_id
from threadline_email.sns import sns_reports

_TEXT_MAX: Final = 64 * 1024
_INNER_MAX_BYTES: Final = 1024 * 1024
# Such notices also say what will happen when it is given up.
_DELAYED: Final = re.compile(
    r"not yet been delivered|(?:has|have|could) not been delivered (?:yet|after)|still (?:being )?(?:trying|queued)"
    r"|will (?:be retried|keep trying|continue to (?:try|be))|delivery attempts will continue|no action is required",
    re.IGNORECASE,
)
_PERHAPS_DELAYED: Final = re.compile(r"\bdelay|(?:this is a |^)warning\b", re.IGNORECASE | re.MULTILINE)
_GIVEN_UP: Final = re.compile(r"giv(?:en|ing) up|permanent|failed|returned|undeliverable", re.IGNORECASE)
_NO_FAILURE: Final = frozenset({"delivered", "relayed", "expanded"})


class _Reason(Struct, frozen=True):
    """What a text says of a failure: read once a text, however many recipients it is about."""

    stated: str
    translated: str
    diagnostic: str


def read_complaints(root: Part, text: str) -> list[DeliveryReport]:
    """Return what feedback reports and disposition notifications say; none when it is neither."""
    sent = sent_id(returned_head(root, text))
    return feedback_fields(root, sent) or disposition_fields(root, sent) or sns_reports(root.headers, text)


def read_bounce(root: Part, text: str) -> list[DeliveryReport]:
    """Return whom a bounce is about, and why; `text` is its readable part. Total; at least one, if only of its kind."""
    text = text[:_TEXT_MAX]
    returned = returned_head(root, text)
    sent = sent_id(returned)
    found = (
        delivery_fields(root, sent)
        or sns_reports(root.headers, text)
        or _wrapped(root)
        or delivery_fields_in_text(notice(text), sent)
        or _said(root.headers, text, returned)
    )
    complete = _completed(_once(found), root.headers, notice(text), returned)
    return complete or [DeliveryReport(kind="delivery", action="failed", message_id=sent)]


def _wrapped(root: Part) -> list[DeliveryReport]:
    """Return the reports of a report that a gateway sent on as an attachment of its own."""
    for part in returned_parts(root):
        inner = take_apart(part.content[:_INNER_MAX_BYTES]).root
        if inner.kind.value == "multipart/report":
            return delivery_fields(inner, sent_id(returned_head(inner, "")))
    return []


def _said(headers: Headers, text: str, returned: Headers) -> list[DeliveryReport]:
    """Return what a notice in plain words says; X-Failed-Recipients (Exim, Gmail) knows better who it is about."""
    told = notice(text)
    named = failed_recipients(told, headers, returned)[:REPORTS_MAX]
    values = [value.decode("utf-8", "replace") for value in headers.all("x-failed-recipients")]
    found = (match[0] for value in values for match in ADDRESS.finditer(value))
    listed = list(dict.fromkeys(islice(found, REPORTS_MAX)))
    if listed:
        words = {one.address.lower(): one.said for one in named}
        named = [Failed(address, words.get(address.lower(), told)) for address in listed]
    action = "delayed" if _is_delayed(f"{headers.text('subject')}\n{told}") else "failed"
    failed = action == "failed"
    reasons = {said: _reason(said, failed=failed) for said in {told, *(one.said for one in named)}}
    sent, alone = sent_id(returned), len(named) == 1
    return [_report(one, told, reasons, action, sent, alone=alone) for one in named]


def _reason(said: str, *, failed: bool) -> _Reason:
    diagnostic = " ".join(said.split())[:DIAGNOSTIC_MAX]
    return _Reason(stated_status(said), translated_status(said, failed=failed), diagnostic)


def _is_delayed(told: str) -> bool:
    if _DELAYED.search(told):
        return True
    return _PERHAPS_DELAYED.search(told) is not None and _GIVEN_UP.search(told) is None


def _report(
    one: Failed, told: str, reasons: Mapping[str, _Reason], action: str, message_id: str, *, alone: bool
) -> DeliveryReport:
    """Return a report; `alone`: the whole notice is about this recipient."""
    own, general = reasons[one.said], reasons[told]
    status = own.stated or (alone and general.stated) or own.translated or general.stated or general.translated
    return DeliveryReport(
        kind="delivery",
        action=action,
        recipient=normal_address(one.address),
        status=status,
        diagnostic=own.diagnostic,
        message_id=message_id,
    )


def _once(reports: Iterable[DeliveryReport]) -> list[DeliveryReport]:
    """Return the first report on each recipient."""
    first: dict[str, DeliveryReport] = {}
    for report in reports:
        if not report.recipient or is_address(report.recipient):
            first.setdefault(report.recipient.lower(), report)
    return list(first.values())[:REPORTS_MAX]


def _completed(
    reports: Sequence[DeliveryReport], headers: Headers, told: str, returned: Headers
) -> list[DeliveryReport]:
    """Return a single report with what the notice adds: the address that its fields garble, and the reason."""
    if len(reports) != 1 or reports[0].action in _NO_FAILURE:
        return list(reports)
    (one,) = reports
    named = [] if one.recipient else failed_recipients(told, headers, returned)
    status = one.status if is_telling(one.status) else best_status((stated_status(told), one.status))
    found = len(named) == 1 and is_address(named[0].address)
    recipient = normal_address(named[0].address) if found else one.recipient
    return [replace(one, recipient=recipient, status=status)]
