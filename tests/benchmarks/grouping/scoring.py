"""How good a grouping is, measured against the labels. Pure: it knows no system.

Pairs are pairs of messages that customers (and strangers) wrote; our own only hold others together. A pair is *right*
in one issue, *wrong* across two conversations, and neither when the author changed the subject within a conversation.
Messages that name a `limit` are counted apart, nowhere else.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from benchmarks.grouping.labelled import Labelled, Proof

Labels = Mapping[UUID, Labelled]


class Join(Struct, frozen=True):
    """By `rule`, a message (or the ticket it opened) was joined to what the message `to` had opened.

    `after`: how many messages had been placed by then.
    """

    rule: str
    message: UUID
    to: UUID
    after: int = 0


class AskedMerge(Struct, frozen=True):
    """A system asks whether what two messages opened belongs together, more or less sure of it (`score`, 0 to 1).

    `message` opened the younger one: whoever looks at that is asked. `reason` is the strongest one given.
    """

    message: UUID
    other: UUID
    score: float
    reason: str = ""


class Grouping(Struct, frozen=True, kw_only=True):
    """What a system made of the messages: a group for each, its automatic joins, and what it only suggests.

    `homes` are the parts that groups are made of (tickets, some of them linked later), in the order of placing.
    """

    groups: Mapping[UUID, Hashable]
    joins: Sequence[Join]
    suggestions: Sequence[AskedMerge] = ()
    homes: Mapping[UUID, Hashable] = {}


class Score(Struct, frozen=True, kw_only=True):
    """Counts of pairs and joins; the shares are None where there is nothing to share."""

    joins: int
    wrong: Sequence[Join]
    at_limits: Sequence[Join]
    intrusions: int
    grouped: int
    right: int
    drifted: int
    provable: int
    provable_right: int
    same: int

    @property
    def precision(self) -> float | None:
        """Of the pairs in one group, how many are of one issue."""
        return _share(self.right, self.grouped - self.drifted)

    @property
    def recall(self) -> float | None:
        """Of the pairs of one issue, how many are in one group."""
        return _share(self.right, self.same)

    @property
    def provable_recall(self) -> float | None:
        """Of the pairs of one issue that something proves, how many are in one group."""
        return _share(self.provable_right, self.provable)


class RuleScore(Struct, frozen=True):
    """What one rule did: its joins, the wrong ones, the proofs of its kind, and how many of those were honoured."""

    rule: str
    joins: int
    wrong: int
    proofs: int
    honoured: int


def score(grouping: Grouping, labels: Labels) -> Score:
    """Return how good a grouping of the labelled messages is."""
    joins = _automatic(grouping, labels)
    wrong = _wrong(joins, grouping, labels)
    limits = [join for join in wrong if _at_limit(join, labels)]
    counted = [one for one in labels.values() if one.inbound and not one.limit]
    proved = _components(labels)
    keys = [(grouping.groups.get(one.id, one.id), one, proved[one.id]) for one in counted]
    right = _pairs((group, one.issue) for group, one, _ in keys)
    return Score(
        joins=len(joins),
        wrong=[join for join in wrong if join not in limits],
        at_limits=limits,
        intrusions=_intrusions(grouping, labels),
        grouped=_pairs(group for group, _, _ in keys),
        right=right,
        drifted=_pairs((group, one.conversation) for group, one, _ in keys) - right,
        provable=_pairs((proof, one.issue) for _, one, proof in keys),
        provable_right=_pairs((group, proof, one.issue) for group, one, proof in keys),
        same=_pairs(one.issue for one in counted),
    )


def score_rules(grouping: Grouping, labels: Labels) -> list[RuleScore]:
    """Return what each rule did, and how many proofs of its kind were honoured."""
    made = _automatic(grouping, labels)
    joins = Counter(join.rule for join in made)
    wrong = Counter(join.rule for join in _wrong(made, grouping, labels) if not _at_limit(join, labels))
    proofs = Counter(proof.rule for one in labels.values() for proof in one.proofs)
    missed = Counter(proof.rule for _, proof in missed_proofs(grouping, labels))
    rules = dict.fromkeys([*joins, *proofs])
    return [RuleScore(rule, joins[rule], wrong[rule], proofs[rule], proofs[rule] - missed[rule]) for rule in rules]


def missed_proofs(grouping: Grouping, labels: Labels) -> list[tuple[Labelled, Proof]]:
    """Return every proof whose two messages are in different groups."""
    groups = grouping.groups
    return [
        (one, proof)
        for one in labels.values()
        for proof in one.proofs
        if groups.get(one.id, one.id) != groups.get(proof.other, proof.other)
    ]


def unproved(grouping: Grouping, labels: Labels) -> Counter[str]:
    """Return what is left to go by where a message stands apart from its issue and nothing proves it."""
    return Counter(
        one.hint
        for group in _by_issue(labels).values()
        for one in group[1:]
        if one.hint and grouping.groups.get(one.id) != grouping.groups.get(group[0].id)
    )


def only(labels: Labels, channel: str) -> Labels:
    """Return the messages of one channel."""
    return {one.id: one for one in labels.values() if one.message.channel == channel}


def _automatic(grouping: Grouping, labels: Labels) -> list[Join]:
    """Return the joins of labelled messages, without the agents' answers: where those belong, an agent said."""
    return [
        join
        for join in grouping.joins
        if join.to in labels and join.message in labels and not labels[join.message].filed
    ]


