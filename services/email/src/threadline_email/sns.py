"""Amazon SES reports that come by mail through SNS: one JSON object as text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from threadline_contracts.message import DeliveryReport
from threadline_email.addresses import is_address, normal_address
from threadline_email.delivery_status import best_status, stated_status, translated_status
from threadline_email.headers import Headers
from threadline_email.report_fields import DIAGNOSTIC_MAX, REPORTS_MAX
from threadline_shared.text import clean

_TEXT_MAX: Final = 256 * 1024
_FIELD: Final = "x-amz-sns-message-id"


def sns_reports(headers: Headers, text: str) -> list[DeliveryReport]:
    """Return the bounces or complaints of an SNS notification; none when it is none."""
    if _FIELD not in headers or not text.lstrip().startswith("{"):
        return []
    # Sendmail breaks lines of more than 990 characters by an exclamation mark.
    told = _object(text.lstrip()[:_TEXT_MAX].replace("!\n ", ""))
    if envelope := _text(told, "Message"):  # SNS puts it into one of its own, unless told not to
        told = _object(envelope)
    mail = _table(told, "mail")
    message_id = _sent_id(mail)
    bounced = _tables(_table(told, "bounce"), "bouncedRecipients")
    complained = _tables(_table(told, "complaint"), "complainedRecipients")
    return [
        *(report for one in bounced if (report := _bounce(one, message_id))),
        *(report for one in complained if (report := _complaint(one, _table(told, "complaint"), message_id))),
    ][:REPORTS_MAX]


def _object(text: str) -> Mapping[str, Any]:
    try:
        told, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _bounce(one: Mapping[str, Any], message_id: str) -> DeliveryReport | None:
    address, said = _text(one, "emailAddress"), _text(one, "diagnosticCode")
    if not is_address(address):
        return None
    return DeliveryReport(
        kind="delivery",
        action="delayed" if _text(one, "action") == "delayed" else "failed",
        recipient=normal_address(address),
        status=best_status((stated_status(said), stated_status(_text(one, "status")))) or translated_status(said),
        diagnostic=said[:DIAGNOSTIC_MAX],
        message_id=message_id,
    )


def _complaint(one: Mapping[str, Any], about: Mapping[str, Any], message_id: str) -> DeliveryReport | None:
    address, kind = _text(one, "emailAddress"), _text(about, "complaintFeedbackType")
    known = {"abuse", "auth-failure", "fraud", "not-spam", "other", "virus"}
    if not is_address(address):
        return None
    action = kind if kind in known else "abuse"
    return DeliveryReport(kind="feedback", action=action, recipient=normal_address(address), message_id=message_id)


def _sent_id(mail: Mapping[str, Any]) -> str:
    """Return the Message-ID that we gave; SES's own one only when it tells no other."""
    ids = (_text(one, "value") for one in _tables(mail, "headers") if _text(one, "name").lower() == "message-id")
    common = _table(mail, "commonHeaders")
    return (next(ids, "") or _text(common, "messageId") or _text(mail, "messageId")).strip("<> ")[:512]


def _table(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _tables(value: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    found = value.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return clean(found) if isinstance(found, str) else ""
