import asyncio
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from support.console import Console, OpenConsole
from support.console_threads import answering
from support.console_tickets import a_conversation
from support.messages import a_message

TOKEN = "correct-horse"
# A cursor is opaque: one that nobody was given is refused, which no schema can say.
CONFIG = """
[parameters]
"query.cursor" = ""
"""


async def test_the_document_describes_every_route_of_the_api(console: Console) -> None:
    document = (await console.get("/api/v1/openapi.json")).json

    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/api/v1/tickets",
        "/api/v1/tickets/{id}",
        "/api/v1/suggestions",
        "/api/v1/contacts",
        "/api/v1/contacts/{id}",
        "/api/v1/commands",
        "/api/v1/commands/{id}",
        "/api/v1/republish",
        "/api/v1/republish/{id}",
        "/api/v1/messages/{id}/trace",
        "/api/v1/dead-letters",
        "/api/v1/dead-letters/{id}",
        "/api/v1/dead-letters/{id}/replay",
        "/api/v1/dead-letters/replay",
        "/api/v1/events",
        "/api/v1/health",
        "/api/v1/blobs/{id}",
    }
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_people_read_the_same_document(console: Console) -> None:
    page = (await console.get("/api")).text

    assert "/api/v1/dead-letters/{id}/replay" in page
    assert "looks in subject, contact, reference and texts" in page


@pytest.mark.parametrize("settings", [{}, {"api_token": TOKEN}], ids=["open", "token"])
async def test_the_api_keeps_its_word_whatever_is_asked(
    open_console: OpenConsole, tmp_path: Path, settings: dict[str, str]
) -> None:
    async with open_console(**settings) as console, answering(console.bus, console.tickets):
        for number in range(3):
            console.tickets.put(a_conversation(a_message(f"m{number}")))

        code, said = await schemathesis(console.url, tmp_path)

    assert code == 0, said


async def schemathesis(url: str, folder: Path) -> tuple[int, str]:
    """Run it against a server; everything but the endless stream."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{url}/api/v1/openapi.json"),
        *("--exclude-path", "/api/v1/events", "--max-examples", "8", "--seed", "4711", "--no-color"),
        *("-H", f"Authorization: Bearer {TOKEN}"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
