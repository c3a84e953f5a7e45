import re
from collections.abc import Hashable
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from benchmarks.grouping import ours, report
from benchmarks.grouping.chart import chart
from benchmarks.grouping.scoring import score, score_rules
from benchmarks.grouping.world import simulate
from support.labelled import a_labelled, grouped, labels
from threadline_contracts.ticket import Rule


async def test_our_grouping_is_read_from_our_events_joins_links_and_all(tmp_path: Path) -> None:
    one, two = a_labelled("m1").message, a_labelled("m2").message
    both, stranger = a_labelled("m3", cites=["m1", "m2"]).message, a_labelled("x1", cites=["m1"], by="m@m.example")
    found = await ours.group([one, two, both, both, stranger.message], tmp_path, seed=1)
    assert found.groups[one.id] == found.groups[two.id] == found.groups[both.id] != found.groups[stranger.id]
    joins = [(join.rule, join.message, join.to) for join in found.joins]
    joined = (Rule.REFERENCE, both.id, two.id)
    assert joins in ([joined, (Rule.REFERENCE, two.id, one.id)], [joined, (Rule.REFERENCE, one.id, two.id)])


async def test_how_it_is_batched_changes_no_group(tmp_path: Path) -> None:
    world = simulate(5, 40)
    partitions = set()
    for seed in (1, 2):
        (tmp_path / str(seed)).mkdir()
        found = await ours.group(world.delivered, tmp_path / str(seed), seed)
        members: dict[Hashable, set[UUID]] = {}
        for message, group in found.groups.items():
            members.setdefault(group, set()).add(message)
        partitions.add(frozenset(map(frozenset, members.values())))
    assert len(partitions) == 1
    assert set().union(*next(iter(partitions))) == set(world.by_id())


def test_the_report_is_markdown_and_a_share_is_not_rounded_up_to_all() -> None:
    one, two = a_labelled("m1"), a_labelled("m2")
    stranger = replace(a_labelled("x1", "x"), scenario="knocks")
    known = labels(one, two, stranger)
    found = score(grouped([one, two, stranger]), known)
    assert report.systems({"Ours": found}).splitlines()[2] == "| Ours | 2 | 0.3333 | - | 1 | 1 | 0 | 0 |"
    assert "| reference | 2 | 1 | 0.5000 | - |" in report.rules(score_rules(grouped([one, two, stranger]), known))
    assert "| reference | knocks | test | 1 |" in report.causes(found.wrong, known)
    assert report.share(0.99999) == "0.9999"


def test_the_chart_shows_every_system_and_marks_ours() -> None:
    known = labels(a_labelled("m1"), a_labelled("m2"))
    drawn = chart(
        {"Ours & theirs": score(grouped([*known.values()]), known), "Theirs": score(grouped(), known)}, "Theirs"
    )
    assert re.findall(r'<rect class="([^"]*)"', drawn) == ["bar", "bar ours"] * 3
    assert ">Ours &amp; theirs</text>" in drawn
