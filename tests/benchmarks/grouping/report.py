"""What came out, as Markdown. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.grouping.aims import Aim
from benchmarks.grouping.labelled import Labelled, Proof
from benchmarks.grouping.scoring import Join, Labels, RuleScore, Score
from benchmarks.grouping.suggesting import Suggested

Counted = Counter[tuple[str, ...]]

_HEAD = (
    "system",
    "automatic joins",
    "precision",
    "recall where provable",
    "recall of all",
    "wrong joins",
    "stranger intrusions",
    "at stated limits",
)


def systems(scores: Mapping[str, Score]) -> str:
    """Return the comparison: a row for each system."""
    return table(
        _HEAD,
        [
            (
                name,
                f"{one.joins:,}",
                share(one.precision),
                share(one.provable_recall),
                share(one.recall),
                f"{len(one.wrong):,}",
                f"{one.intrusions:,}",
                f"{len(one.at_limits):,}",
            )
            for name, one in scores.items()
        ],
    )


def rules(scores: Iterable[RuleScore]) -> str:
    """Return what each rule did."""
    rows = [
        (
            one.rule,
            f"{one.joins:,}",
            f"{one.wrong:,}",
            _of(one.joins - one.wrong, one.joins),
            _of(one.honoured, one.proofs),
        )
        for one in scores
    ]
    return table(("rule", "joins", "wrong", "precision", "proofs honoured"), rows)


def causes(joins: Iterable[Join], labels: Labels) -> str:
    """Return joins by rule and by who was joined to what."""
    counted: Counted = Counter((one.rule, labels[one.message].scenario, labels[one.to].scenario) for one in joins)
    return _counted(("rule", "a message of", "joined one of", "times"), counted)


def missed(proofs: Sequence[tuple[Labelled, Proof]], labels: Labels) -> str:
    """Return proofs that were not honoured, by what happened."""
    counted: Counted = Counter((proof.rule, one.scenario, labels[proof.other].scenario) for one, proof in proofs)
    return _counted(("proof", "of a message of", "with one of", "times"), counted)


def hints(counted: Counter[str]) -> str:
    """Return what is left to go by where nothing proves."""
    return _counted(
        ("messages that stand apart from their issue: what is left to go by", "times"),
        Counter({(hint,): n for hint, n in counted.items()}),
    )


def suggestions(asked: Suggested, automatic: Score) -> str:
    """Return how good the suggestions are, and what accepting the right ones brings."""
    if not asked.made:
        return "None."
    rows = [
        ("suggestions that ask", f"{asked.made:,}", _of(asked.right, asked.made)),
        ("the best one of each ticket", f"{asked.tickets:,}", _of(asked.best_right, asked.tickets)),
        *((f"- for {reason}", f"{made:,}", _of(right, made)) for reason, (made, right) in asked.reasons.items()),
    ]
    left = automatic.same - automatic.right
    brought = asked.accepted.right - automatic.right
    recalls = [
        ("where provable", share(automatic.provable_recall), share(asked.accepted.provable_recall)),
        ("of all", share(automatic.recall), share(asked.accepted.recall)),
    ]
    return "\n\n".join(
        (
            table(("", "number", "right"), rows),
            table(("recall", "automatic", "right suggestions accepted"), recalls),
            f"Of the {left:,} pairs of one issue that no rule joins, accepting brings {_of(brought, left)} together.",
        )
    )


def aimed(found: Iterable[Aim]) -> str:
    """Return the aims, and whether they are reached."""
    rows = [(one.what, f"{one.found:g}"[:6], one.wanted, "yes" if one.reached else "no") for one in found]
    return table(("aim", "found", "wanted", "reached"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table: names to the left, numbers to the right."""
    lines = [head, ["---" if number == 0 else "---:" for number in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def share(value: float | None) -> str:
    """Return a share with as many digits as it takes to see that it is not all."""
    return "-" if value is None else "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def _of(part: int, whole: int) -> str:
    return share(part / whole if whole else None)


def _counted(head: Sequence[str], counted: Counted) -> str:
    return table(head, [(*key, f"{number:,}") for key, number in counted.most_common()]) if counted else "None."
