"""Contacts, written to SQLite. One writer: nobody else changes them meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from threadline_shared.sqlite import Connection
from threadline_threads.clerk.contacts import People
from threadline_threads.clerk.people import ContactRow, Owned
from threadline_threads.keys import contact_id
from threadline_threads.reading import ContactLinkRecord
from threadline_threads.store import sqlite_people as known
from threadline_threads.store.assemble_people import contact_words
from threadline_threads.store.sqlite_load import stored

_CONTACT: Final = f"""
    INSERT INTO contact ({known.CONTACT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = excluded.revision,
        updated_at = excluded.updated_at, erased_at = excluded.erased_at, part_of = excluded.part_of
"""  # noqa: S608 - our own column names
_IDENTITY: Final = """
    INSERT INTO identity (desk, identity, owner, kind, value, assurance, by, since, message)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (desk, identity) DO UPDATE SET owner = excluded.owner, value = excluded.value,
        assurance = excluded.assurance, by = excluded.by, since = excluded.since, message = excluded.message
"""
_LINK: Final = """
    INSERT OR REPLACE INTO contact_link (desk, one, other, by, because, at, message, undone_by, undone_because,
        undone_at, contested)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_FORGET_WORDS: Final = "DELETE FROM contact_word WHERE contact = ?"
_WORD: Final = "INSERT OR IGNORE INTO contact_word (word, contact) VALUES (?, ?)"


def people_of(connection: Connection, desk: str, identities: Sequence[str], now: datetime) -> People:
    """Return the contacts of some identities of a desk, whole."""
    owners = {one.owner for one in known.identities(connection, desk, identities)}
    return _whole(connection, desk, owners, identities, now)


def people_by_id(connection: Connection, contacts: Sequence[UUID], now: datetime) -> People | None:
    """Return contacts and those they are part of, whole; None where they are not of one desk."""
    found = {row.id: row for row in known.contacts(connection, contacts)}
    while more := [row.part_of for row in found.values() if row.part_of and row.part_of not in found]:
        found |= {row.id: row for row in known.contacts(connection, more)}
    desks = {row.desk for row in found.values()}
    if len(desks) > 1:
        return None
    return _whole(connection, next(iter(desks), ""), set(found), (), now)


def save_people(connection: Connection, people: People) -> None:
    """Write what changed of some contacts."""
    contacts = people.changed_contacts()
    connection.executemany(_CONTACT, map(_contact, contacts))
    connection.executemany(_IDENTITY, (_identity(people.desk, one) for one in people.changed_identities()))
    connection.executemany(_LINK, (_link(people.desk, link) for link in people.changed_links()))
    connection.executemany(_FORGET_WORDS, ((row.id.bytes,) for row in contacts))
    there = [row for row in contacts if row.part_of is None and row.erased_at is None]
    connection.executemany(
        _WORD, ((word, row.id.bytes) for row in there for word in contact_words(row, people.owned(row.id)))
    )


def _whole(connection: Connection, desk: str, owners: set[UUID], identities: Sequence[str], now: datetime) -> People:
    owned = known.owned(connection, owners)
    names = list({*identities, *(one.identity for one in owned)})
    contacts = known.contacts(connection, owners | {contact_id(desk, name) for name in names})
    return People(desk, now, contacts=contacts, owned=owned, links=known.links(connection, desk, names))


def _contact(row: ContactRow) -> Sequence[Any]:
    return (
        row.id.bytes,
        row.desk,
        row.name,
        row.revision,
        stored(row.created_at),
        stored(row.updated_at),
        stored(row.erased_at) if row.erased_at else None,
        row.part_of.bytes if row.part_of else None,
    )


def _identity(desk: str, one: Owned) -> Sequence[Any]:
    return (
        desk,
        one.identity,
        one.owner.bytes,
        one.kind,
        one.value,
        one.assurance,
        one.by,
        stored(one.since),
        one.message.bytes if one.message else None,
    )


def _link(desk: str, link: ContactLinkRecord) -> Sequence[Any]:
    return (
        desk,
        link.one,
        link.other,
        link.by,
        link.because,
        stored(link.at),
        link.message.bytes if link.message else None,
        link.undone_by or None,
        link.undone_because or None,
        stored(link.undone_at) if link.undone_at else None,
        link.contested.bytes if link.contested else None,
    )