def _wrong(joins: Iterable[Join], grouping: Grouping, labels: Labels) -> list[Join]:
    """Return the joins of what nothing of its conversation was there for: what follows a wrong one is not wrong too."""
    order = {message: number for number, message in enumerate(grouping.homes)}
    members: defaultdict[Hashable, list[UUID]] = defaultdict(list)
    for message, home in grouping.homes.items():
        members[home].append(message)

    def talks(opener: UUID, after: int) -> set[str]:
        """Return the conversations of what stood where a message had opened."""
        there = (message for message in members[grouping.homes.get(opener)] if order[message] < after)
        return {labels[message].conversation for message in (opener, *there) if message in labels}

    def is_wrong(join: Join) -> bool:
        alone = grouping.homes.get(join.message) == grouping.homes.get(join.to)
        coming = {labels[join.message].conversation} if alone else talks(join.message, join.after)
        return coming.isdisjoint(talks(join.to, join.after))

    return [join for join in joins if is_wrong(join)]


def _at_limit(join: Join, labels: Labels) -> bool:
    return bool(labels[join.message].limit or labels[join.to].limit)


def _intrusions(grouping: Grouping, labels: Labels) -> int:
    """Return how many messages of strangers stand in a conversation of somebody else."""
    conversations: defaultdict[Hashable, set[str]] = defaultdict(set)
    for one in labels.values():
        if not one.stranger:
            conversations[grouping.groups.get(one.id, one.id)].add(one.conversation)
    return sum(
        one.stranger and not one.limit and bool(conversations[grouping.groups.get(one.id, one.id)] - {one.conversation})
        for one in labels.values()
    )


def _components(labels: Labels) -> Mapping[UUID, int]:
    """Return, for each message, the number of the messages that proofs hold together with it."""
    near: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for one in labels.values():
        for proof in one.proofs:
            near[one.id].add(proof.other)
            near[proof.other].add(one.id)
    found: dict[UUID, int] = {}
    for number, start in enumerate(labels):
        waiting = [start]
        while waiting:
            one_id = waiting.pop()
            if one_id not in found:
                found[one_id] = number
                waiting.extend(near[one_id])
    return found


def _by_issue(labels: Labels) -> Mapping[str, list[Labelled]]:
    issues: defaultdict[str, list[Labelled]] = defaultdict(list)
    for one in labels.values():
        issues[one.issue].append(one)
    return issues


def _pairs(keys: Iterable[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(keys).values())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
