"""Contacts in PostgreSQL: read whole, with their identities and links."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from threadline_contracts.message import Assurance
from threadline_threads.clerk.people import ContactRow, Owned
from threadline_threads.reading import ContactLinkRecord
from threadline_threads.store.postgres_load import Connection

CONTACT_COLUMNS: Final = "id, desk, name, revision, created_at, updated_at, erased_at, part_of"
_OWNED_COLUMNS: Final = "identity, owner, kind, value, assurance, by, since, message"
_LINK_COLUMNS: Final = (
    "one, other, by, because, at, message, coalesce(undone_by, ''), coalesce(undone_because, ''), undone_at, contested"
)
_CONTACTS: Final = f"SELECT {CONTACT_COLUMNS} FROM threads.contact WHERE id = ANY($1)"  # noqa: S608 - our own names
_NAMED: Final = f"SELECT {_OWNED_COLUMNS} FROM threads.identity WHERE desk = $1 AND identity = ANY($2)"  # noqa: S608
_OWNED: Final = f"SELECT {_OWNED_COLUMNS} FROM threads.identity WHERE owner = ANY($1)"  # noqa: S608
_LINKS: Final = f"""
    SELECT {_LINK_COLUMNS} FROM threads.contact_link WHERE desk = $1 AND one = ANY($2)
    UNION SELECT {_LINK_COLUMNS} FROM threads.contact_link WHERE desk = $1 AND other = ANY($2)
"""  # noqa: S608


async def contacts(connection: Connection, ids: Sequence[UUID]) -> list[ContactRow]:
    """Return contacts, by id."""
    return [contact_of(row) for row in await connection.fetch(_CONTACTS, ids)]


async def identities(connection: Connection, desk: str, names: Sequence[str]) -> list[Owned]:
    """Return identities of a desk, by their comparable forms."""
    return [_owned(row) for row in await connection.fetch(_NAMED, desk, names)]


async def owned(connection: Connection, contacts: Sequence[UUID]) -> list[Owned]:
    """Return every identity of some contacts."""
    return [_owned(row) for row in await connection.fetch(_OWNED, contacts)]


async def links(connection: Connection, desk: str, names: Sequence[str]) -> list[ContactLinkRecord]:
    """Return the links, undone ones too, that have one of these identities at an end."""
    return [_link(row) for row in await connection.fetch(_LINKS, desk, names)] if names else []


def contact_of(row: asyncpg.Record) -> ContactRow:
    """Return a contact of its columns."""
    return ContactRow(*row)


def _owned(row: asyncpg.Record) -> Owned:
    identity, owner, kind, value, assurance, by, since, message = row
    return Owned(identity, owner, kind, value, Assurance(assurance), by, since, message)


def _link(row: asyncpg.Record) -> ContactLinkRecord:
    one, other, by, because, at, message, undone_by, undone_because, undone_at, contested = row
    return ContactLinkRecord(
        one=one,
        other=other,
        by=by,
        because=because,
        at=at,
        message=message,
        undone_by=undone_by,
        undone_because=undone_because,
        undone_at=undone_at,
        contested=contested,
    )
