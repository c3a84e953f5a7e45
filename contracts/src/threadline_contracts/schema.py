"""The published face of the contracts: JSON Schema 2020-12 per event type, and AsyncAPI 3. Values, no files."""

from typing import Any, Final

import msgspec

from threadline_contracts.codec import CONTENT_TYPE, EVENT_MAX_BYTES, SCHEMA_ROOT, SHAPES, Event
from threadline_contracts.topology import ALWAYS, Binding, EventType, Exchange, Queue, deliveries, is_command, replays

Json = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_VERSION: Final = "3.0.0"
_REQUIRED: Final = ("specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data")
_EXCHANGE_OF: Final = {"message": Exchange.MESSAGES, "input.buried": Exchange.DEAD}


def event_schemas() -> dict[str, Json]:
    """Return the schema of each event (the whole CloudEvent), by event type."""
    return {event_type: event_schema(EventType(event_type)) for event_type in SHAPES}


def event_schema(event_type: EventType) -> Json:
    """Return the JSON Schema of one event type. Readers accept unknown fields: contracts only grow."""
    shape = SHAPES[event_type]
    (payload, envelope), definitions = msgspec.json.schema_components([shape, Event], ref_template="#/$defs/{name}")
    properties = dict(definitions.pop(Event.__name__)["properties"])
    properties["type"] = {"const": event_type.value}
    properties["specversion"] = {"const": "1.0"}
    properties["dataschema"] = {"const": f"{SCHEMA_ROOT}/{event_type}.json"}
    properties["data"] = payload
    del envelope  # a reference to what has just been taken out
    return {
        "$schema": DIALECT,
        "$id": f"{SCHEMA_ROOT}/{event_type}.json",
        "title": event_type.value,
        "description": (shape.__doc__ or "").split("\n", 1)[0],
        "type": "object",
        "required": list(_REQUIRED),
        "properties": {name: _without_default(rule) for name, rule in properties.items()},
        "$defs": dict(sorted(definitions.items())),
    }


def asyncapi(version: str) -> Json:
    """Return the AsyncAPI 3 document of the bus: a channel per event type, and who listens."""
    types = [EventType(name) for name in SHAPES]
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Threadline bus",
            "version": version,
            "description": (
                "CloudEvents 1.0, structured JSON, at most "
                f"{EVENT_MAX_BYTES // 1024} KiB, over AMQP 0-9-1 topic exchanges. A consumer declares its own queue, "
                "binds it to an exchange and keeps the newest revision of each ticket header; messages only add."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {_id_of(event_type): _channel(event_type) for event_type in types},
        "operations": {f"send_{_id_of(event_type)}": _operation(event_type) for event_type in types},
        "components": {"messages": {_id_of(event_type): _message(event_type) for event_type in types}},
    }


def exchange_of(event_type: EventType) -> Exchange:
    """Return the exchange an event type is published to."""
    if is_command(event_type):
        return Exchange.COMMANDS
    named = (exchange for prefix, exchange in _EXCHANGE_OF.items() if event_type.startswith(prefix))
    return next(named, Exchange.TICKETS)


def listeners(event_type: EventType) -> list[str]:
    """Return the names of our own queues that an event type reaches (`{channel}` where each channel has one)."""
    queues: tuple[Queue, ...] = (*ALWAYS, replays("{channel}"), deliveries("{channel}"))
    return [q.name for q in queues if any(_reaches(event_type, binding) for binding in q.bindings)]


def _reaches(event_type: EventType, binding: Binding) -> bool:
    stem = binding.pattern.split("#")[0].split("*")[0]
    return binding.exchange == exchange_of(event_type) and event_type.startswith(stem.rstrip("."))


def _id_of(event_type: EventType) -> str:
    return event_type.replace(".", "_")


def _address(event_type: EventType) -> str:
    per_channel = event_type.startswith(("message.", "input."))
    return f"{event_type}.{{channel}}" if per_channel else event_type.value


def _channel(event_type: EventType) -> Json:
    address = _address(event_type)
    channel: Json = {
        "address": address,
        "title": event_type.value,
        "messages": {_id_of(event_type): {"$ref": f"#/components/messages/{_id_of(event_type)}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange_of(event_type).value, "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }
    if "{channel}" in address:
        channel["parameters"] = {"channel": {"description": "email, form, chat, telegram, voice, or one you add"}}
    return channel


def _operation(event_type: EventType) -> Json:
    own = ", ".join(listeners(event_type)) or "none"
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_id_of(event_type)}"},
        "description": f"Queues of the gateway that hear it: {own}.",
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
    }


def _message(event_type: EventType) -> Json:
    return {
        "name": event_type.value,
        "contentType": CONTENT_TYPE,
        "summary": (SHAPES[event_type].__doc__ or "").split("\n", 1)[0],
        "payload": {
            "schemaFormat": "application/schema+json;version=2020-12",
            "schema": {"$ref": f"./schema/{event_type}.json"},
        },
    }


def _without_default(rule: Any) -> Any:
    # The envelope omits what is empty; a default there would say that an absent attribute is an empty string.
    return {key: value for key, value in rule.items() if key != "default"} if isinstance(rule, dict) else rule
