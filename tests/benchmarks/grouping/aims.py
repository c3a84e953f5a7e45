"""What grouping has to reach. Pure."""

from collections.abc import Container, Iterable, Sequence
from typing import Final

from msgspec import Struct

from benchmarks.grouping.scoring import RuleScore, Score
from benchmarks.grouping.suggesting import Suggested

POLICY_PRECISION: Final = 0.98
PROVABLE_RECALL: Final = 0.90
SUGGESTED_RECALL: Final = 0.95
_POLICY: Final = "policy"


class Aim(Struct, frozen=True):
    """A number, and what it should be; `reached` says whether it is."""

    what: str
    found: float
    wanted: str
    reached: bool


def aims(found: Score, rules: Iterable[RuleScore], asked: Suggested, proofs: Container[str]) -> Sequence[Aim]:
    """Return the aims; `proofs` are the rules that claim proof."""
    by_rule = {one.rule: one for one in rules}
    wrong = sum(one.wrong for rule, one in by_rule.items() if rule in proofs)
    policy = by_rule.get(_POLICY)
    precision = 1 - policy.wrong / policy.joins if policy and policy.joins else 1.0
    automatic, helped = found.provable_recall or 0.0, asked.accepted.provable_recall or 0.0
    return [
        Aim("wrong joins by rules that claim proof", wrong, "0", wrong == 0),
        Aim("precision of joins by policy", precision, f">= {POLICY_PRECISION}", precision >= POLICY_PRECISION),
        Aim("recall where provable", automatic, f">= {PROVABLE_RECALL}", automatic >= PROVABLE_RECALL),
        Aim("the same, right suggestions accepted", helped, f">= {SUGGESTED_RECALL}", helped >= SUGGESTED_RECALL),
    ]
