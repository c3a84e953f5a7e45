"""Our own ugly mails, one defect each: what the normaliser must make of it is in the JSON beside the mail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from support.mail import message_of
from threadline_contracts.message import Call, InboundMessage

FOLDER: Final = Path(__file__).parent / "email"
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.eml"))

SAID: Final[dict[str, Callable[[InboundMessage], Any]]] = {
    "subject": lambda m: m.subject,
    "text": lambda m: m.text,
    "full_text": lambda m: m.full_text,
    "html": lambda m: m.html,
    "external_id": lambda m: m.external_id,
    "external_id_is_hash": lambda m: m.external_id == f"sha256:{m.fingerprint}",
    "sender": lambda m: [m.sender.name, *([i.value, i.assurance.value] for i in m.sender.identities)],
    "recipients": lambda m: [i.value for party in m.recipients for i in party.identities],
    "sent_at": lambda m: m.sent_at.isoformat(),
    "in_reply_to": lambda m: list(m.evidence.in_reply_to),
    "references": lambda m: list(m.evidence.references),
    "references_count": lambda m: len(m.evidence.references),
    "references_ends": lambda m: [m.evidence.references[0], m.evidence.references[-1]],
    "attachments": lambda m: [[file.filename, file.media_type, file.size] for file in m.attachments],
    "inline": lambda m: [file.filename for file in m.attachments if file.inline],
    "automation": lambda m: str(m.automation.kind),
    "automation_evidence": lambda m: list(m.automation.evidence),
    "delivery_reports": lambda m: [[r.kind, r.action, r.recipient, r.status, r.message_id] for r in m.delivery_reports],
    "call": lambda m: _call(m.call),
    "problems": lambda m: [problem.code for problem in m.problems],
}


def _call(call: Call | None) -> list[Any]:
    assert call is not None
    return [call.outcome, call.caller.number, call.caller.name, call.called.number, call.duration_seconds]


@pytest.mark.parametrize("name", NAMES)
def test_a_defect_is_mended_as_a_person_would(name: str) -> None:
    message = message_of((FOLDER / f"{name}.eml").read_bytes())
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert {field: SAID[field](message) for field in expected} == expected


def test_there_are_enough_defects() -> None:
    assert len(NAMES) >= 60
