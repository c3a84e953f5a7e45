"""The commands that need no gateway: help, contracts, checks."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from support.gateway import Ended, Gateway


def threadline(*words: str, folder: Path) -> Ended:
    return Gateway(folder).command(*words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "up",
        "demo",
        "check",
        "backfill",
        "send mail",
        "send form",
        "tickets",
        "tail",
        "trace",
        "dead",
        "dead replay",
        "schema",
    ],
)
def test_every_command_has_help(tmp_path: Path, words: str) -> None:
    helped = threadline(*words.split(), "--help", folder=tmp_path)
    assert helped.code == 0
    assert "Exit codes" in helped.out


def test_help_is_quick_because_it_imports_no_service() -> None:
    code = "import sys, threadline_standalone.cli as c; c.command_line(); print('aiohttp' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


@pytest.mark.parametrize("words", ["nothing", "up --nothing", "dead replay one two", "tickets --limit many"])
def test_wrong_use_is_exit_2(tmp_path: Path, words: str) -> None:
    assert threadline(*words.split(), folder=tmp_path).code == 2


def test_schema_names_what_there_is_and_prints_it(tmp_path: Path) -> None:
    names = threadline("schema", "--json", folder=tmp_path).json
    assert {"ticket.opened.v1", "message.received.v1", "asyncapi", "openapi"} <= set(names)
    schema = threadline("schema", "ticket.opened.v1", folder=tmp_path).json
    example = threadline("schema", "ticket.opened.v1", "--example", folder=tmp_path).json
    jsonschema.Draft202012Validator(schema).validate(example)


def test_schema_writes_every_document(tmp_path: Path) -> None:
    assert threadline("schema", "--out", str(tmp_path / "out"), folder=tmp_path).code == 0
    assert json.loads((tmp_path / "out" / "openapi.json").read_text())["openapi"].startswith("3.1")
    assert (tmp_path / "out" / "examples" / "ticket.opened.v1.json").exists()


def test_a_schema_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    missing = threadline("schema", "ticket.exploded.v1", folder=tmp_path)
    assert missing.code == 4
    assert "ticket.opened.v1" in missing.err


def test_check_leaves_no_trace(tmp_path: Path) -> None:
    found = threadline("check", "--json", folder=tmp_path)
    assert found.code == 0
    assert {one["name"] for one in found.json} == {
        *("settings", "data", "disk", "http", "smtp", "sqlite", "bus", "database", "blobs")
    }
    assert list(tmp_path.iterdir()) == []


def test_check_names_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[email]\nsmtp_max_bytes = 'big'\n")
    wrong = threadline("check", "--config", "x.toml", folder=tmp_path)
    assert wrong.code == 1
    assert "smtp_max_bytes" in wrong.out


@pytest.mark.parametrize("variable", ["THREADLINE_BUS_URL", "THREADLINE_DATABASE_URL"])
def test_check_tries_what_is_elsewhere(tmp_path: Path, unused_tcp_port: int, variable: str) -> None:
    scheme = "amqp" if "BUS" in variable else "postgresql"
    away = Gateway(tmp_path).command("check", **{variable: f"{scheme}://user:secret@127.0.0.1:{unused_tcp_port}/x"})
    assert away.code == 1
    assert variable in away.out
    assert "secret" not in away.out
