"""Our own ugly mails, one defect each: what the normaliser must make of it is in the JSON beside the mail."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from support.mail import message_of
from threadline_contracts.message import InboundMessage

FOLDER: Final = Path(__file__).parent / "email"
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.eml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_defect_is_mended_as_a_person_would(name: str) -> None:
    message = message_of((FOLDER / f"{name}.eml").read_bytes())
    for field, expected in json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")).items():
        assert said(message, field) == expected, field


def test_there_are_enough_defects() -> None:
    assert len(NAMES) >= 30


def said(message: InboundMessage, field: str) -> Any:
    """Return what a message says about a field of the expectation."""
    references = message.evidence.references
    match field:
        case "sender":
            identity = next(iter(message.sender.identities), None)
            return [message.sender.name, identity and identity.value, identity and identity.assurance.value]
        case "recipients":
            return [identity.value for party in message.recipients for identity in party.identities]
        case "in_reply_to" | "references":
            return list(getattr(message.evidence, field))
        case "references_count":
            return len(references)
        case "references_ends":
            return [references[0], references[-1]]
        case "attachments":
            return [[file.filename, file.media_type, file.size] for file in message.attachments]
        case "inline":
            return [file.filename for file in message.attachments if file.inline]
        case "automation":
            return message.automation.kind.value
        case "automation_evidence":
            return list(message.automation.evidence)
        case "problems":
            return [problem.code for problem in message.problems]
        case "sent_at":
            return message.sent_at.isoformat()
        case "external_id_is_hash":
            return message.external_id == f"sha256:{message.fingerprint}"
        case _:
            return getattr(message, field)
