"""What a stranger writes must not drive the operator's terminal."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from threadline_standalone.terminal import add, ago, printable, table

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("hostile", ["a\x1b[2Jb", "a\rb", "a\x07b", "a\u202eb", "a\u2028b", "a\nb"])
def test_control_and_direction_characters_become_spaces(hostile: str) -> None:
    assert printable(hostile).startswith("a ")
    assert printable(hostile).endswith("b")


def test_markup_of_a_subject_is_shown_as_it_is() -> None:
    out = StringIO()
    grid = table("subject")
    add(grid, ["[bold]not bold[/bold] :smile:"])
    Console(file=out, width=80).print(grid)
    assert "[bold]not bold[/bold] :smile:" in out.getvalue()


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(milliseconds=200), "now"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=4, seconds=30), "4 min"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_ages_have_one_unit(passed: timedelta, words: str) -> None:
    assert ago(NOON - passed, NOON) == words
