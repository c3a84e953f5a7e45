"""`threadline schema`: the published contracts, for whoever writes a consumer in any language. Needs no gateway."""

import json as jsonlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from threadline_console.api.openapi import document
from threadline_console.api.table import OPERATIONS
from threadline_contracts.codec import encode
from threadline_contracts.examples import example_events
from threadline_contracts.schema import asyncapi, event_schemas
from threadline_standalone.exits import CommandError, Exit
from threadline_standalone.terminal import show_json


def schema(
    name: Annotated[str, Parameter(help="An event type, `asyncapi` or `openapi`; none: the names there are.")] = "",
    /,
    *,
    example: Annotated[bool, Parameter(help="Print an example of the event instead.")] = False,
    out: Annotated[Path | None, Parameter(help="Write every document into this folder.")] = None,
    json: Annotated[bool, Parameter(help="Print the names as JSON (documents always are).")] = False,
) -> None:
    """Print one document (JSON Schema 2020-12, AsyncAPI 3, OpenAPI 3.1), or write them all."""
    if out:
        written = _write(out)
        show_json(written) if json else print("\n".join(written))
    elif name:
        show_json(_found(_examples() if example else _documents(), name))
    else:
        names = sorted(_documents())
        show_json(names) if json else print("\n".join(names))


def _documents() -> dict[str, Any]:
    release = version("threadline-standalone")
    return {**event_schemas(), "asyncapi": asyncapi(release), "openapi": document(OPERATIONS, version=release)}


def _examples() -> dict[str, Any]:
    return {name: jsonlib.loads(encode(event)) for name, event in example_events().items()}


def _found(documents: Mapping[str, Any], name: str) -> object:
    if name not in documents:
        raise CommandError(f"no document {name}; there are: {', '.join(sorted(documents))}", Exit.NOT_FOUND)
    return documents[name]


def _write(folder: Path) -> list[str]:
    files = {f"{name}.json": document for name, document in _documents().items()}
    files |= {f"examples/{name}.json": example for name, example in _examples().items()}
    try:
        (folder / "examples").mkdir(parents=True, exist_ok=True)
        for name, document in files.items():
            text = jsonlib.dumps(msgspec.to_builtins(document), indent=2, ensure_ascii=False)
            (folder / name).write_text(f"{text}\n", encoding="utf-8")
    except OSError as err:
        raise CommandError(f"cannot write to {folder}: {err.strerror}", Exit.REFUSED) from err
    return sorted(str(folder / name) for name in files)
