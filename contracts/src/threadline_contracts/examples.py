"""One example per event type: read by people, and by the tests of anyone who writes a consumer."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts import examples_more
from threadline_contracts.arrival import Arrival, InputBuried, ReplayRequested
from threadline_contracts.codec import Event, make_event
from threadline_contracts.ids import file_blob_id, message_id, reference_of
from threadline_contracts.message import (
    Assurance,
    Attachment,
    Channel,
    Evidence,
    Identity,
    IdentityKind,
    InboundMessage,
    MessageReceived,
    Party,
)
from threadline_contracts.ticket import (
    Link,
    MessagePlaced,
    Placement,
    Rule,
    Status,
    TicketHeader,
    TicketMerged,
    TicketReopened,
    TicketUpdated,
)
from threadline_contracts.topology import EventType, is_command

_NOON: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
_LATER: Final = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
_DESK: Final = "main"
_MAILBOX: Final = "support@shop.example"
_TICKET: Final = UUID("9d3c1f52-7f0a-5b06-9a55-0d8a4d0f8a10")
_OTHER_TICKET: Final = UUID("1c7a90ce-3a52-5e87-8a55-5b1f6d2c4e31")
_RAW: Final = "main.pack.20261102-7k3m.4096.1833.0f1e2d3c4b5a6978"
_PICTURE: Final = sha256(b"the printer").hexdigest()

ANA: Final = Party(
    name="Ana Kovač",
    identities=(
        Identity(kind=IdentityKind.EMAIL, value="ana@customer.example", assurance=Assurance.VERIFIED, by="dmarc"),
    ),
)
_DESK_PARTY: Final = Party(
    identities=(Identity(kind=IdentityKind.EMAIL, value=_MAILBOX, assurance=Assurance.ASSERTED, by="to-header"),)
)


def example_events() -> dict[str, Event]:
    """Return one event per type, by type."""
    first, reply = _first_mail(), _reply()
    ticket = _ticket(revision=1, message_count=1)
    grown = _ticket(revision=2, message_count=2)
    link = Link(child=_OTHER_TICKET, parent=_TICKET, rule=Rule.REFERENCE, because="both cite the same mail", at=_LATER)
    child = replace(grown, id=_OTHER_TICKET, root=_TICKET, reference="0C7MVX93KD", message_count=1, links=(link,))
    arrival = Arrival(channel=Channel.EMAIL, account=_MAILBOX, received_at=_NOON, facts={"mail_from": "ana@x.example"})
    opened = Placement(rule=Rule.OPEN, because="nothing known claims it, so it opened this ticket")
    joined = Placement(
        rule=Rule.REFERENCE,
        because="it replies to a message of this ticket, and its sender takes part in it",
        evidence=(first.external_id,),
    )
    more = examples_more.events(grown, child, link, first, _LATER)
    return {
        event_type: _event(event_type, data, revision)
        for event_type, data, revision in (
            *more,
            (EventType.MESSAGE_RECEIVED, MessageReceived(message=first), 0),
            (EventType.INPUT_BURIED, InputBuried(arrival=arrival, raw=_RAW, reason="IndexError in addresses.py:41"), 0),
            (EventType.INPUT_REPLAY_REQUESTED, ReplayRequested(arrival=arrival, raw=_RAW), 0),
            (EventType.TICKET_OPENED, MessagePlaced(ticket=ticket, message=first, placement=opened), 1),
            (EventType.TICKET_MESSAGE_ADDED, MessagePlaced(ticket=grown, message=reply, placement=joined), 2),
            (EventType.TICKET_REOPENED, _reopened(grown, reply), 2),
            (
                EventType.TICKET_UPDATED,
                TicketUpdated(ticket=grown, changed=("status",), because="an agent solved it"),
                2,
            ),
            (EventType.TICKET_MERGED, TicketMerged(ticket=child, root=grown, link=link), 3),
        )
    }


def _event(event_type: EventType, data: Struct, revision: int) -> Event:
    about = _first_mail().id if event_type.startswith(("message.", "input.")) else _TICKET
    return make_event(event_type, data, about=about, revision=revision, source=_source_of(event_type), time=_LATER)


def _source_of(event_type: EventType) -> str:
    if is_command(event_type) and not event_type.startswith(("input.", "erasure.")):
        return "helpdesk"
    return (
        f"threadline/{event_type.split('.')[0]}"
        if event_type.startswith(("message.", "input.", "ticket."))
        else "threadline/threads"
    )


def _reopened(ticket: TicketHeader, message: InboundMessage) -> TicketReopened:
    return TicketReopened(ticket=ticket, message_id=message.id, because="the customer wrote again")


def _first_mail() -> InboundMessage:
    fingerprint = "printer-1@customer.example/5f1c2d"
    identity = message_id(_DESK, Channel.EMAIL, _MAILBOX, fingerprint)
    return InboundMessage(
        id=identity,
        reference=reference_of(identity),
        channel=Channel.EMAIL,
        account=_MAILBOX,
        external_id="printer-1@customer.example",
        fingerprint=fingerprint,
        sent_at=_NOON,
        received_at=_NOON,
        sender=ANA,
        recipients=(_DESK_PARTY,),
        subject="Broken printer",
        text="Hello, it is on fire.",
        full_text="Hello, it is on fire.\n\n-- \nAna",
        attachments=(
            Attachment(
                filename="printer.jpg",
                media_type="image/jpeg",
                size=183211,
                sha256=_PICTURE,
                blob=file_blob_id(_DESK, _PICTURE),
            ),
        ),
        raw=_RAW,
    )


def _reply() -> InboundMessage:
    fingerprint = "printer-2@customer.example/a81c07"
    identity = message_id(_DESK, Channel.EMAIL, _MAILBOX, fingerprint)
    first = _first_mail()
    return replace(
        first,
        id=identity,
        reference=reference_of(identity),
        external_id="printer-2@customer.example",
        fingerprint=fingerprint,
        sent_at=_LATER,
        received_at=_LATER,
        subject="Re: Broken printer",
        text="It is out now.",
        full_text="It is out now.\n\nOn Mon, Ana wrote:\n> Hello, it is on fire.",
        evidence=Evidence(in_reply_to=(first.external_id,), references=(first.external_id,)),
        attachments=(),
    )


def _ticket(*, revision: int, message_count: int) -> TicketHeader:
    return TicketHeader(
        id=_TICKET,
        root=_TICKET,
        reference=_first_mail().reference,
        desk=_DESK,
        revision=revision,
        status=Status.OPEN,
        subject="Broken printer",
        channels=(Channel.EMAIL,),
        accounts=(_MAILBOX,),
        message_count=message_count,
        contact=ANA,
        created_at=_NOON,
        updated_at=_LATER,
    )
