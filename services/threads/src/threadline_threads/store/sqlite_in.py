"""Statements over any number of values in SQLite, some at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from threadline_shared.sqlite import Connection

_VALUES: Final = 5000  # of one statement; SQLite takes 32,766


def select_in(
    connection: Connection, select: str, column: str, values: Iterable[Any], *before: object, after: str = ""
) -> Iterator[tuple[Any, ...]]:
    """Yield what `select WHERE column IN (values) after` finds; `before` are values that stand before them."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), _VALUES):
        some: Sequence[Any] = distinct[start : start + _VALUES]
        marks = ",".join("?" * len(some))
        yield from connection.execute(f"{select} WHERE {column} IN ({marks}) {after}", [*before, *some])
