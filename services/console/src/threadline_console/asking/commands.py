"""From an order to the contract's command: references become ids; who asks is filled in."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from threadline_console.api.shapes_commands import Order
from threadline_console.asking.orders import Faults
from threadline_contracts.codec import SHAPES
from threadline_contracts.ids import read_reference
from threadline_contracts.topology import EventType
from threadline_threads.reading import Reader

_MESSAGE: Final = "message_id"
_NAMED: Final = ("ticket", "into", _MESSAGE, "suggestion", "contact", "other")


class Asking(Struct, frozen=True):
    """A command of the contract, not yet published; `about` is what it concerns."""

    type: EventType
    data: Struct
    about: UUID


async def command_of(order: Order, by: str, reader: Reader) -> Asking | Faults:
    """Return the command that an order means, or which of its references nothing has. Raises TemporaryError."""
    ids: dict[str, UUID] = {}
    unknown: dict[str, str] = {}
    for name in _NAMED:
        if key := getattr(order.data, name, ""):
            found = await _find(name, key, reader)
            if isinstance(found, UUID):
                ids[name] = found
            else:
                unknown[name] = found
    if unknown:
        return Faults(unknown, missing=True)
    kind = EventType(str(order.__struct_config__.tag))
    said = {name: getattr(order.data, name) for name in order.data.__struct_fields__}
    data = msgspec.convert({**said, **ids, "by": by}, SHAPES[kind], from_attributes=True)
    return Asking(kind, data, next(iter(ids.values())))


async def _find(name: str, key: str, reader: Reader) -> UUID | str:
    """Return the id that a key means, or why there is none; whether a thing of that id exists, threads says."""
    try:
        return UUID(key.strip())
    except ValueError:
        found = await _ids_of(name, read_reference(key), reader)
    if not found:
        return f"no {'message' if name == _MESSAGE else 'ticket'} has the reference {key.strip()}"
    if len(set(found)) > 1:
        return f"the reference {key.strip()} is used in more than one desk: give the id"
    return found[0]


async def _ids_of(name: str, reference: str, reader: Reader) -> Sequence[UUID]:
    traces = await reader.trace(reference)
    return [trace.message.id if name == _MESSAGE else trace.ticket for trace in traces]
