"""Asks PostgreSQL for what a decision misses, until it is made or needs conversations that are not locked yet."""

from collections.abc import Callable

from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.plan import Plan
from threadline_threads.store import postgres_load as load
from threadline_threads.store.postgres_load import Connection


async def answered(connection: Connection, hood: Neighbourhood, ask: Callable[[], Plan | Need]) -> Plan | Need:
    """Return the plan, or the need of conversations."""
    while isinstance(answer := ask(), Need) and not answer.tickets:
        at_members = hood.at_members(answer.pairs)
        if at_members:
            named, waiting = await load.named(connection, at_members), await load.waiting(connection, at_members)
            hood.add_facts(answer.pairs, named, waiting)
        for roots in answer.crossings:
            hood.add_crossing(roots, await load.crossing(connection, hood.tickets_of(roots)))
        if answer.severed:
            hood.add_severed(answer.severed, await load.severed(connection, hood.tickets_of(answer.severed)))
        if answer.suggestions:
            hood.add_suggested(answer.suggestions, await load.suggested(connection, answer.suggestions))
    return answer
