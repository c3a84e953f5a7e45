"""The examples of docs/commands.md are commands and answers as they are, one of every type."""

import re
from pathlib import Path

import msgspec
import pytest

from threadline_contracts.codec import SHAPES
from threadline_contracts.topology import EventType, is_command

PAGE = Path(__file__).parents[3] / "docs" / "commands.md"
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(number) for number in range(len(EXAMPLES))])
def test_each_has_the_shape_of_its_type(example: str) -> None:
    told = msgspec.json.decode(example)
    data = msgspec.convert(told["data"], SHAPES[told["type"]])
    assert msgspec.json.decode(msgspec.json.encode(data)).items() >= told["data"].items()


def test_every_command_has_one() -> None:
    told = {msgspec.json.decode(example)["type"] for example in EXAMPLES}
    ours = ("ticket.", "contact.", "suggestion.", "republish.")
    asked = {name for name in EventType if is_command(name) and name.startswith(ours)}
    assert told == {*asked, EventType.COMMAND_ANSWERED}
