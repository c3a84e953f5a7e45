"""What the API answers about contacts: published shapes that only grow."""

from msgspec import Struct

from threadline_console.api.shapes import Id, Ticket
from threadline_contracts.contact import KnownIdentity
from threadline_contracts.message import Moment, Name


class Contact(Struct, frozen=True, kw_only=True):
    """A person within a desk: a display name (untrusted) and every identity that is theirs."""

    id: Id
    desk: Name
    name: str
    revision: int
    identities: tuple[KnownIdentity, ...]


class ContactList(Struct, frozen=True, kw_only=True):
    """A page of contacts, last changed first; give `next` back as `cursor` to go on."""

    items: tuple[Contact, ...]
    next: str | None


class ContactLink(Struct, frozen=True, kw_only=True):
    """Why two identities (`email:ana@example.com`) are one person's, and whether somebody undid that."""

    one: str
    other: str
    by: str
    because: str
    at: Moment
    message: Id | None
    undone_by: str
    undone_because: str
    undone_at: Moment | None


class ContactDetail(Contact, frozen=True, kw_only=True):
    """A contact with its newest conversations, and every link of its identities, undone ones too."""

    tickets: tuple[Ticket, ...]
    links: tuple[ContactLink, ...]
