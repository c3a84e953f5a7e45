"""Asks PostgreSQL for what a decision misses, until it is made or needs conversations that are not locked yet."""

from collections.abc import Callable

from threadline_threads.hood import Need, Neighbourhood
from threadline_threads.plan import Plan
from threadline_threads.store import postgres_load as load
from threadline_threads.store.postgres_load import Connection


async def answered(connection: Connection, hood: Neighbourhood, ask: Callable[[], Plan | Need]) -> Plan | Need:
    """Return the plan, or the need of conversations."""
    while isinstance(answer := ask(), Need) and not answer.tickets:
        await learn(connection, hood, answer)
    return answer


async def learn(connection: Connection, hood: Neighbourhood, need: Need) -> None:
    """Add what is stored of what is needed, conversations apart that are not locked yet."""
    if need.whole:
        hood.add_conversations(await load.conversations(connection, need.whole))
    at_members = hood.at_members(need.pairs)
    if at_members:
        hood.add_facts(need.pairs, *await load.named_and_waiting(connection, at_members))
    for roots in need.crossings:
        hood.add_crossing(roots, await load.crossing(connection, hood.tickets_of(roots)))
    if need.severed:
        hood.add_severed(need.severed, await load.severed(connection, hood.tickets_of(need.severed)))
    if need.suggestions:
        hood.add_suggested(need.suggestions, await load.suggested(connection, need.suggestions))
