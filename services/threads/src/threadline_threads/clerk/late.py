"""What becomes true because two identities are one person's: one replies where the other takes part. Pure.

A reply whose sender takes no part in the conversation that it cites waits there for its sender, under the identity that
wrote it. It joins, too, when another identity of the same contact takes part, whichever of all this is known first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_contracts.ids import reference_of, show_reference
from threadline_contracts.ticket import Rule
from threadline_shared.text import cut
from threadline_threads.clerk.lessons import Whose
from threadline_threads.hood import Naming, Waiting
from threadline_threads.identity import Contact, shown
from threadline_threads.reasons import Reason

_LONGEST: Final = 80  # characters of an id or address in a sentence


class Home(Struct, frozen=True):
    """A ticket, its desk, and what speaks for it."""

    id: UUID
    desk: str
    root: UUID


class Due(Struct, frozen=True):
    """Two tickets whose conversations a rule makes one."""

    source: UUID
    target: UUID
    reason: Reason


def due(
    waiting: Iterable[Waiting],
    homes: Mapping[UUID, Home],
    groups: Mapping[Whose, Sequence[Contact]],
    named: Iterable[Naming],
) -> Iterator[Due]:
    """Yield the joins that are due. `groups`: the other identities of somebody's contact; `named`: who takes part."""
    part: dict[tuple[UUID, Contact], list[str]] = {}
    for ticket, person, via in named:
        if home := homes.get(ticket):
            part.setdefault((home.root, person), []).append(via)
    for one in waiting:
        target, source = homes.get(one.target), homes.get(one.source) if one.source else None
        if target is None or source is None or target.root == source.root:
            continue
        for other in groups.get((target.desk, one.contact), ()):
            # Where that is asked for, who is named by nobody but the cited message is not let in by citing it.
            if any(not via or via != one.besides for via in part.get((target.root, other), ())):
                yield Due(source.id, target.id, _because(one, other))
                break


def _because(one: Waiting, other: Contact) -> Reason:
    number, cited = show_reference(reference_of(one.message)), cut(one.cited, _LONGEST) if one.cited else ""
    writer, there = (cut(shown(who), _LONGEST) for who in (one.contact, other))
    what = f"<{cited}> in the other ticket" if cited else "a message in the other ticket"
    return Reason(
        Rule.REFERENCE,
        f"Message {number} of {writer} replies to {what}, and {there}, who is the same person, takes part there.",
    )
