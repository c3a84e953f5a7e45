"""Contacts in SQLite: read whole, with their identities and links."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from threadline_contracts.message import Assurance
from threadline_shared.sqlite import Connection
from threadline_threads.clerk.people import ContactRow, Owned
from threadline_threads.reading import ContactLinkRecord
from threadline_threads.store.sqlite_in import select_in
from threadline_threads.store.sqlite_load import moment

CONTACT_COLUMNS: Final = "id, desk, name, revision, created_at, updated_at, erased_at, part_of"
_OWNED: Final = "SELECT identity, owner, kind, value, assurance, by, since, message FROM identity"
_LINKS: Final = """
    SELECT one, other, by, because, at, message, coalesce(undone_by, ''), coalesce(undone_because, ''), undone_at,
        contested
    FROM contact_link
"""


def contacts(connection: Connection, ids: Iterable[UUID]) -> list[ContactRow]:
    """Return contacts, by id."""
    select = f"SELECT {CONTACT_COLUMNS} FROM contact"  # noqa: S608 - our own column names
    return [contact_of(row) for row in select_in(connection, select, "id", [one.bytes for one in ids])]


def identities(connection: Connection, desk: str, names: Sequence[str]) -> list[Owned]:
    """Return identities of a desk, by their comparable forms."""
    return [_owned(row) for row in select_in(connection, _OWNED, "desk = ? AND identity", names, desk)]


def owned(connection: Connection, contacts: Iterable[UUID]) -> list[Owned]:
    """Return every identity of some contacts."""
    return [_owned(row) for row in select_in(connection, _OWNED, "owner", [one.bytes for one in contacts])]


def links(connection: Connection, desk: str, names: Sequence[str]) -> list[ContactLinkRecord]:
    """Return the links, undone ones too, that have one of these identities at an end."""
    ends = [*select_in(connection, _LINKS, "desk = ? AND one", names, desk)]
    return [_link(row) for row in {*ends, *select_in(connection, _LINKS, "desk = ? AND other", names, desk)}]


def contact_of(row: Sequence[Any]) -> ContactRow:
    """Return a contact of its columns."""
    id_, desk, name, revision, created_at, updated_at, erased_at, part_of = row
    erased = moment(erased_at) if erased_at is not None else None
    into = UUID(bytes=part_of) if part_of else None
    return ContactRow(UUID(bytes=id_), desk, name, revision, moment(created_at), moment(updated_at), erased, into)


def _owned(row: Sequence[Any]) -> Owned:
    identity, owner, kind, value, assurance, by, since, message = row
    proved_by = UUID(bytes=message) if message else None
    return Owned(identity, UUID(bytes=owner), kind, value, Assurance(assurance), by, moment(since), proved_by)


def _link(row: Sequence[Any]) -> ContactLinkRecord:
    one, other, by, because, at, message, undone_by, undone_because, undone_at, contested = row
    return ContactLinkRecord(
        one=one,
        other=other,
        by=by,
        because=because,
        at=moment(at),
        message=UUID(bytes=message) if message else None,
        undone_by=undone_by,
        undone_because=undone_because,
        undone_at=moment(undone_at) if undone_at is not None else None,
        contested=UUID(bytes=contested) if contested else None,
    )
