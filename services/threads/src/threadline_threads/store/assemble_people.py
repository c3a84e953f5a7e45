"""What readers see of contacts, put together from rows: the same on both databases. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.contact import Contact
from threadline_threads.clerk.people import ContactRow, Owned, as_contact
from threadline_threads.keys import Key, hint_key
from threadline_threads.reading import ContactLinkRecord, ContactPage, ContactView
from threadline_threads.store.assemble import cursor
from threadline_threads.tickets import Ticket
from threadline_threads.words import words

CONTACT: Final = "contact"  # the kind of hint that leads to a person's messages
MOST_TICKETS: Final = 50  # of a contact
_LAST: Final = "\U0010ffff"  # sorts behind every word
_MOST_WORDS: Final = 8  # of a search


class Found(Struct, frozen=True):
    """A contact's row, among identities and links that may be others' too."""

    row: ContactRow
    owned: Sequence[Owned]
    links: Sequence[ContactLinkRecord]

    def mine(self) -> list[Owned]:
        """Return the identities of this contact."""
        return [one for one in self.owned if one.owner == self.row.id]

    def found_by(self) -> list[Key]:
        """Return the keys by which its messages are found."""
        return [contact_key(self.row.desk, one.identity) for one in self.mine()]

    def contact(self) -> Contact:
        """Return it as it is told."""
        return as_contact(self.row, self.mine(), self.links)


def contact_key(desk: str, identity: str) -> Key:
    """Return the key under which the messages of an identity are kept."""
    return hint_key(desk, CONTACT, identity)


def contact_view(one: Found, tickets: Iterable[Ticket], order: Sequence[UUID]) -> ContactView:
    """Return a contact with its conversations, in this order."""
    headers = {ticket.id: ticket.header() for ticket in tickets}
    links = sorted(one.links, key=lambda link: (link.at, link.one, link.other))
    return ContactView(contact=one.contact(), tickets=tuple(headers[root] for root in order), links=tuple(links))


def contact_page(found: Sequence[Found], limit: int) -> ContactPage:
    """Return a page of at most `limit`, from one contact more."""
    last = found[limit - 1].row if len(found) > limit else None
    items = tuple(one.contact() for one in found[:limit])
    return ContactPage(items=items, next=cursor(last.updated_at, last.id) if last else None)


def search_ranges(search: str) -> list[tuple[str, str]]:
    """Return between which words each word of a search lies with all that begin like it; the longest first."""
    asked = sorted(words(search), key=len, reverse=True)[:_MOST_WORDS]
    return [(word, word + _LAST) for word in asked]


def contact_words(row: ContactRow, owned: Iterable[Owned]) -> list[str]:
    """Return the words by which a contact is found."""
    return words(" ".join([row.name, *(one.value for one in owned), *(one.identity for one in owned)]))
