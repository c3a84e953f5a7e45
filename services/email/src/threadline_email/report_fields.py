"""The machine-readable part of a report: delivery (RFC 3464), feedback (RFC 5965), disposition (RFC 8098)."""

import re
from collections.abc import Iterator
from typing import Final

from threadline_contracts.message import DeliveryReport
from threadline_email.addresses import is_address, normal_address
from threadline_email.delivery_status import best_status, stated_status, translated_status
from threadline_email.headers import Headers, read_head
from threadline_email.mime import Part, leaves

REPORTS_MAX: Final = 50  # of one mail
DIAGNOSTIC_MAX: Final = 1000
GROUPS_MAX: Final = 200
_DELIVERY: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FEEDBACK: Final = frozenset({"message/feedback-report"})
_DISPOSITION: Final = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_BLANK_LINES: Final = re.compile(rb"\n(?:[ \t]*\r*\n)+")
_RECIPIENT: Final = re.compile(rb"^(?:Original|Final)-Recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ACTIONS: Final = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def delivery_fields(root: Part, message_id: str) -> list[DeliveryReport]:
    """Return what the delivery-status parts say of each recipient."""
    groups = (group for part in _parts(root, _DELIVERY) for group in _groups(part.content))
    return [found for group in groups if (found := _delivery(group, message_id))][:REPORTS_MAX]


def delivery_fields_in_text(text: str, message_id: str) -> list[DeliveryReport]:
    """Return the same out of a text: the structure of the mail was broken, or a relay pasted its parts together."""
    if "-recipient:" not in text.lower():
        return []
    groups = _groups(text.encode("utf-8", "replace"))
    return [found for group in groups if (found := _delivery(group, message_id))][:REPORTS_MAX]


def feedback_fields(root: Part, message_id: str) -> list[DeliveryReport]:
    """Return a complaint, once for each recipient it names."""
    part = next(_parts(root, _FEEDBACK), None)
    if part is None:
        return []
    fields = read_head(part.content.lstrip() + b"\n\n")[0]
    stated = (_address(value.decode("utf-8", "replace")) for value in fields.all("original-rcpt-to"))
    named = [address for address in stated if address]
    said = "; ".join(f"{name}: {fields.text(name)}" for name in ("user-agent", "source-ip") if name in fields)
    action = _word(fields.text("feedback-type"), "other")
    return [
        DeliveryReport(
            kind="feedback", action=action, recipient=who, diagnostic=said[:DIAGNOSTIC_MAX], message_id=message_id
        )
        for who in named[:REPORTS_MAX] or [""]
    ]


def disposition_fields(root: Part, message_id: str) -> list[DeliveryReport]:
    """Return what became of a mail at its reader's: displayed, deleted ..."""
    part = next(_parts(root, _DISPOSITION), None)
    if part is None:
        return []
    fields = read_head(part.content.lstrip() + b"\n\n")[0]
    stated = fields.text("disposition")
    original = fields.text("original-message-id").strip("<> ")
    return [
        DeliveryReport(
            kind="disposition",
            action=_word(stated.rpartition(";")[2].partition("/")[0], "other"),
            recipient=_address(fields.text("original-recipient")) or _address(fields.text("final-recipient")),
            diagnostic=stated[:DIAGNOSTIC_MAX],
            message_id=original[:512] or message_id,
        )
    ]


def _parts(root: Part, types: frozenset[str]) -> Iterator[Part]:
    yield from (part for part in leaves(root) if part.kind.value in types)


def _groups(content: bytes) -> Iterator[Headers]:
    """Yield the field groups of a delivery report: one about the message, then one a recipient."""
    for group in _BLANK_LINES.split(content, GROUPS_MAX)[:GROUPS_MAX]:
        starts = [found.start() for found in _RECIPIENT.finditer(group)][: 2 * REPORTS_MAX]
        if len(starts) < 2:  # noqa: PLR2004 - as it should be
            yield read_head(group.lstrip() + b"\n\n")[0]
        else:
            yield from _without_blank_lines(group, starts)


def _without_blank_lines(group: bytes, starts: list[int]) -> Iterator[Headers]:
    """Yield the groups of recipients that nothing separates: a field that was there already begins the next one."""
    lines: list[bytes] = []
    for start, end in zip(starts, [*starts[1:], len(group)], strict=True):
        stretch = group[start:end]
        if any(stretch[:15].lower() == line[:15].lower() for line in lines):
            yield read_head(b"".join(lines) + b"\n")[0]
            lines = []
        lines.append(stretch)
    yield read_head(b"".join(lines) + b"\n")[0]


def _delivery(group: Headers, message_id: str) -> DeliveryReport | None:
    # The original one is as the sender wrote it; the last is Sendmail's, of a local user.
    names = ("original-recipient", "final-recipient", "x-actual-recipient")
    recipient = next((found for name in names if (found := _address(group.text(name)))), "")
    if not recipient and "final-recipient" not in group:
        return None
    said = group.text("diagnostic-code") or group.text("x-supplementary-info")
    action = group.text("action").lower().split()[:1]
    known = action[0].strip(";,") if action else ""
    # The diagnostic quotes the remote server; Status is the summary of the reporting one, often 5.0.0 or "expired".
    stated = group.text("status")
    status = best_status((stated_status(said), stated_status(stated))) if known not in {"delivered", "relayed"} else ""
    return DeliveryReport(
        kind="delivery",
        action=known if known in _ACTIONS else "delayed" if stated.startswith("4") else "failed",
        recipient=recipient,
        status=status or _plain_code(stated) or translated_status(said),
        diagnostic=said.partition(";")[2].strip()[:DIAGNOSTIC_MAX] or said[:DIAGNOSTIC_MAX],
        message_id=message_id,
    )


def _plain_code(stated: str) -> str:
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}(?!\d)", stated.strip(), re.ASCII)
    return found[0] if found else ""


def _address(value: str) -> str:
    """Return the address of `rfc822; <bob@example.org>`, or nothing."""
    bare = value.rpartition(";")[2].strip(" <>\"'()")
    return normal_address(bare) if is_address(bare) else ""


def _word(text: str, other: str) -> str:
    word = text.strip().lower()
    return word if _NAME.fullmatch(word) else other
