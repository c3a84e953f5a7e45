"""Whose identities a contact has, as whoever is to be forgotten. Pure."""

from uuid import UUID

from threadline_threads.clerk.contacts import People
from threadline_threads.clerk.people import ContactRow
from threadline_threads.erasing.shapes import Person
from threadline_threads.keys import contact_id


def person_of(people: People, contact: UUID) -> Person | None:
    """Return the person that a contact is (part of), with every contact they ever were; None when nobody is there."""
    row = people.contacts.get(contact)
    while row and row.part_of:
        row = people.contacts.get(row.part_of)
    owned = people.owned(row.id) if row else []
    if row is None or not owned:
        return None
    were = [row, *_founded(people, [one.identity for one in owned])]
    return Person(
        contact=row.id,
        desk=people.desk,
        before=people.now,
        contacts=tuple(dict.fromkeys(one.id for one in were)),
        identities=tuple(one.identity for one in owned),
        values=tuple(dict.fromkeys(one.value for one in owned)),
        names=tuple(dict.fromkeys(one.name for one in were if one.name)),
    )


def _founded(people: People, identities: list[str]) -> list[ContactRow]:
    ids = (contact_id(people.desk, identity) for identity in identities)
    return [row for one in ids if (row := people.contacts.get(one))]
