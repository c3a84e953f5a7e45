"""What we publish is what the code says: schemas, examples and the AsyncAPI document."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from threadline_contracts.codec import SHAPES
from threadline_contracts.schema import event_schemas, exchange_of, listeners
from threadline_contracts.topology import RESERVED_TYPES, EventType, Exchange

CONTRACTS = Path(__file__).parents[3] / "contracts"
SCHEMAS = event_schemas()


def example(event_type: str) -> Any:
    return json.loads((CONTRACTS / "examples" / f"{event_type}.json").read_text())


def complaints(event_type: str, event: Any) -> list[str]:
    validator = Draft202012Validator(SCHEMAS[event_type], format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(event)]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [ref for value in node.values() for ref in references(value)]
    return [ref for value in node for ref in references(value)] if isinstance(node, list) else []


def test_the_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, CONTRACTS / "generate.py", "--check"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("event_type", SHAPES)
def test_each_schema_is_valid_json_schema(event_type: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[event_type])


@pytest.mark.parametrize("event_type", SHAPES)
def test_each_example_satisfies_its_schema(event_type: str) -> None:
    assert complaints(event_type, example(event_type)) == []


@pytest.mark.parametrize("event_type", SHAPES)
def test_a_reader_accepts_fields_it_does_not_know(event_type: str) -> None:
    event = example(event_type)
    event["later"] = event["data"]["later"] = "a field of the future"

    assert complaints(event_type, event) == []


def test_a_schema_refuses_what_the_code_refuses() -> None:
    event = example("message.received.v1")
    event["data"]["message"]["reference"] = "lower case"
    del event["data"]["message"]["sender"]

    assert len(complaints("message.received.v1", event)) == 2


def test_asyncapi_refers_only_to_what_is_there() -> None:
    document = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())
    targets = references(document)

    assert targets
    for target in targets:
        if target.startswith("./"):
            assert (CONTRACTS / target).is_file()
            continue
        node = document
        for step in target.removeprefix("#/").split("/"):
            node = node[step]


@pytest.mark.parametrize("event_type", SHAPES)
def test_every_event_has_an_exchange_and_a_listener_of_ours(event_type: str) -> None:
    assert isinstance(exchange_of(EventType(event_type)), Exchange)
    assert listeners(EventType(event_type))


def test_no_reserved_name_is_taken() -> None:
    assert not set(RESERVED_TYPES) & set(SHAPES)
