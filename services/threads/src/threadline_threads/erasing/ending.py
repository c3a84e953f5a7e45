"""What consumers are told at the end: the ids of messages and tickets, in as many events as that takes. Pure."""

from itertools import zip_longest
from typing import Final
from uuid import UUID, uuid5

from threadline_contracts.contact import ContactErased
from threadline_contracts.topology import EventType
from threadline_threads.erasing.history import Concerned
from threadline_threads.erasing.shapes import Person
from threadline_threads.plan import Happening

MOST: Final = 500  # messages, and tickets, of one event: it has 64 KiB


def told(person: Person, concerned: Concerned, revision: int, *, by: str, because: str) -> list[Happening]:
    """Return the events that tell of an erasure at a contact's revision."""
    parts = zip_longest(_parts(concerned.erased), _parts(concerned.touched), fillvalue=())
    return [
        Happening(
            EventType.CONTACT_ERASED,
            person.contact,
            revision,
            None,
            ContactErased(
                contact=person.contact,
                desk=person.desk,
                messages=messages,
                tickets=tickets,
                by=by,
                because=because,
            ),
            about=uuid5(person.contact, str(number)) if number else None,
        )
        for number, (messages, tickets) in enumerate(parts)
    ]


def _parts(ids: tuple[UUID, ...]) -> list[tuple[UUID, ...]]:
    """Return ids in parts; one, when there are none."""
    return [ids[start : start + MOST] for start in range(0, max(1, len(ids)), MOST)]
