"""What was odd about a message, in plain words."""

import re
from pathlib import Path
from typing import Final

import pytest

from threadline_console.pages.problems import SAYS, odd
from threadline_contracts.message import Problem

ROOT: Final = Path(__file__).parents[3]
_CODE: Final = re.compile(r"""Problem\(\s*code="([a-z_]+)"|problems\["([a-z_]+)"|_noting\([^"]*"([a-z_]+)\"""")


def _codes() -> set[str]:
    """Return the codes of problems that any service's source names."""
    sources = [
        path.read_text(encoding="utf-8")
        for path in (*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/src/**/*.py"))
    ]
    return {code for source in sources for found in _CODE.findall(source) for code in found if code}


@pytest.mark.parametrize("code", sorted(_codes()))
def test_every_problem_has_words_for_people(code: str) -> None:
    assert code in SAYS


def test_a_problem_of_a_newer_service_shows_its_own_name() -> None:
    assert odd(Problem(code="never_heard_of", detail="x")).says == "never heard of"
