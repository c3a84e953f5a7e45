"""Several INSERT statements become one, each with parameters of its own."""

import pytest

from threadline_threads.store.statements import parameters, together


def test_parameters_are_numbered_on_from_one_statement_to_the_next() -> None:
    made = together(["INSERT INTO a SELECT $2, $1", "INSERT INTO b SELECT $1, $1"])
    assert made == "WITH part0 AS (INSERT INTO a SELECT $2, $1), part1 AS (INSERT INTO b SELECT $3, $3) SELECT"


@pytest.mark.parametrize(("statement", "count"), [("SELECT 1", 0), ("SELECT $1, $2, $1", 2), ("SELECT $11", 11)])
def test_the_highest_number_says_how_many_parameters_there_are(statement: str, count: int) -> None:
    assert parameters(statement) == count
