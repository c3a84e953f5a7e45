"""Lists of words that come with the package, by group: constants that read better as TOML than as code."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain

Words = Mapping[str, Sequence[str]]


def words(file: str) -> Words:
    """Return the words of a file of this package by table (all its keys together), and by `table.key`."""
    tables: Mapping[str, Mapping[str, list[str]]] = tomllib.loads((files(__package__) / file).read_text("utf-8"))
    return dict(_groups(tables))


def _groups(tables: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, Sequence[str]]]:
    for name, table in tables.items():
        yield name, tuple(chain.from_iterable(table.values()))
        yield from ((f"{name}.{key}", tuple(listed)) for key, listed in table.items())
