"""The API for people: one page made from the same document that machines read."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from msgspec import Struct

from threadline_console.pages.door import Door
from threadline_console.pages.house import Renderer


class Shown(Struct, frozen=True, kw_only=True):
    """An operation of the API."""

    id: str
    method: str
    path: str
    summary: str
    parameters: tuple[tuple[str, str], ...]
    answers: str


class ApiPage:
    """Renders the document."""

    def __init__(self, document: Mapping[str, Any], renderer: Renderer, door: Door, *, open_to_all: bool) -> None:
        self._operations = shown(document)
        self._renderer = renderer
        self._door = door
        self._open = open_to_all

    async def show(self, request: web.Request) -> web.Response:
        """GET /api."""
        base = f"{request.scheme}://{request.host}/api/v1/tickets?status=open&limit=5"
        token = "" if self._open else '-H "Authorization: Bearer $THREADLINE_API_TOKEN" '
        access = (
            "No token is set, so every program on this machine may ask."
            if self._open
            else "Send Authorization: Bearer with THREADLINE_API_TOKEN."
        )
        return self._renderer.page(
            "api.html",
            await self._door.house("api"),
            operations=self._operations,
            access=access,
            example=f"curl -s {token}'{base}'",
        )


def shown(document: Mapping[str, Any]) -> Sequence[Shown]:
    """Return the operations of a document, in its order."""
    return [
        _operation(method, path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]


def _operation(method: str, path: str, said: Mapping[str, Any]) -> Shown:
    return Shown(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        parameters=tuple((one["name"], _about(one)) for one in said["parameters"]),
        answers=f"Answers {', '.join(_answer(status, one) for status, one in said['responses'].items())}.",
    )


def _about(parameter: Mapping[str, Any]) -> str:
    schema = parameter["schema"]
    said = parameter.get("description") or schema.get("description", "")
    allowed = " | ".join(schema["enum"]) if "enum" in schema else schema.get("type", "")
    default = f", default {schema['default']}" if "default" in schema else ""
    where = "" if parameter["in"] == "query" else f" ({parameter['in']})"
    return f"{allowed}{default}{where}" + (f": {said}" if said else "")


def _answer(status: str, response: Mapping[str, Any]) -> str:
    return f"{status} {response['description']}"
