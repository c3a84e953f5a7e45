"""What a question offers to choose from: tickets to merge with, contacts to link; found by words or by nearness."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from threadline_console.pages.asks import Choice, merge_sentences
from threadline_console.pages.happenings import place_of
from threadline_console.pages.people import Person, lines
from threadline_console.pages.times import when
from threadline_console.pages.view import address_of, name_of
from threadline_console.pages.words import channel_word
from threadline_contracts.contact import Contact
from threadline_contracts.ticket import TicketHeader
from threadline_threads.reading import Conversation, Reader, TicketQuery

_OFFERED: Final = 8
_NEAR: Final = "Suggested, and of the same contact. Type to find others."


class Choosing:
    """Finds what may be meant."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def tickets(self, found: Conversation, q: str, now: datetime) -> tuple[list[Choice], str]:
        """Return conversations to merge one with, and a sentence about where they come from."""
        headers = await (self._found(q) if q else self._near(found))
        roots = {header.id: header for header in headers if header.id == header.root != found.ticket.id}
        choices = [_ticket(found, header, now) for header in list(roots.values())[:_OFFERED]]
        if q:
            return choices, "" if choices else "No other ticket matches."
        return choices, _NEAR if choices else "Type to find the ticket."

    async def contacts(self, of: Person, q: str) -> list[Choice]:
        """Return contacts that a contact may be, too."""
        found = await self._reader.contacts(q, limit=_OFFERED + 1)
        return [_contact(of, known) for known in found.items if str(known.id) != of.id][:_OFFERED]

    async def _found(self, q: str) -> Sequence[TicketHeader]:
        exact = await self._reader.conversation(q)
        page = await self._reader.tickets(TicketQuery(search=q, limit=_OFFERED + 1))
        return [*([exact.ticket] if exact else []), *(row.ticket for row in page.items)]

    async def _near(self, found: Conversation) -> Sequence[TicketHeader]:
        ends = [end for view in found.suggestions for end in (view.ticket, view.other)]
        near = list(await self._reader.headers([end.root for end in ends]))
        for identity in found.ticket.contact.identities:
            contact = await self._reader.contact_of(found.ticket.desk, identity.kind, identity.value)
            view = await self._reader.contact(contact) if contact else None
            if view:
                return [*near, *view.tickets]
        return near


def _ticket(found: Conversation, header: TicketHeader, now: datetime) -> Choice:
    place = place_of(header)
    there, here = merge_sentences(place_of(found.ticket), place)
    who, address = name_of(header.contact), address_of(header.contact)
    count = f"{header.message_count} message{'' if header.message_count == 1 else 's'}"
    return Choice(
        value=place.reference,
        title=place.subject,
        reference=place.reference,
        href=place.href,
        facts=(who, *((address,) if address not in {"", who} else ()), count),
        words=tuple(channel_word(channel) for channel in header.channels),
        status=header.status,
        updated=when(header.updated_at, now),
        there=there,
        here=here,
    )


def _contact(of: Person, known: Contact) -> Choice:
    (line,) = lines([known])
    return Choice(
        value=str(known.id),
        title=line.name,
        reference="",
        href=line.href,
        facts=tuple(value for _, value in line.names if value != line.name),
        words=(),
        status="",
        updated=None,
        there=f"{line.name} and {of.name} will be one contact; taking an identity away undoes it.",
    )
