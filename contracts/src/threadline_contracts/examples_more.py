"""Examples of what people decide about tickets and contacts, and of what follows."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.commands import (
    Answer,
    CommandAnswered,
    ContactEraseRequested,
    ContactLinkRequested,
    ContactUnlinkRequested,
    Decision,
    IdentityName,
    MergeRequested,
    RepublishRequested,
    SplitRequested,
    StatusRequested,
    SuggestionDecided,
    UnmergeRequested,
)
from threadline_contracts.contact import (
    Contact,
    ContactErased,
    ContactLinked,
    ContactUnlinked,
    ErasureRequested,
    KnownIdentity,
)
from threadline_contracts.message import Assurance, IdentityKind, InboundMessage
from threadline_contracts.security import SecuritySignal
from threadline_contracts.ticket import (
    Link,
    MergeSuggested,
    Status,
    Suggestion,
    SuggestionReason,
    SuggestionSettled,
    SuggestionStatus,
    TicketHeader,
    TicketUnmerged,
)
from threadline_contracts.topology import EventType

_AGENT: Final = "agent:iva"
_CONTACT: Final = UUID("5b0c8a43-0d8d-5a71-9f0e-61e0a3a8b7c1")
_OTHER_CONTACT: Final = UUID("d1a5a0be-5f5c-5c1c-8d8c-7d8a1f0b3e55")
_SUGGESTION: Final = UUID("0b8f3c66-8f8e-5c43-a6a5-8d1f4d2f9a77")
_COMMAND: Final = "4f4b7f0e-6c55-4a0e-9d39-0f6f3c1f8f11"

Example = tuple[EventType, Struct, int]


def events(
    root: TicketHeader, child: TicketHeader, link: Link, message: InboundMessage, at: datetime
) -> tuple[Example, ...]:
    """Return an example for each command, and for each event that answers one."""
    return (
        *_commands(root, child, message),
        *_requests(at),
        *_ticket_events(root, child, link, at),
        *_others(root, message, at),
    )


def _commands(root: TicketHeader, child: TicketHeader, message: InboundMessage) -> tuple[Example, ...]:
    phone = IdentityName(kind=IdentityKind.PHONE, value="+385 91 234 5678")
    return (
        (
            EventType.TICKET_MERGE_REQUESTED,
            MergeRequested(ticket=child.id, into=root.id, by=_AGENT, because="the same fire"),
            0,
        ),
        (
            EventType.TICKET_UNMERGE_REQUESTED,
            UnmergeRequested(ticket=child.id, by=_AGENT, because="two different printers"),
            0,
        ),
        (
            EventType.TICKET_SPLIT_REQUESTED,
            SplitRequested(message_id=message.id, by=_AGENT, because="asks about an invoice"),
            0,
        ),
        (EventType.TICKET_STATUS_REQUESTED, StatusRequested(ticket=root.id, status=Status.SOLVED, by=_AGENT), 0),
        (
            EventType.SUGGESTION_DECIDED,
            SuggestionDecided(suggestion=_SUGGESTION, decision=Decision.ACCEPT, by=_AGENT),
            0,
        ),
        (
            EventType.CONTACT_LINK_REQUESTED,
            ContactLinkRequested(contact=_CONTACT, other=_OTHER_CONTACT, by=_AGENT, because="said so on the phone"),
            0,
        ),
        (
            EventType.CONTACT_UNLINK_REQUESTED,
            ContactUnlinkRequested(contact=_CONTACT, identity=phone, by=_AGENT, because="her sister's number"),
            0,
        ),
        (
            EventType.CONTACT_ERASE_REQUESTED,
            ContactEraseRequested(contact=_CONTACT, by=_AGENT, because="asked to be forgotten"),
            0,
        ),
    )


def _requests(at: datetime) -> tuple[Example, ...]:
    ana = IdentityName(kind=IdentityKind.EMAIL, value="ana@customer.example")
    return (
        (EventType.REPUBLISH_REQUESTED, RepublishRequested(since=at, by=_AGENT, because="a new helpdesk"), 0),
        (
            EventType.ERASURE_REQUESTED,
            ErasureRequested(contact=_CONTACT, desk="main", identities=(ana,), before=at),
            0,
        ),
    )


def _ticket_events(root: TicketHeader, child: TicketHeader, link: Link, at: datetime) -> tuple[Example, ...]:
    reason = SuggestionReason(code="same_number", because="Both name order 4711.", score=0.71)
    suggestion = Suggestion(id=_SUGGESTION, ticket=child.id, other=root.id, score=0.71, reasons=(reason,), at=at)
    settled = replace(suggestion, status=SuggestionStatus.ACCEPTED, by=_AGENT, settled_at=at)
    alone = replace(child, root=child.id, links=(), revision=4)
    unmerged = TicketUnmerged(ticket=alone, root=root, link=link, by=_AGENT, because="two different printers")
    return (
        (EventType.TICKET_UNMERGED, unmerged, 4),
        (EventType.TICKET_MERGE_SUGGESTED, MergeSuggested(ticket=alone, other=root, suggestion=suggestion), 4),
        (EventType.TICKET_SUGGESTION_SETTLED, SuggestionSettled(ticket=child, suggestion=settled), 5),
    )


def _others(root: TicketHeader, message: InboundMessage, at: datetime) -> tuple[Example, ...]:
    refused = CommandAnswered(
        command_id=_COMMAND,
        command_type=EventType.TICKET_UNMERGE_REQUESTED,
        answer=Answer.REFUSED,
        because="The ticket is not merged into another one.",
        by=_AGENT,
        tickets=(root.id,),
    )
    return ((EventType.COMMAND_ANSWERED, refused, 0), *_contact_events(root, message, at), *_signals(root, message))


def _contact_events(root: TicketHeader, message: InboundMessage, at: datetime) -> tuple[Example, ...]:
    ana = _contact(_CONTACT, IdentityKind.EMAIL, "ana@customer.example", at)
    phone = _contact(_OTHER_CONTACT, IdentityKind.PHONE, "+385912345678", at)
    both = replace(ana, identities=ana.identities + phone.identities, revision=2)
    because = "Both were verified in one message."
    erased = ContactErased(
        contact=_CONTACT, desk=root.desk, messages=(message.id,), tickets=(root.id,), by=_AGENT, because="asked"
    )
    alone = replace(ana, revision=3)
    return (
        (
            EventType.CONTACT_LINKED,
            ContactLinked(contact=both, other=_OTHER_CONTACT, by="threads", because=because),
            2,
        ),
        (
            EventType.CONTACT_UNLINKED,
            ContactUnlinked(contact=alone, other=phone, by=_AGENT, because="her sister's number"),
            3,
        ),
        (EventType.CONTACT_ERASED, erased, 4),
    )


def _signals(root: TicketHeader, message: InboundMessage) -> tuple[Example, ...]:
    told = {
        EventType.SECURITY_FORGED_TOKEN: "Carries a reply token with a wrong signature.",
        EventType.SECURITY_STRANGER_ON_THREAD: "Came in by a token, but ana@customer.example takes no part there.",
        EventType.SECURITY_IDENTITY_CONFLICT: "Uses a Message-ID that somebody else used before.",
    }
    return tuple((event, _signal(root, message, because), 0) for event, because in told.items())


def _contact(identity: UUID, kind: str, value: str, at: datetime) -> Contact:
    known = KnownIdentity(kind=kind, value=value, assurance=Assurance.VERIFIED, by="dmarc", since=at)
    return Contact(id=identity, desk="main", name="Ana Kovač", revision=1, identities=(known,))


def _signal(ticket: TicketHeader, message: InboundMessage, because: str) -> SecuritySignal:
    return SecuritySignal(
        message_id=message.id,
        desk=ticket.desk,
        channel=message.channel,
        account=message.account,
        ticket=ticket.id,
        because=because,
        evidence=(message.external_id,),
    )
