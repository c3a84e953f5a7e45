"""How good suggestions are: whether they are right, and what becomes of a grouping when a clerk accepts those. Pure.

A suggestion is right if both parts that it would join say something of one issue.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

from msgspec import Struct

from benchmarks.grouping.scoring import AskedMerge, Grouping, Labels, Score, score


class Suggested(Struct, frozen=True):
    """Counts of suggestions that ask: all, right ones, and the same of each ticket's best one; and what they bring.

    `reasons`: how many there are for each strongest reason, and how many of those are right. `accepted` is the grouping
    of a clerk who accepts the right ones, and no other.
    """

    made: int
    right: int
    tickets: int
    best_right: int
    reasons: Mapping[str, tuple[int, int]]
    accepted: Score


def suggested(grouping: Grouping, labels: Labels) -> Suggested:
    """Return how good the suggestions of a grouping are."""
    issues = _issues(grouping, labels)
    best = _best(grouping.suggestions)
    return Suggested(
        made=len(grouping.suggestions),
        right=sum(_is_right(one, issues) for one in grouping.suggestions),
        tickets=len(best),
        best_right=sum(_is_right(one, issues) for one in best),
        reasons=_by_reason(grouping.suggestions, issues),
        accepted=score(accepting(grouping, labels), labels),
    )


def accepting(grouping: Grouping, labels: Labels) -> Grouping:
    """Return what a clerk makes of a grouping who accepts exactly the suggestions that are right."""
    into: dict[Hashable, Hashable] = {}
    issues = _issues(grouping, labels)

    def root(group: Hashable) -> Hashable:
        while group in into:
            group = into[group]
        return group

    for one in grouping.suggestions:
        a, b = root(grouping.groups[one.message]), root(grouping.groups[one.other])
        if a != b and _is_right(one, issues):
            into[a] = b
    return Grouping(groups={one: root(group) for one, group in grouping.groups.items()}, joins=grouping.joins)


def _issues(grouping: Grouping, labels: Labels) -> Mapping[Hashable, frozenset[str]]:
    """Return, for each message, what the part that it stands in is about."""
    said: defaultdict[Hashable, set[str]] = defaultdict(set)
    homes = grouping.homes or grouping.groups
    for message, home in homes.items():
        if message in labels:
            said[home].add(labels[message].issue)
    return {message: frozenset(said[home]) for message, home in homes.items()}


def _by_reason(
    suggestions: Sequence[AskedMerge], issues: Mapping[Hashable, frozenset[str]]
) -> Mapping[str, tuple[int, int]]:
    made = Counter(one.reason for one in suggestions)
    right = Counter(one.reason for one in suggestions if _is_right(one, issues))
    return {reason: (count, right[reason]) for reason, count in made.most_common()}


def _is_right(one: AskedMerge, issues: Mapping[Hashable, frozenset[str]]) -> bool:
    return bool(issues[one.message] & issues[one.other])


def _best(suggestions: Sequence[AskedMerge]) -> Sequence[AskedMerge]:
    best: dict[Hashable, AskedMerge] = {}
    for one in suggestions:
        known = best.get(one.message)
        if known is None or known.score < one.score:
            best[one.message] = one
    return list(best.values())
