"""What somebody asks for, checked field by field, pure: one sentence for each field that is wrong."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import Struct

from threadline_console.api.shapes_commands import ORDERS, Order
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ticket import Status

_TICKET: Final = "give a ticket's id, or its reference such as 7K3M9-QZD4T"
_UUID: Final = "give an id: a UUID"
_EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "type": f"say which of these is asked: {', '.join(sorted(str(o.__struct_config__.tag) for o in ORDERS))}",
        "data": "give an object with the fields of this type",
        "id": "an id has at most 120 letters, digits and . _ : -",
        "by": "say who asks, in at most 120 characters",
        "because": "give the reason in at most 500 characters",
        "ticket": _TICKET,
        "into": _TICKET,
        "message_id": "give a message's id, or its reference such as 7K3M9-QZD4T",
        "status": f"say one of {', '.join(Status)}",
        "suggestion": _UUID,
        "decision": "say accept or decline",
        "contact": _UUID,
        "other": _UUID,
        "identity": "give an object with kind (email, phone, telegram ...) and value",
    }
)
_SHAPES: Final[Mapping[object, type[Order]]] = {shape.__struct_config__.tag: shape for shape in ORDERS}
_UNKNOWN: Final = "there is no such field"


class Faults(Struct, frozen=True):
    """What is wrong with something that was asked: one sentence a field; `missing` counts as not found."""

    fields: Mapping[str, str]
    missing: bool = False

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return "; ".join(f"{name}: {said}" for name, said in self.fields.items())


def read_order(given: object) -> Order | Faults:
    """Return what is asked, or what is wrong with it. Raises MalformedInputError when it is no object at all."""
    if not isinstance(given, dict):
        raise MalformedInputError('send a JSON object: {"type": "ticket.merge.requested.v1", "data": {...}}')
    kind = given.get("type")
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return Faults({"type": _EXPECTED["type"]})
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as err:
        return Faults(_wrong(given, shape) or {"data": str(err)})


def _wrong(given: Mapping[str, Any], shape: type[Order]) -> Mapping[str, str]:
    hints = get_type_hints(shape, include_extras=True)
    rest = {name: value for name, value in given.items() if name not in {"type", "data"}}
    found = _wrong_fields(rest, {"id": hints["id"]}, required=frozenset())
    data = given.get("data")
    if not isinstance(data, dict):
        return {**found, "data": _EXPECTED["data"]}
    inner: type[Struct] = hints["data"]
    required = frozenset(field.name for field in msgspec.structs.fields(inner) if field.required)
    return {**found, **_wrong_fields(data, get_type_hints(inner, include_extras=True), required)}


def _wrong_fields(given: Mapping[str, Any], hints: Mapping[str, Any], required: frozenset[str]) -> dict[str, str]:
    found = {name: _UNKNOWN for name in given if name not in hints}
    for name, hint in hints.items():
        if name in given:
            try:
                msgspec.convert(given[name], hint)
            except msgspec.ValidationError:
                found[name] = _EXPECTED[name]
        elif name in required:
            found[name] = f"is missing: {_EXPECTED[name]}"
    return found
