"""What weak evidence a message offers: clues, by which two messages may join, and hints, by which one is suggested. Pure.

A clue depends on its message alone, and whether two agree on the two alone: so what they join does not depend on the
order of arrival (docs/grouping.md).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from threadline_contracts.message import InboundMessage
from threadline_threads.identity import Contact, Customs
from threadline_threads.keys import Key
from threadline_threads.numbers import Pattern
from threadline_threads.policy import Action, Condition, Policy


class Clue(Struct, frozen=True):
    """One side of a possible join: two messages with one `key` join if `agree` says so.

    `at`: when it was sent; `ours`: we wrote it; `marked`: it may be the later one of its condition.
    """

    key: Key
    condition: Condition
    at: datetime
    channel: str
    ours: bool
    marked: bool


class HintKind(StrEnum):
    """What a hint is about."""

    CONTACT = "contact"
    SUBJECT_OF = "subject_of"  # a base subject, of one person
    SUBJECT = "subject"  # a base subject of at least three words, whoever wrote
    NUMBER = "number"
    BLOB = "blob"  # a file or body: counted, so that erasing one contact leaves another's


class Hint(Struct, frozen=True):
    """What a suggestion may be founded on. `value` is what it is about, for the reason; `proved`: not merely claimed."""

    kind: HintKind
    key: Key
    value: str
    proved: bool = True


def clues_of(
    message: InboundMessage,
    speaks_as: Sequence[Contact],
    names: Sequence[Contact],
    verified: Sequence[Contact],
    *,
    cites: bool,
    has_token: bool,
    policy: Policy,
    customs: Customs | None = None,
) -> tuple[Clue, ...]:
    """Return the clues of a message, for the conditions by which the policy joins."""
    return ()


def agree(one: Clue, other: Clue, policy: Policy) -> bool:
    """Return whether two messages join. Symmetric."""
    if one.key != other.key or one.condition is not other.condition:
        return False
    return _follows(one, other, policy) or _follows(other, one, policy)


def _follows(later: Clue, earlier: Clue, policy: Policy) -> bool:
    if later.at < earlier.at:
        return False
    row = policy.action(later.condition, later=later.channel, earlier=earlier.channel)
    if row.action is not Action.JOIN or later.at - earlier.at > row.window:
        return False
    match later.condition:
        case Condition.REPLY_SUBJECT | Condition.SAME_SUBJECT:
            return later.marked
        case Condition.CALL_BACK:
            return later.ours is not earlier.ours
        case _:
            return True


def hints_of(
    message: InboundMessage,
    speaks_as: Sequence[Contact],
    names: Sequence[Contact],
    patterns: Sequence[Pattern] = (),
) -> tuple[Hint, ...]:
    """Return what suggestions may be founded on, and every blob of a message."""
    return ()
