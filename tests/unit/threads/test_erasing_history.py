"""The history keeps that something happened, not to whom."""

from uuid import UUID

import msgspec
from msgspec.structs import replace

from support.erasing import QUIXA, by_bob, from_quixa, marked
from support.threads_shelf import Shelf
from threadline_contracts.codec import decode, encode, make_event
from threadline_contracts.contact import Contact, ContactLinked, KnownIdentity
from threadline_contracts.message import Assurance, Automation, AutomationKind, DeliveryReport, InboundMessage
from threadline_contracts.ticket import MessagePlaced, Placement, TicketHeader
from threadline_contracts.topology import EventType
from threadline_threads.erasing.history import Concerned, Redactor
from threadline_threads.erasing.scrubbing import Scrubber

SCRUBBER = Scrubber(["email:quixa.marker@geheim.example", "phone:+385912345678"], ["Quixa Kovac", "q1@geheim.example"])
WHY = Placement(rule="reference", because="Replies to <q1@geheim.example>.", evidence=("q1@geheim.example",))


def header_of(message: InboundMessage) -> TicketHeader:
    shelf = Shelf()
    shelf.place([message])
    return next(iter(shelf.tickets.values())).header()


def placed(message: InboundMessage, ticket: TicketHeader) -> bytes:
    said = MessagePlaced(ticket=ticket, message=message, placement=WHY)
    return encode(
        make_event(EventType.TICKET_MESSAGE_ADDED, said, about=ticket.id, revision=1, source="t", time=message.sent_at)
    )


def test_a_message_of_theirs_becomes_its_tombstone() -> None:
    message = from_quixa("q1")
    ticket = replace(header_of(message), subject="Secretsubject", contact=QUIXA)
    concerned = Concerned(erased=(message.id,), headless=(ticket.id,), near=(ticket.id,))
    new = Redactor(concerned, SCRUBBER).event(placed(message, ticket))
    assert new is not None
    assert marked(new) == []
    before, after = decode(placed(message, ticket)), decode(new)
    assert (before.id, before.type, before.time) == (after.id, after.type, after.time)
    told = msgspec.json.decode(after.data, type=MessagePlaced)
    assert (told.message.id, told.ticket.revision) == (message.id, ticket.revision)
    assert Redactor(concerned, SCRUBBER).event(new) is None


def test_somebody_else_s_message_keeps_its_words() -> None:
    message = by_bob("b1", cites="q1")
    ticket = header_of(message)
    new = Redactor(Concerned(near=(ticket.id,)), SCRUBBER).event(placed(message, ticket))
    assert new is not None
    assert marked(new) == []
    told = msgspec.json.decode(decode(new).data, type=MessagePlaced)
    assert told.message.text == "I spoke to erased."
    assert told.ticket.contact == ticket.contact


def test_a_bounce_is_told_without_whom_it_is_about() -> None:
    report = DeliveryReport(kind="delivery", action="failed", recipient="Quixa.Marker@geheim.example", status="5.1.1")
    automation = Automation(kind=AutomationKind.BOUNCE, evidence=("failed Quixa.Marker@geheim.example",))
    message = replace(by_bob("b1"), delivery_reports=(report,), automation=automation)
    ticket = header_of(message)
    new = Redactor(Concerned(near=(ticket.id,)), SCRUBBER).event(placed(message, ticket))
    assert new is not None
    assert marked(new) == []
    assert msgspec.json.decode(decode(new).data, type=MessagePlaced).message.delivery_reports[0].status == "5.1.1"


def test_a_contact_is_told_without_name_and_identities() -> None:
    known = KnownIdentity(
        kind="email", value="Quixa.Marker@geheim.example", assurance=Assurance.VERIFIED, since=from_quixa("q").sent_at
    )
    contact = Contact(id=UUID(int=3), desk="main", name="Quixa Kovac", revision=2, identities=(known,))
    data = ContactLinked(contact=contact, other=UUID(int=4), by="threads", because="Quixa Kovac proved both.")
    body = encode(
        make_event(EventType.CONTACT_LINKED, data, about=contact.id, revision=2, source="t", time=known.since)
    )
    new = Redactor(Concerned(contacts=(contact.id,)), SCRUBBER).event(body)
    assert new is not None
    assert marked(new) == []


def test_what_does_not_concern_them_is_not_touched() -> None:
    message = by_bob("b1")
    assert Redactor(Concerned(near=(UUID(int=9),)), SCRUBBER).event(placed(message, header_of(message))) is None
