"""Several SQL statements of PostgreSQL as one. Pure."""

import re
from collections.abc import Iterable
from functools import cache

_PARAMETER = re.compile(r"\$(\d+)")


@cache
def parameters(statement: str) -> int:
    """Return how many parameters ($1, $2 ...) a statement takes."""
    return max((int(number) for number in _PARAMETER.findall(statement)), default=0)


def together(statements: Iterable[str]) -> str:
    """Return INSERT statements into different tables as one; its parameters are theirs, one statement after the other.

    All of them see the database as it was before the first (PostgreSQL, "Data-Modifying Statements in WITH").
    """
    parts, before = [], 0
    for number, statement in enumerate(statements):
        parts.append(f"part{number} AS ({_shifted(statement, before)})")
        before += parameters(statement)
    return f"WITH {', '.join(parts)} SELECT"


def _shifted(statement: str, by: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + by}", statement)
