"""Split: one message leaves its ticket for a new one, with all that finds it. Pure.

The only thing that ever changes a message's home. Merging the two tickets undoes it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from msgspec import Raw

from threadline_contracts.commands import SplitRequested
from threadline_contracts.ids import show_reference
from threadline_contracts.ticket import Placement, Rule
from threadline_contracts.topology import EventType
from threadline_threads.commands import findable
from threadline_threads.commands.change import Change, Effect, Heading, Move, Ruling, number, refused, unknown
from threadline_threads.commands.facts import Moving
from threadline_threads.commands.parting import close_if_left_empty, keep_apart
from threadline_threads.commands.unmerge import point_to_newest
from threadline_threads.hood import Pair
from threadline_threads.incoming import Incoming
from threadline_threads.plan import Told
from threadline_threads.tickets import Ticket, open_ticket

_SPLITS: Final = UUID("a7d2c5be-31f4-5a0c-8e0b-93d5b1f6c7a8")
_FIELDS: Final = ("reference", "subject", "contact", "channels", "accounts", "message_count", "status")


def split(asked: SplitRequested, command_id: str, change: Change) -> Effect:
    """Return the effect of a split command."""
    moving = change.facts.moving
    if moving is None:
        return unknown("message", asked.message_id)
    old = change.facts.tickets[moving.home]
    if not moving.remaining and moving.heading is None:
        return refused(f"It is the only message of {number(old)}: nothing would remain.", (old.id,))
    because = asked.because or f"{asked.by} split it off."
    new = _open(moving, command_id, change.now)
    placement = _placement(moving.placement, because, asked.by)
    _move(change, moving, new, placement)
    _shrink(change, moving, because)
    _start(change, moving, new, placement)
    keep_apart(change, new.id, old.id, Ruling(Rule.SPLIT, because, asked.by), (new.id, old.root))
    told = show_reference(moving.kept.incoming.message.reference)
    return change.done(f"Message {told} is a ticket of its own now.", (new.id, old.id, old.root))


def _placement(old: Placement, because: str, by: str) -> Placement:
    return Placement(rule=Rule.SPLIT, because=because, evidence=old.evidence, by=by, moves=old.moves + 1)


def _open(moving: Moving, command_id: str, now: datetime) -> Ticket:
    """Return the new ticket, with its message. The same command always opens the same one."""
    message = moving.kept.incoming.message
    new = open_ticket(message, now)
    new.id = new.root = uuid5(_SPLITS, f"{message.id}\n{command_id}")
    new.active_at = moving.kept.committed_at
    new.add(message, now)
    return new


def _move(change: Change, moving: Moving, new: Ticket, placement: Placement) -> None:
    """Let everything that finds the message follow it."""
    one, plan = moving.kept.incoming, change.effect.plan
    unheld = []
    for key, stays, goes in findable.held_after(moving, new.id):
        if stays:
            plan.holders[key, moving.home] = stays
        else:
            unheld.append((key, moving.home))
        if goes:
            plan.holders[key, new.id] = goes
    plan.named |= {(new.id, who): via for who, via in findable.named_by(one)}
    plan.waiting += findable.waiting_there(moving, new.id)
    plan.waiting += findable.waiting_still(moving)
    change.effect.move = Move(
        message=moving.message,
        source=moving.home,
        ticket=new.id,
        placement=placement,
        cites=[cited.key for cited in one.cites],
        clues=findable.clue_keys(one),
        sent_at=one.message.sent_at,
        unheld=unheld,
        unnamed=_forget(change, moving),
        unwaited=findable.waiting_no_more(moving),
    )
    change.effect.grown = new.id


def _forget(change: Change, moving: Moving) -> list[Pair]:
    """Return who takes no part at the old ticket any more; whom it let in must be vouched for again."""
    home, plan = moving.home, change.effect.plan
    present = findable.taking_part(moving.remaining, moving.elsewhere)
    plan.named |= {(home, who): via for who, via in present.items() if moving.named.get(who, via) != via}
    plan.waiting += findable.waiting_again(moving.remaining, home, moving.elsewhere.union(present))
    return [(home, who) for who in moving.named if who not in present]


def _shrink(change: Change, moving: Moving, because: str) -> None:
    """Make the next revision of the ticket that is left; a conversation shows what is its newest message now."""
    facts, old = change.facts, change.ticket(moving.home)
    before = old.header()
    _count_again(change, moving, old)
    root = change.ticket(old.root)
    point_to_newest(change, root, facts.conversation(old.id))
    if close_if_left_empty(change, old, change.facts.subtree(old.id)):
        because = f"Nothing is left in it, so it is closed: {because}"
    changed = [name for name in _FIELDS if getattr(before, name) != getattr(old, name)]
    change.update(old, changed, because)


def _count_again(change: Change, moving: Moving, old: Ticket) -> None:
    revision, updated_at = old.revision, old.updated_at
    old.message_count, old.channels, old.accounts = 0, (), ()
    for kept in moving.remaining:
        old.add(kept.incoming.message, updated_at)
    old.revision, old.updated_at = revision, updated_at
    if old.reference == moving.kept.incoming.message.reference:
        _head_again(change, old, moving.remaining[0].incoming if moving.remaining else moving.heading)


def _head_again(change: Change, old: Ticket, first: Incoming | None) -> None:
    """Let a ticket begin with the message that is its first one now."""
    if first:
        fresh = open_ticket(first.message, change.now)
        old.reference, old.subject, old.contact = fresh.reference, fresh.subject, fresh.contact
        change.effect.heading = Heading(old.id, old.subject, old.contact)


def _start(change: Change, moving: Moving, new: Ticket, placement: Placement) -> None:
    one = moving.kept.incoming
    change.effect.plan.tickets[new.id] = new
    told = Told(new.header(), Raw(one.content), placement)
    change.happen(EventType.TICKET_OPENED, new, told, one.message.id)
