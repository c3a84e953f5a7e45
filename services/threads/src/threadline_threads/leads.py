"""Weak evidence that is stored: by which clues of other messages a message may join. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from msgspec import Struct

from threadline_threads.clues import Clue, agree, follows
from threadline_threads.hood import Lead
from threadline_threads.incoming import Incoming
from threadline_threads.keys import Key
from threadline_threads.policy import Action, Condition, Policy

MOST_LEADS: Final = 50  # of one key: more have one thing in common only if it is nothing in particular
OF_SUBJECTS: Final = frozenset({Condition.REPLY_SUBJECT, Condition.SAME_SUBJECT})


class Span(Struct):
    """Between which moments the clues of a key matter."""

    key: Key
    since: datetime
    until: datetime


def spans(batch: Iterable[Incoming]) -> Sequence[Span]:
    """Return which clues a batch must know, each key once."""
    found: dict[Key, Span] = {}
    for one in batch:
        for clue in one.clues:
            window = _widest(one.terms.policy, clue.condition)
            since, until = clue.at - window, clue.at + window
            span = found.setdefault(clue.key, Span(clue.key, since, until))
            span.since, span.until = min(span.since, since), max(span.until, until)
    return [*found.values()]


def joining(one: Incoming, clue: Clue, leads: Sequence[Lead]) -> Iterator[Lead]:
    """Yield the leads by which the policy joins a message; of those by subject that it replies to, only one counts.

    What came late is not joined by a reply that had another message to reply to: two matters may have one subject.
    """
    policy, late = one.terms.policy, one.message.id
    for lead in leads:
        if lead.message != late and agree(clue, lead.clue, policy):
            alike = clue.condition not in OF_SUBJECTS or follows(clue, lead.clue, policy)
            if alike or not _replies_elsewhere(lead, late, leads, policy):
                yield lead


def _replies_elsewhere(reply: Lead, late: UUID, leads: Iterable[Lead], policy: Policy) -> bool:
    """Return whether a reply had a message to reply to that is no such reply itself, besides the late one."""
    others = (lead for lead in leads if lead.message not in {late, reply.message} and not lead.clue.marked)
    return any(follows(reply.clue, lead.clue, policy) for lead in others)


def relevant(batch: Iterable[Incoming], stored: Iterable[Lead]) -> Mapping[Key, list[Lead]]:
    """Return the stored clues, by key, by which the policy joins some message of a batch."""
    by_key: defaultdict[Key, list[Lead]] = defaultdict(list)
    for lead in stored:
        by_key[lead.clue.key].append(lead)
    found = (lead for one in batch for clue in one.clues for lead in joining(one, clue, by_key[clue.key]))
    leads: defaultdict[Key, list[Lead]] = defaultdict(list)
    for lead in dict.fromkeys(found):
        leads[lead.clue.key].append(lead)
    return leads


@lru_cache(maxsize=64)
def _widest(policy: Policy, condition: Condition) -> timedelta:
    joins = (row.window for row in policy.rows if row.condition is condition and row.action is Action.JOIN)
    return max(joins, default=timedelta(0))
