"""What a decision is going to ask, so that it need not be made twice to find out. Pure; a guess changes no answer."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.incoming import Incoming


def foreseen(batch: Sequence[Incoming], hood: Neighbourhood) -> Need:
    """Return the people of each message as a need, wherever its keys lead: most decisions need nothing else."""
    pairs = {(root, who) for one in batch for root in _roots(one, hood) for who in one.names}
    return Need(pairs=pairs)


def _roots(one: Incoming, hood: Neighbourhood) -> set[UUID]:
    return {hood.roots[ticket] for ticket in _tickets(one, hood) if ticket in hood.roots}


def _tickets(one: Incoming, hood: Neighbourhood) -> Iterator[UUID]:
    for key in one.looks_up():
        yield from (at.ticket for at in hood.holders.get(key, ()))
    if one.external:
        yield from (citing.ticket for citing in hood.citations.get(one.external, ()))
    for clue in one.clues:
        yield from (lead.ticket for lead in hood.leads.get(clue.key, ()))
