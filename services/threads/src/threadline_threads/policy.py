"""What weak evidence may do: the operator's table, then ours. Pure; nothing in it outranks a proof.

A row speaks of a pair of messages by a condition and the channels of the later and the earlier one. The first row that
matches decides: the pair joins, is suggested, or nothing. What no row names, is off.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from threadline_threads.numbers import Pattern

ANY: Final = "*"  # every channel


class Condition(StrEnum):
    """What two messages have in common (docs/grouping.md explains each)."""

    REPLY_SUBJECT = "reply_subject"  # one verified person, one base subject, and the later one says "Re:"
    SAME_SUBJECT = "same_subject"  # the same, but it does not say so
    SAME_KEY = "same_key"  # one idempotency key of one account
    SAME_CONTENT = "same_content"  # one text, of one sender, at one account
    CALL_BACK = "call_back"  # one phone number, in both directions
    SAME_NUMBER = "same_number"  # one order, invoice or ticket number
    ONLY_OPEN_TICKET = "only_open_ticket"  # the contact has no other
    CLAIMED_IDENTITY = "claimed_identity"  # one contact, that at least one of them merely claims
    SIMILAR_TEXT = "similar_text"  # alike in their words


class Action(StrEnum):
    """What a row does."""

    JOIN = "join"
    SUGGEST = "suggest"
    OFF = "off"


class Row(Struct, frozen=True):
    """One row of the table: `later` and `earlier` are channels, `*` is any; `window` lies between `sent_at` of both."""

    condition: Condition
    later: str = ANY
    earlier: str = ANY
    window: timedelta = timedelta(0)
    action: Action = Action.OFF

    def covers(self, later: str, earlier: str) -> bool:
        """Return whether it speaks of a pair of channels."""
        return self.later in {ANY, later} and self.earlier in {ANY, earlier}

    def in_time(self, earlier: datetime, later: datetime) -> bool:
        """Return whether two moments are in this order, or the same, and not too far apart."""
        return timedelta(0) <= later - earlier <= self.window


class Policy:
    """The table in force, and what a number looks like.

    `joins` are the conditions by which some pair of channels joins, `suggests` those by which one is suggested.
    """

    def __init__(self, rows: Iterable[Row], patterns: Sequence[Pattern] = ()) -> None:
        self.patterns: Final = patterns
        self.rows: Final[Sequence[Row]] = tuple(_reachable(rows))
        self.joins: Final = frozenset(row.condition for row in self.rows if row.action is Action.JOIN)
        self.suggests: Final = frozenset(row.condition for row in self.rows if row.action is Action.SUGGEST)
        self._joining = _sides(self.rows, Action.JOIN)
        self._suggesting = _sides(self.rows, Action.SUGGEST)
        self._found: dict[tuple[Condition, str, str], Row] = {}

    def action(self, condition: Condition, *, later: str, earlier: str) -> Row:
        """Return the first row that matches; one that is off where none does."""
        asked = condition, later, earlier
        if (found := self._found.get(asked)) is None:
            matching = (row for row in self.rows if row.condition is condition and row.covers(later, earlier))
            found = self._found[asked] = next(matching, Row(condition))
        return found

    def may_join(self, condition: Condition, channel: str) -> bool:
        """Return whether a message of a channel can be either side of a join by a condition."""
        return (condition, channel) in self._joining or (condition, ANY) in self._joining

    def may_suggest(self, condition: Condition, channel: str) -> bool:
        """Return whether a message of a channel can be either side of a suggestion by a condition."""
        return (condition, channel) in self._suggesting or (condition, ANY) in self._suggesting


def _sides(rows: Iterable[Row], action: Action) -> frozenset[tuple[Condition, str]]:
    """Return the conditions of rows that do this, with each channel for which they do."""
    return frozenset((row.condition, side) for row in rows if row.action is action for side in (row.later, row.earlier))


def _reachable(rows: Iterable[Row]) -> Iterable[Row]:
    """Yield the rows that can ever be first: none after one of the same condition for every pair of channels."""
    closed: set[Condition] = set()
    for row in rows:
        if row.condition not in closed:
            yield row
        if row.later == row.earlier == ANY:
            closed.add(row.condition)
