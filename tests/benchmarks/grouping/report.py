"""What came out, as Markdown. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.grouping.labelled import Labelled, Proof
from benchmarks.grouping.scoring import Grouping, Join, Labels, RuleScore, Score, right_suggestions

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


def suggestions(grouping: Grouping, labels: Labels, accepted: Score) -> str:
    """Return how good the suggestions are, if there are any."""
    if not grouping.suggestions:
        return "No system under test suggests anything yet."
    right, made = right_suggestions(grouping, labels), len(grouping.suggestions)
    accepting = f"recall with the right ones accepted {share(accepted.recall)}"
    return f"Suggestions: {made:,}, right {_of(right, made)}; {accepting}."


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
