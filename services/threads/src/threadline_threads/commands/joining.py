"""How two conversations become one: by somebody's decision, or by a rule outside of a batch. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.ticket import Link, Suggestion, SuggestionSettled, SuggestionStatus, TicketMerged
from threadline_contracts.topology import EventType
from threadline_threads.commands.change import Change, Effect, Ruling
from threadline_threads.commands.facts import Facts
from threadline_threads.linking import an_end, directed
from threadline_threads.plan import Happening
from threadline_threads.reasons import Reason
from threadline_threads.tickets import Ticket

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Missing(Struct, frozen=True):
    """Tickets that must be known first."""

    tickets: frozenset[UUID]


def joined_by_rule(one: UUID, other: UUID, reason: Reason, change: Change) -> Effect | Missing | None:
    """Return the effect of an automatic join: the older root stays. None: it is so already, or it must not be.

    What was solved too long ago is not joined: its newest follower is.
    """
    facts = change.facts
    if not {one, other} <= facts.tickets.keys():
        return None
    here, there = facts.goes_on(one), facts.goes_on(other)
    if missing := {here, there} - facts.tickets.keys():
        return Missing(frozenset(missing))
    if not may_join(facts, here, there):
        return None
    seen = facts.tickets.__getitem__
    child, parent = directed(an_end(here, one, seen), an_end(there, other, seen), seen)
    ruling = Ruling(reason.rule, reason.because, "threads")
    join(change, child.root.id, parent.proved.id, ruling, SuggestionStatus.PROMOTED)
    return change.done(reason.because, (parent.root.id, child.root.id))


def may_join(facts: Facts, one: UUID, other: UUID) -> bool:
    """Return whether a rule may make one conversation of those of two tickets."""
    here, there = facts.conversation(one), facts.conversation(other)
    if here == there or facts.tickets[one].desk != facts.tickets[other].desk:
        return False
    kept_apart = facts.severed_between(here, there)
    return not (kept_apart or _follow(facts, here, there) or _follow(facts, there, here))


def join(change: Change, child: UUID, parent: UUID, ruling: Ruling, suggested: SuggestionStatus) -> None:
    """Let the conversation of a root speak through that of another ticket, to which it is linked.

    What kept them apart is lifted, what asked is settled.
    """
    facts, effect = change.facts, change.effect
    here, there = facts.conversation(child), facts.conversation(parent)
    link = Link(child=child, parent=parent, rule=ruling.rule, because=ruling.because, by=ruling.by, at=change.now)
    _tell(change, link, facts.members[child])
    effect.plan.links.append(link)
    effect.lifted += facts.severed_between(here, there)
    effect.grown = facts.root(parent)
    for suggestion in facts.suggested_between(here, there):
        if suggestion.status == SuggestionStatus.OPEN:
            settle(change, suggestion, suggested, ruling)


def settle(change: Change, suggestion: Suggestion, status: SuggestionStatus, ruling: Ruling) -> None:
    """Note how a suggestion ended."""
    now = replace(suggestion, status=status, by=ruling.by, because=ruling.because, settled_at=change.now)
    change.effect.settled.append(now)
    known = change.effect.plan.tickets.get(now.ticket) or change.facts.tickets[now.ticket]
    data = SuggestionSettled(ticket=known.header(), suggestion=now)
    change.effect.plan.happenings.append(settlement(data))


def settlement(data: SuggestionSettled) -> Happening:
    """Return the event of a settled suggestion. It may be settled again later: the moment tells them apart."""
    settled = data.suggestion.settled_at or data.suggestion.at
    moment = (settled - _EPOCH) // timedelta(microseconds=1)
    return Happening(EventType.TICKET_SUGGESTION_SETTLED, data.ticket.id, moment, None, data, about=data.suggestion.id)


def _follow(facts: Facts, some: frozenset[UUID], others: frozenset[UUID]) -> bool:
    return any(facts.tickets[ticket].follows in others for ticket in some)


def _tell(change: Change, link: Link, members: list[UUID]) -> None:
    root, top, end = map(change.ticket, (change.facts.root(link.parent), link.child, link.parent))
    newest = max(root, top, key=lambda ticket: ticket.active_at)
    root.active_at, root.last_message = newest.active_at, newest.last_message
    end.links += (link,)
    top.links += (link,)
    for told in (root,) if end is root else (root, end):
        change.update(told, ("links",), link.because)
    for member in map(change.ticket, members):
        _tell_member(change, member, root, link)


def _tell_member(change: Change, member: Ticket, root: Ticket, link: Link) -> None:
    member.root = root.id
    member.revise(change.now)
    change.happen(EventType.TICKET_MERGED, member, TicketMerged(ticket=member.header(), root=root.header(), link=link))
