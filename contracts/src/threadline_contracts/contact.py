"""People as threads knows them: contacts with their identities, how each was proved, and what is told of them."""

from uuid import UUID

from msgspec import Struct

from threadline_contracts.commands import IdentityName
from threadline_contracts.message import Assurance, Moment, Name


class KnownIdentity(Struct, frozen=True, kw_only=True):
    """An identity of a contact: the best assurance it was ever shown with, `by` what, and since when it is known.

    `linked_by` says why it belongs to this contact: empty for the first one, else the rule or the person.
    """

    kind: Name
    value: str
    assurance: Assurance
    by: str = ""
    since: Moment
    linked_by: str = ""
    because: str = ""


class Contact(Struct, frozen=True, kw_only=True):
    """A person within a desk: a display name (untrusted) and every identity that is theirs."""

    id: UUID
    desk: Name
    name: str = ""
    revision: int
    identities: tuple[KnownIdentity, ...]


class ContactLinked(Struct, frozen=True, kw_only=True):
    """`contact.linked.v1`: `contact` now has the identities of `other` too; `other` is no contact any more."""

    contact: Contact
    other: UUID
    by: str
    because: str


class ContactUnlinked(Struct, frozen=True, kw_only=True):
    """`contact.unlinked.v1`: some identities of `contact` are the person `other` (again)."""

    contact: Contact
    other: Contact
    by: str
    because: str


class ContactErased(Struct, frozen=True, kw_only=True):
    """`contact.erased.v1`: forget these messages' texts, files and people; ids and counts stay."""

    contact: UUID
    desk: Name
    messages: tuple[UUID, ...]
    tickets: tuple[UUID, ...]
    by: str
    because: str


class ErasureRequested(Struct, frozen=True, kw_only=True):
    """`erasure.requested.v1`: threads asks each of our own spools and the dead letters to forget a person, too.

    Goes what they hold of the `identities` (in their comparable form) and received before that moment. It is for our
    services alone, which acknowledge it away; consumers hear `contact.erased.v1`.
    """

    contact: UUID
    desk: Name
    identities: tuple[IdentityName, ...]
    before: Moment
