"""Contacts, written to PostgreSQL in sets, by one at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from threadline_threads.clerk.contacts import People
from threadline_threads.clerk.people import ContactRow
from threadline_threads.keys import contact_id
from threadline_threads.reading import ContactLinkRecord
from threadline_threads.store import postgres_people as stored
from threadline_threads.store.assemble_people import contact_words
from threadline_threads.store.postgres_load import Connection

_READY: Final = "INSERT INTO threads.cursor (name, sequence) VALUES ('clerk', 0) ON CONFLICT DO NOTHING"
_LOCK: Final = "SELECT sequence FROM threads.cursor WHERE name = 'clerk' FOR UPDATE"
_CONTACTS: Final = f"""
    INSERT INTO threads.contact ({stored.CONTACT_COLUMNS})
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::timestamptz[],
        $7::timestamptz[], $8::uuid[])
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = excluded.revision,
        updated_at = excluded.updated_at, erased_at = excluded.erased_at, part_of = excluded.part_of
"""  # noqa: S608 - our own column names
_IDENTITIES: Final = """
    INSERT INTO threads.identity (desk, identity, owner, kind, value, assurance, by, since, message)
    SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[], $9::uuid[])
    ON CONFLICT (desk, identity) DO UPDATE SET owner = excluded.owner, value = excluded.value,
        assurance = excluded.assurance, by = excluded.by, since = excluded.since, message = excluded.message
"""
_LINKS: Final = """
    INSERT INTO threads.contact_link (desk, one, other, by, because, at, message, undone_by, undone_because, undone_at,
        contested)
    SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[],
        $8::text[], $9::text[], $10::timestamptz[], $11::uuid[])
    ON CONFLICT (desk, one, other) DO UPDATE SET by = excluded.by, because = excluded.because, at = excluded.at,
        message = excluded.message, undone_by = excluded.undone_by, undone_because = excluded.undone_because,
        undone_at = excluded.undone_at, contested = excluded.contested
"""
_FORGET_WORDS: Final = "DELETE FROM threads.contact_word WHERE contact = ANY($1)"
_WORDS: Final = """
    INSERT INTO threads.contact_word (word, contact) SELECT * FROM unnest($1::text[], $2::uuid[]) ON CONFLICT DO NOTHING
"""


async def lock_people(connection: Connection) -> None:
    """Wait until nobody else changes contacts: the clerk, or a command."""
    await connection.execute(_READY)
    await connection.fetchval(_LOCK)


async def people_of(connection: Connection, desk: str, identities: Sequence[str], now: datetime) -> People:
    """Return the contacts of some identities of a desk, whole. Lock them first."""
    named = await stored.identities(connection, desk, identities)
    return await _whole(connection, desk, {one.owner for one in named}, identities, now)


async def people_by_id(connection: Connection, contacts: Sequence[UUID], now: datetime) -> People | None:
    """Return contacts and those they are part of, whole; None where they are not of one desk. Lock them first."""
    found = {row.id: row for row in await stored.contacts(connection, contacts)}
    while more := [row.part_of for row in found.values() if row.part_of and row.part_of not in found]:
        found |= {row.id: row for row in await stored.contacts(connection, more)}
    desks = {row.desk for row in found.values()}
    if len(desks) > 1:
        return None
    return await _whole(connection, next(iter(desks), ""), set(found), (), now)


async def save_people(connection: Connection, people: People) -> None:
    """Write what changed of some contacts."""
    contacts = people.changed_contacts()
    await _write(connection, _CONTACTS, map(_contact, contacts))
    owned = people.changed_identities()
    await _write(
        connection,
        _IDENTITIES,
        (
            (one.identity, one.owner, one.kind, one.value, one.assurance, one.by, one.since, one.message)
            for one in owned
        ),
        people.desk,
    )
    await _write(connection, _LINKS, map(_link, people.changed_links()), people.desk)
    if contacts:
        await connection.execute(_FORGET_WORDS, [row.id for row in contacts])
        there = [row for row in contacts if row.part_of is None and row.erased_at is None]
        words = ((word, row.id) for row in there for word in contact_words(row, people.owned(row.id)))
        await _write(connection, _WORDS, words)


async def _whole(
    connection: Connection, desk: str, owners: set[UUID], identities: Sequence[str], now: datetime
) -> People:
    owned = await stored.owned(connection, list(owners))
    names = list({*identities, *(one.identity for one in owned)})
    contacts = await stored.contacts(connection, list(owners | {contact_id(desk, name) for name in names}))
    return People(desk, now, contacts=contacts, owned=owned, links=await stored.links(connection, desk, names))


async def _write(connection: Connection, statement: str, values: Iterable[Sequence[Any]], *before: object) -> None:
    columns = list(zip(*values, strict=True))
    if columns:
        await connection.execute(statement, *before, *columns)


def _contact(row: ContactRow) -> Sequence[Any]:
    return (
        row.id, row.desk, row.name, row.revision, row.created_at, row.updated_at, row.erased_at, row.part_of,
    )  # fmt: skip


def _link(link: ContactLinkRecord) -> Sequence[Any]:
    return (
        link.one,
        link.other,
        link.by,
        link.because,
        link.at,
        link.message,
        link.undone_by or None,
        link.undone_because or None,
        link.undone_at,
        link.contested,
    )
