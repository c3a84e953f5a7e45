"""Builders of what every test talks about: `a_message()` and `an_arrival()`; name only what the test is about."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, TypedDict, Unpack
from uuid import UUID

from msgspec.structs import replace

from threadline_contracts.arrival import Arrival
from threadline_contracts.ids import file_blob_id, message_id, reference_of
from threadline_contracts.message import (
    Assurance,
    Attachment,
    Automation,
    BlobId,
    BodyRef,
    Direction,
    Evidence,
    Identity,
    IdentityKind,
    InboundMessage,
    Party,
    Problem,
)

NOON: Final = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


class MessageFields(TypedDict, total=False):
    """Every field of InboundMessage that a test may choose."""

    id: UUID
    version: int
    reference: str
    desk: str
    channel: str
    account: str
    external_id: str
    fingerprint: str
    conversation: str
    direction: Direction
    sent_at: datetime
    received_at: datetime
    sender: Party
    recipients: tuple[Party, ...]
    subject: str
    text: str
    text_ref: BodyRef | None
    full_text: str
    full_text_ref: BodyRef | None
    html: str
    html_ref: BodyRef | None
    evidence: Evidence
    attachments: tuple[Attachment, ...]
    automation: Automation
    problems: tuple[Problem, ...]
    raw: BlobId | None


class ArrivalFields(TypedDict, total=False):
    """Every field of Arrival that a test may choose."""

    desk: str
    channel: str
    account: str
    received_at: datetime
    facts: dict[str, str]
    files: tuple[Attachment, ...]


def a_message(name: str = "m1", **fields: Unpack[MessageFields]) -> InboundMessage:
    """Return an e-mail from Ada to support@localhost; another `name` is another message (another id)."""
    desk, channel = fields.get("desk", "main"), fields.get("channel", "email")
    account, fingerprint = fields.get("account", "support@localhost"), fields.get("fingerprint", f"fingerprint {name}")
    known = fields.get("id") or message_id(desk, channel, account, fingerprint)
    plain = InboundMessage(
        id=known,
        reference=reference_of(known),
        channel=channel,
        account=account,
        external_id=f"{name}@example.org",
        fingerprint=fingerprint,
        sent_at=NOON,
        received_at=NOON,
        sender=a_person("ada@example.org", name="Ada"),
        recipients=(a_person("support@localhost"),),
        subject=f"The printer {name}",
        text=f"It burns again ({name}).",
    )
    return replace(plain, **fields)


def a_person(
    value: str = "ada@example.org",
    *,
    name: str = "",
    kind: IdentityKind = IdentityKind.EMAIL,
    assurance: Assurance = Assurance.ASSERTED,
    by: str = "from-header",
) -> Party:
    """Return a party known by one identity."""
    return Party(name=name, identities=(Identity(kind=kind, value=value, assurance=assurance, by=by),))


def an_arrival(**fields: Unpack[ArrivalFields]) -> Arrival:
    """Return where and when that e-mail came in: by SMTP, at noon."""
    facts = {"mail_from": "ada@example.org", "peer": "192.0.2.7"}
    return replace(Arrival(channel="email", account="support@localhost", received_at=NOON, facts=facts), **fields)


def an_attachment(content: bytes, *, filename: str = "photo.jpg", media_type: str = "image/jpeg") -> Attachment:
    """Return the description of a file of desk `main` with this content."""
    digest = sha256(content).hexdigest()
    blob = file_blob_id("main", digest)
    return Attachment(filename=filename, media_type=media_type, size=len(content), sha256=digest, blob=blob)
