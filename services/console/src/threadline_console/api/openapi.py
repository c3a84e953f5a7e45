"""The OpenAPI 3.1 document, made from the route table and the shapes: it cannot say anything else than the code."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import Struct

from threadline_console.access import Scope
from threadline_console.answers import Failure
from threadline_console.api.operation import ROOT, Operation

_REF: Final = "#/components/schemas/{name}"
_ERROR_ALWAYS: Final = (400, 401, 403, 503)
_MEDIA: Final = "application/json"
_ACCEPTED: Final = 202
_PARTIAL: Final = 206


def document(operations: Iterable[Operation], *, version: str) -> dict[str, Any]:
    """Return the document of a route table."""
    listed = list(operations)
    shapes = [*dict.fromkeys(shape for operation in listed for shape in _shapes(operation)), Failure]
    _, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(ROOT + operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Threadline API",
            "version": version,
            "description": (
                "Tickets, commands, suggestions, contacts, the way of a message, dead letters, events and files of a "
                "Threadline gateway."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "THREADLINE_API_TOKEN, where it is set"},
                "blobToken": {"type": "http", "scheme": "bearer", "description": "THREADLINE_BLOB_TOKEN: files alone"},
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body:
        required = len(operation.body) > 1  # the others have a default for every field
        said["requestBody"] = {"required": required, "content": {_MEDIA: {"schema": _one_of(operation.body)}}}
    if operation.scope is Scope.BLOBS:
        said["security"] = [{"token": []}, {"blobToken": []}, {}]
    return said


def _parameters(operation: Operation) -> Sequence[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    if operation.about_id:
        schema = {"type": "string", "minLength": 1}
        found.append(
            {"name": "id", "in": "path", "required": True, "description": operation.about_id, "schema": schema}
        )
    _, components = msgspec.json.schema_components([operation.query])
    properties: Mapping[str, Any] = components[operation.query.__name__]["properties"]
    for name, described in properties.items():
        found.append({"name": name, "in": "query", "required": False, "schema": _inlined(described, components)})
    for name, said in operation.headers.items():
        found.append({"name": name, "in": "header", "required": False, "description": said, "schema": _HEADERS[name]})
    return found


_HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Last-Event-ID": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    "Range": {"type": "string"},
    "Idempotency-Key": {"type": "string", "pattern": "^[0-9A-Za-z._:-]{1,120}$"},
}


def _inlined(described: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = described.get("$ref")
    return components[ref.rpartition("/")[2]] if ref else {k: v for k, v in described.items() if k != "default" or v}


def _responses(operation: Operation) -> Mapping[str, Any]:
    found = {str(operation.status): _success(operation)}
    if _PARTIAL in operation.errors:
        found[str(_PARTIAL)] = _success(operation)
    if operation.later:
        found[str(_ACCEPTED)] = _said(_ACCEPTED, _ref(operation.later))
    for status in sorted({*_ERROR_ALWAYS, *operation.errors} - {_PARTIAL}):
        found[str(status)] = _said(status, _ref(Failure))
    return found


def _success(operation: Operation) -> Mapping[str, Any]:
    if isinstance(operation.answer, str):
        return _said(operation.status, {"type": "string"}, operation.answer)
    return _said(operation.status, _ref(operation.answer))


def _said(status: int, schema: Mapping[str, Any], media: str = _MEDIA) -> Mapping[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {media: {"schema": schema}}}


def _one_of(shapes: Sequence[type[Struct]]) -> Mapping[str, Any]:
    if len(shapes) == 1:
        return _ref(shapes[0])
    refs = [_ref(shape) for shape in shapes]
    mapping = {str(shape.__struct_config__.tag): ref["$ref"] for shape, ref in zip(shapes, refs, strict=True)}
    return {"anyOf": refs, "discriminator": {"propertyName": "type", "mapping": mapping}}


def _ref(shape: type[Struct]) -> Mapping[str, str]:
    return {"$ref": _REF.format(name=shape.__name__)}


def _shapes(operation: Operation) -> Sequence[type[Struct]]:
    answers = (operation.answer, operation.later)
    return (*(one for one in answers if one and not isinstance(one, str)), *operation.body)
