"""Decisions and people in the API's words, pure."""

import msgspec

from threadline_console.api.say import message, ticket
from threadline_console.api.shapes_commands import Command
from threadline_console.api.shapes_decisions import Note, Severed, Suggestion, SuggestionList, TicketDetail
from threadline_console.api.shapes_people import Contact, ContactDetail, ContactLink, ContactList
from threadline_contracts import contact as contracts
from threadline_contracts.commands import Answer
from threadline_threads.reading import (
    CommandRecord,
    ContactLinkRecord,
    ContactPage,
    ContactView,
    Conversation,
    SuggestionPage,
    SuggestionView,
)
from threadline_threads.reading import Severed as StoredSevered

_asdict = msgspec.structs.asdict


def conversation(found: Conversation) -> TicketDetail:
    """Return a whole conversation."""
    return TicketDetail(
        **_asdict(ticket(found.ticket)),
        messages=tuple(message(placed) for placed in found.messages),
        merged=tuple(ticket(header) for header in found.merged),
        links=found.links,
        suggestions=tuple(suggestion(view) for view in found.suggestions),
        severed=tuple(_severed(one) for one in found.severed),
        history=tuple(command(record) for record in found.history),
        notes=tuple(
            Note(message=str(note.message), type=note.type, because=note.because, at=note.at) for note in found.notes
        ),
    )


def suggestion_list(page: SuggestionPage) -> SuggestionList:
    """Return a page of suggestions."""
    return SuggestionList(items=tuple(suggestion(view) for view in page.items), next=page.next)


def suggestion(view: SuggestionView) -> Suggestion:
    """Return one suggestion."""
    said = view.suggestion
    return Suggestion(
        id=str(said.id),
        score=said.score,
        reasons=said.reasons,
        status=said.status,
        at=said.at,
        by=said.by,
        ticket=ticket(view.ticket),
        other=ticket(view.other),
    )


def command(record: CommandRecord) -> Command:
    """Return a command and what became of it."""
    return Command(
        command_id=record.id,
        type=record.type,
        by=record.by,
        asked=msgspec.json.decode(record.asked or b"null"),
        answer=Answer(record.answer),
        because=record.because,
        tickets=tuple(map(str, record.tickets)),
        at=record.at,
    )


def contact_list(page: ContactPage) -> ContactList:
    """Return a page of contacts."""
    return ContactList(items=tuple(contact(one) for one in page.items), next=page.next)


def contact(known: contracts.Contact) -> Contact:
    """Return one contact."""
    return Contact(**{**_asdict(known), "id": str(known.id)})


def contact_detail(view: ContactView) -> ContactDetail:
    """Return a contact with its conversations and links."""
    return ContactDetail(
        **_asdict(contact(view.contact)),
        tickets=tuple(ticket(header) for header in view.tickets),
        links=tuple(_link(link) for link in view.links),
    )


def _severed(one: StoredSevered) -> Severed:
    return Severed(**{**_asdict(one), "one": str(one.one), "other": str(one.other)})


def _link(link: ContactLinkRecord) -> ContactLink:
    return ContactLink(
        one=link.one,
        other=link.other,
        by=link.by,
        because=link.because,
        at=link.at,
        message=str(link.message) if link.message else None,
        undone_by=link.undone_by,
        undone_because=link.undone_because,
        undone_at=link.undone_at,
    )
