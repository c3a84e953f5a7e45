"""`python -m benchmarks.grouping` (in tests/): our rules and the peers' on one labelled world, as Markdown.

Exits with 1 when an aim (aims.py) is not reached: above all, no rule that claims proof may make a wrong join, other
than at the limits that strangers.py states.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.grouping import ours, peers, report
from benchmarks.grouping.aims import aims
from benchmarks.grouping.chart import chart
from benchmarks.grouping.scoring import Grouping, Labels, Score, missed_proofs, only, score, score_rules, unproved
from benchmarks.grouping.suggesting import suggested
from benchmarks.grouping.world import CUSTOMERS, simulate
from threadline_contracts.message import Channel
from threadline_shared import log

OURS = "Threadline"


def main() -> int:
    """Run it and print; progress goes to stderr."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.grouping", description=__doc__)
    asked.add_argument("--customers", type=int, default=CUSTOMERS)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--chart", type=Path, help="write the comparison as an SVG to this file")
    chosen = asked.parse_args()
    began = time.perf_counter()
    world = simulate(chosen.seed, chosen.customers)
    _progress(f"{len(world.delivered):,} deliveries of {len(world.arrived):,} messages", began)
    with tempfile.TemporaryDirectory(prefix="threadline-grouping-") as folder:
        found = {OURS: asyncio.run(ours.group(world.delivered, Path(folder), chosen.seed))}
    _progress("placed by our rules", began)
    found |= {name: peers.run(algorithm, world.arrived) for name, algorithm in peers.PEERS.items()}
    labels = world.by_id()
    scores = {name: score(grouping, labels) for name, grouping in found.items()}
    own = found[OURS]
    reached = aims(scores[OURS], score_rules(own, labels), suggested(own, labels), ours.STATED)
    print(_report(labels, found, scores))
    print(f"\n## Aims\n\n{report.aimed(reached)}")
    if chosen.chart:
        chosen.chart.write_text(chart(scores, OURS))
    _progress("done", began)
    return int(not all(aim.reached for aim in reached))


def _report(labels: Labels, found: Mapping[str, Grouping], scores: Mapping[str, Score]) -> str:
    own, mails = found[OURS], only(labels, Channel.EMAIL)
    parts = {
        "Grouping": _world(labels),
        "All channels": report.systems(scores),
        "E-mail alone": report.systems({name: score(grouping, mails) for name, grouping in found.items()}),
        f"{OURS}, rule by rule": report.rules(score_rules(own, labels)),
        "Suggestions": report.suggestions(suggested(own, labels), scores[OURS]),
        "Wrong joins": report.causes(scores[OURS].wrong, labels),
        "Joins at stated limits": report.causes(scores[OURS].at_limits, labels),
        "Proofs not honoured": report.missed(missed_proofs(own, labels), labels),
        "Not provable": report.hints(unproved(own, labels)),
    }
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts.items())


def _world(labels: Labels) -> str:
    people = {one.author for one in labels.values() if one.inbound and not one.stranger}
    issues = {one.issue for one in labels.values() if not one.stranger}
    strangers = sum(one.stranger for one in labels.values())
    turned = len(issues) - len({one.conversation for one in labels.values() if not one.stranger})
    return (
        f"{len(people):,} people with {len(issues):,} issues in {len(labels):,} messages on five channels, "
        f"{strangers:,} of them by strangers. Of the issues, {turned:,} began in an older conversation of the same "
        "customer; whether a system keeps them there counts neither for nor against it."
    )


def _progress(what: str, began: float) -> None:
    print(f"{time.perf_counter() - began:5.1f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    log.setup({"THREADLINE_LOG_LEVEL": "error"})
    sys.exit(main())
