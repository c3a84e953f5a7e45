"""One inbound message, the same shape from every channel. Unknown fields pass; published shapes only grow."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,31}$", description="a short lower-case name")]
Reference = Annotated[str, Meta(pattern="^[0-9A-HJKMNP-TV-Z]{10}$", description="10 Crockford base-32 characters")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, lower-case hexadecimal")]
BlobId = Annotated[str, Meta(pattern="^[a-z0-9_-]+([.][a-z0-9_-]+)+$", description="GET /api/v1/blobs/{id}")]
Bytes = Annotated[int, Meta(ge=0, description="a size in bytes")]

DEFAULT_DESK = "main"


class Channel(StrEnum):
    """The channels there are. On the wire the field is an open string: a consumer meets new ones."""

    EMAIL = "email"
    FORM = "form"
    CHAT = "chat"
    TELEGRAM = "telegram"
    VOICE = "voice"


class Direction(StrEnum):
    """Inbound: the customer speaks. Outbound: the desk does."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Assurance(StrEnum):
    """How far an identity is proved: by the channel, plausible but forgeable, or merely typed."""

    VERIFIED = "verified"
    ASSERTED = "asserted"
    CLAIMED = "claimed"


class IdentityKind(StrEnum):
    """What an identity's value is. Open on the wire, as Channel is."""

    EMAIL = "email"
    PHONE = "phone"
    TELEGRAM = "telegram"
    VISITOR = "visitor"
    EXTERNAL = "external"


class Identity(Struct, frozen=True, kw_only=True):
    """One way to know a person, with how far it is proved and `by` what (`dmarc`, `from-header`, `typed` ...)."""

    kind: Name
    value: Annotated[str, Meta(min_length=1, max_length=512)]
    assurance: Assurance
    by: str = ""


class Party(Struct, frozen=True, kw_only=True):
    """A sender or recipient: a display name (untrusted) and identities, best proved first."""

    name: str = ""
    identities: tuple[Identity, ...] = ()


class Evidence(Struct, frozen=True, kw_only=True):
    """What a message says about the conversation it belongs to; never trusted before it is checked.

    `tokens` are token-shaped strings in the order of trust (plus-address, In-Reply-To, References from the right,
    subject tag); `references` as in the header, oldest first; ids without angle brackets. `thread_index` is what
    all mails of an Outlook conversation share, and whoever saw one can copy: 22 bytes of Thread-Index, hexadecimal.
    """

    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    thread_index: str = ""


class Attachment(Struct, frozen=True, kw_only=True):
    """A file of a message: its bytes are the blob, its name is safe to show and to save."""

    filename: str
    media_type: str
    size: Bytes
    sha256: Sha256
    blob: BlobId
    content_id: str = ""
    inline: bool = False


class BodyRef(Struct, frozen=True, kw_only=True):
    """A body too large for its event: UTF-8 text in the blob store."""

    blob: BlobId
    size: Bytes


class AutomationKind(StrEnum):
    """Who wrote: a person (none), an auto-responder, a mail system, a mailing, or we ourselves. Open on the wire.

    `loop`: it looks like a person's, and there are more of them than people write.
    """

    NONE = "none"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    BULK = "bulk"
    OWN = "own"
    LOOP = "loop"


class Automation(Struct, frozen=True, kw_only=True):
    """The classification of a message as automatic, with its evidence (`Auto-Submitted: auto-replied`)."""

    kind: Name = AutomationKind.NONE
    evidence: tuple[str, ...] = ()


class DeliveryReport(Struct, frozen=True, kw_only=True):
    """What became of something that was sent to one recipient, as another system tells it. Anybody can forge one.

    `kind` and `action`: `delivery` (failed, delayed, delivered, relayed, expanded; RFC 3464), `feedback` (abuse, fraud,
    virus, not-spam, other ...; RFC 5965) or `disposition` (displayed, deleted ...; RFC 8098). `status` is an enhanced
    code (RFC 3463), translated where only an SMTP reply or words are given; `message_id`, without angle brackets, is
    that of what was sent.
    """

    kind: Name
    action: Name
    recipient: Annotated[str, Meta(max_length=512)] = ""
    status: Annotated[str, Meta(pattern="^([245][.][0-9]{1,3}[.][0-9]{1,3})?$")] = ""
    diagnostic: str = ""
    message_id: str = ""


class CallEnd(Struct, frozen=True, kw_only=True):
    """One end of a call, as the exchange shows it: a number or extension, and a name. Both empty: withheld."""

    number: str = ""
    name: str = ""


class Call(Struct, frozen=True, kw_only=True):
    """A telephone call: `direction` `in`, `out` or `internal`, `outcome` `voicemail` ...; both open on the wire."""

    direction: Name
    outcome: Name
    caller: CallEnd = CallEnd()
    called: CallEnd = CallEnd()
    started_at: Moment | None = None
    duration_seconds: Annotated[int, Meta(ge=0)] | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """Something guessed, cut or broken: a stable `code` (`charset_guessed`) and a detail for people."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$")]
    detail: str = ""


class InboundMessage(Struct, frozen=True, kw_only=True):
    """A message as every channel says it.

    `text` is the visible reply, plain; `full_text` everything; `html` sanitised. A body that would make the event
    too large is in its `*_ref` blob, and the field then holds its beginning (`html` stays empty).
    `fingerprint` is the channel's frozen external identity without the account: two messages of a desk's channel
    that share it are twins (the same mail at two departments). `backfill`: it was imported from an archive, and came
    long ago: nobody is to be notified or answered because of it.
    """

    id: UUID
    version: Annotated[int, Meta(ge=0)] = 0
    reference: Reference
    desk: Name = DEFAULT_DESK
    channel: Name
    account: str
    external_id: str = ""
    fingerprint: Annotated[str, Meta(min_length=1)]
    conversation: str = ""
    direction: Direction = Direction.INBOUND
    sent_at: Moment
    received_at: Moment
    sender: Party
    recipients: tuple[Party, ...] = ()
    subject: str = ""
    text: str = ""
    text_ref: BodyRef | None = None
    full_text: str = ""
    full_text_ref: BodyRef | None = None
    html: str = ""
    html_ref: BodyRef | None = None
    evidence: Evidence = Evidence()
    attachments: tuple[Attachment, ...] = ()
    automation: Automation = Automation()
    delivery_reports: tuple[DeliveryReport, ...] = ()
    call: Call | None = None
    problems: tuple[Problem, ...] = ()
    backfill: bool = False
    raw: BlobId | None = None


class MessageReceived(Struct, frozen=True, kw_only=True):
    """`message.received.v1`: a channel took a message in."""

    message: InboundMessage
