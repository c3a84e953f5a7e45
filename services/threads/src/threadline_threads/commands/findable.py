"""By what a ticket is found and who takes part in it, when one message leaves it. Pure.

Everything that names the message goes along; what other messages of the ticket give it as well, it keeps.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from msgspec.structs import replace

from threadline_contracts.ticket import Rule
from threadline_threads.clerk.lessons import hints_in
from threadline_threads.commands.facts import Kept, Moving
from threadline_threads.hood import Citation, Holder, Waiting
from threadline_threads.identity import Contact
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.ownership import read_author


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


def clue_keys(one: Incoming) -> list[Key]:
    """Return the keys under which a message is stored as weak evidence, for the rules and for suggestions."""
    hints = hints_in(one.message, one.terms)
    return [*dict.fromkeys((*(clue.key for clue in one.clues), *(hint.key for hint in hints)))]


def taking_part(remaining: Sequence[Kept], elsewhere: frozenset[Contact]) -> dict[Contact, str]:
    """Return who takes part at a ticket by these messages, where `elsewhere` take part in the rest of it.

    The value is the external id of the only message that names them; empty: more than one does, or theirs or ours.
    """
    named: dict[Contact, str] = {}
    waiting = {kept.incoming.message.id: kept.incoming for kept in remaining}
    while due := [one for one in waiting.values() if one.vouches or elsewhere.union(named) & {*one.speaks_as}]:
        for one in due:
            for who, via in named_by(one):
                named[who] = via if named.get(who, via) == via else ""
            del waiting[one.message.id]
    return named


def named_by(one: Incoming) -> Iterator[tuple[Contact, str]]:
    """Yield whom a message brings in, and by which id alone."""
    for who in one.names:
        in_person = one.ours or not one.vouches or who in one.writes_as
        yield who, "" if in_person else one.message.external_id


def waiting_again(remaining: Sequence[Kept], home: UUID, present: frozenset[Contact]) -> Iterator[Waiting]:
    """Yield what waits for somebody to vouch for it, now that fewer people take part (`present` do)."""
    for one in (kept.incoming for kept in remaining):
        if not one.vouches and not present.intersection(one.speaks_as):
            yield from (Waiting(home, who, one.message.id, names=one.names) for who in one.speaks_as)


def waiting_for_it(moving: Moving) -> list[Waiting]:
    """Return what waits at the home because it cites the message."""
    key = moving.kept.incoming.external
    held = moving.holders.get(key) if key else None
    if key is None or held is None or not _gave(moving.kept.incoming, key, held):
        return []
    citing = {citation.message for citation in moving.citations.get(key, ())}
    return [wait for wait in moving.waiting if wait.source and wait.message in citing]


def waiting_there(moving: Moving, ticket: UUID) -> Iterator[Waiting]:
    """Yield what waits at the new ticket for its sender to take part."""
    one = moving.kept.incoming
    for wait in waiting_for_it(moving):
        strict = not _answers(moving, one, wait.message)
        yield Waiting(ticket, wait.contact, wait.message, wait.source, one.message.external_id, strict=strict)


def waiting_still(moving: Moving) -> list[Waiting]:
    """Return what waits at the home although the message is gone: it cites other messages there, too."""
    found: dict[tuple[Contact, UUID], Waiting] = {}
    for wait in waiting_for_it(moving):
        for other in _cited_too(moving, wait.message):
            cited, strict = other.message.external_id, not _answers(moving, other, wait.message)
            new = Waiting(wait.target, wait.contact, wait.message, wait.source, cited, strict=strict)
            key = wait.contact, wait.message
            found[key] = new if new == found.get(key, new) else replace(new, strict=False)
    return [*found.values()]


def waiting_no_more(moving: Moving) -> list[Waiting]:
    """Return what waited at the home for this message, or with it: it may wait there again for others."""
    its_own = [wait for wait in moving.waiting if wait.source is None and wait.message == moving.message]
    return [*its_own, *waiting_for_it(moving)]


def _cited_too(moving: Moving, by: UUID) -> Iterator[Incoming]:
    """Yield the other messages of the home that a message cites by the ids that stand for them."""
    for one in (kept.incoming for kept in moving.remaining):
        held = moving.holders.get(one.external) if one.external else None
        if one.external and held and held.plain and _citation(moving, one.external, by):
            yield one


def _answers(moving: Moving, one: Incoming, by: UUID) -> bool:
    """Return whether a message that cites this one answers its author."""
    citation = _citation(moving, one.external, by) if one.external else None
    author = read_author(one.by).contact
    return citation is not None and author in (*(citation.speakers or ()), *citation.names)


def _citation(moving: Moving, key: Key, by: UUID) -> Citation | None:
    return next((one for one in moving.citations.get(key, ()) if one.message == by), None)


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
