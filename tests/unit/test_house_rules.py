"""Rules of the house that no linter knows: sizes, blindness to channels, documents that lead somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("contracts", "shared", "services", "tests")
LONGEST_FUNCTION: Final = 40
LONGEST_FILE: Final = 250
LINK: Final = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#[^)]*)?\)")
CHANNEL: Final = re.compile(r"Channel\.[A-Z]|\"(?:form|chat|telegram|voice)\"")


def python_files() -> Iterator[Path]:
    for part in PARTS:
        yield from (ROOT / part).rglob("*.py")


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_no_file_is_longer_than_one_can_keep_in_mind() -> None:
    lengths = {path.relative_to(ROOT): path.read_text().count("\n") for path in python_files()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_function_fits_in_a_breath() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize("member", ["shared", "services/threads"])
def test_what_all_channels_share_knows_none_of_them(member: str) -> None:
    sources = {path: path.read_text() for path in (ROOT / member / "src").rglob("*.py")}
    assert [path.relative_to(ROOT) for path, text in sources.items() if CHANNEL.search(text)] == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    places = [place for place in LINK.findall(document.read_text()) if place]
    assert [place for place in places if not (document.parent / place).exists()] == []


def test_make_help_tells_of_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = {name for line in re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE) for name in line.split()}
    told = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert commands == told
