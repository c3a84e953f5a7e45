"""By what a ticket is found and who takes part in it, when one message leaves it. Pure.

Everything that names the message goes along; what other messages of the ticket give it as well, it keeps.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from uuid import UUID

from threadline_contracts.ticket import Rule
from threadline_threads.commands.facts import Kept, Moving
from threadline_threads.hood import Holder, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key


def held_after(moving: Moving, ticket: UUID) -> Iterator[tuple[Key, Holder | None, Holder | None]]:
    """Yield each key by which the home is found through the message: who holds it then, the home and the new ticket.

    A reference, an id and a fingerprint name the message itself, so the new ticket has them. A channel's conversation
    and another message's token do not: it has these only where the home has no other message with them.
    """
    one = moving.kept.incoming
    for key, stored in moving.holders.items():
        if not _gave(one, key, stored):
            continue
        others = [kept.incoming for kept in moving.remaining if _gave(kept.incoming, key, stored)]
        stays = Holder(moving.home, any(_plain(other, key, stored) for other in others), stored.by) if others else None
        goes = Holder(ticket, _plain(one, key, stored), stored.by) if key in _own(one) or not others else None
        yield key, stays, goes


def taking_part(remaining: Sequence[Kept], elsewhere: frozenset[Contact]) -> frozenset[Contact]:
    """Return who takes part at a ticket by these messages, where `elsewhere` take part in the rest of it."""
    named: set[Contact] = set()
    waiting = {kept.incoming.message.id: kept.incoming for kept in remaining}
    while due := [one for one in waiting.values() if one.vouches or _is_known(one, named, elsewhere)]:
        named.update(chain.from_iterable(one.names for one in due))
        for one in due:
            del waiting[one.message.id]
    return frozenset(named)


def waiting_again(remaining: Sequence[Kept], home: UUID, present: frozenset[Contact]) -> Iterator[Waiting]:
    """Yield what waits for somebody to vouch for it, now that fewer people take part (`present` do)."""
    for one in (kept.incoming for kept in remaining):
        if not one.vouches and not present.intersection(one.speaks_as):
            yield from (Waiting(home, who, one.message.id, names=one.names) for who in one.speaks_as)


def gone(moving: Moving) -> Iterator[Waiting]:
    """Yield what no longer waits at the home: the message itself, and who only cites the message."""
    message, cited = moving.kept.incoming.message, _held_id(moving)
    kept_too = cited and any(_gave(kept.incoming, cited, moving.holders[cited]) for kept in moving.remaining)
    for wait in moving.waiting:
        by_it = wait.source is None and wait.message == message.id
        for_it = wait.source is not None and wait.cited == message.external_id and cited and not kept_too
        if by_it or for_it:
            yield wait


def waiting_instead(moving: Moving) -> Iterator[Waiting]:
    """Yield what waits at the home still, because it cites another message there too."""
    ids = {kept.incoming.external: kept.incoming.message.external_id for kept in moving.remaining}
    for wait in gone(moving):
        for key, citations in moving.citations.items():
            if key in ids and any(one.message == wait.message for one in citations):
                yield Waiting(wait.target, wait.contact, wait.message, wait.source, ids[key])


def waiting_there(moving: Moving, ticket: UUID, apart: frozenset[UUID]) -> Iterator[Waiting]:
    """Yield what waits at the new ticket for its sender to take part; `apart` is the conversation that it left."""
    if cited := _held_id(moving):
        name = moving.kept.incoming.message.external_id
        for citation in moving.citations.get(cited, ()):
            if citation.ticket not in apart:
                for who in citation.speakers or ():
                    yield Waiting(ticket, who, citation.message, citation.ticket, name)


def _held_id(moving: Moving) -> Key | None:
    """Return the key of its own id, if it is found by it."""
    one = moving.kept.incoming
    stored = moving.holders.get(one.external) if one.external else None
    return one.external if stored and one.external and _gave(one, one.external, stored) else None


def _gave(one: Incoming, key: Key, stored: Holder) -> bool:
    """Return whether a message is a reason why its ticket is found by a key."""
    if key == one.external:
        return stored.by == one.by
    if key == one.reference:
        return stored.plain
    return key == one.token or any(key == shared for _, shared in one.shared)


def _plain(one: Incoming, key: Key, stored: Holder) -> bool:
    if key in {one.external, one.reference}:
        return stored.plain  # an id that somebody else used too may name nobody any more
    return one.token is None


def _own(one: Incoming) -> set[Key | None]:
    return {one.reference, one.external, *(key for rule, key in one.shared if rule == Rule.TWIN)}


def _is_known(one: Incoming, named: set[Contact], elsewhere: frozenset[Contact]) -> bool:
    return any(who in elsewhere or who in named for who in one.speaks_as)
