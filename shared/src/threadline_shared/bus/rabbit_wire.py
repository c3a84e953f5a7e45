"""What our messages look like on RabbitMQ. Pure.

A publisher sets `ce-id` and headers of its own, nothing else: no `message_id`, since aiormq tells confirms of two
messages in flight apart by it, and equal ones can swap them. The copies we make ourselves (retries, releases, dead
letters) remember where the message was first published, and how often it failed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from aiormq.abc import DeliveredMessage
from msgspec import Struct
from pamqp.commands import Basic

from threadline_contracts.codec import CONTENT_TYPE
from threadline_contracts.topology import Exchange
from threadline_shared.bus import LogEntry, Outgoing

Properties = Basic.Properties
EVENT_ID: Final = "ce-id"
EXCHANGE: Final = "x-threadline-exchange"
KEY: Final = "x-threadline-key"
ATTEMPTS: Final = "x-threadline-attempts"
DELIVERY_COUNT: Final = "x-delivery-count"  # the broker's, of quorum queues: how often it came back
OFFSET: Final = "x-stream-offset"
_DEATHS: Final = "x-death"
_PERSISTENT: Final = 2
_THEIRS: Final = "x-"  # headers that begin so are the broker's, or ours


class Facts(Struct, frozen=True):
    """What a delivered message says of itself."""

    exchange: str
    key: str
    event_id: str
    headers: Mapping[str, str]
    attempts: int
    delivery_count: int


def properties(outgoing: Outgoing) -> Properties:
    """Return the properties of a message's first publication."""
    return _properties({EVENT_ID: outgoing.event_id, **outgoing.headers} if outgoing.event_id else outgoing.headers)


def copied(outgoing: Outgoing, attempts: int) -> Properties:
    """Return the properties of a copy that goes another way than the first publication."""
    remembered = {EVENT_ID: outgoing.event_id, EXCHANGE: str(outgoing.exchange), KEY: outgoing.key, ATTEMPTS: attempts}
    return _properties({**outgoing.headers, **remembered})


def facts(message: DeliveredMessage) -> Facts:
    """Read a delivered message."""
    raw: Mapping[str, Any] = message.header.properties.headers or {}
    exchange, key = message.exchange or "", message.routing_key or ""
    if len(raw) == 1 and EVENT_ID in raw:  # as most are
        return Facts(exchange, key, str(raw[EVENT_ID]), {}, 0, 0)
    headers = {name: value for name, value in raw.items() if isinstance(value, str) and not name.startswith(_THEIRS)}
    event_id = headers.pop(EVENT_ID, "")
    died = _died_at_the_broker(raw)
    return Facts(
        exchange=str(raw.get(EXCHANGE, (died or {}).get("exchange", exchange))),
        key=str(raw.get(KEY, key)),
        event_id=event_id,
        headers={**headers, **_reason(died)} if died else headers,
        attempts=_number(raw.get(ATTEMPTS)),
        delivery_count=_number(raw.get(DELIVERY_COUNT)),
    )


def position(message: DeliveredMessage) -> int:
    """Return where in its stream a message stands."""
    return _number((message.header.properties.headers or {}).get(OFFSET))


def delivery_tag(message: DeliveredMessage) -> int:
    """Return the number of a delivery on its channel."""
    return message.delivery_tag or 0


def log_entry(message: DeliveredMessage) -> LogEntry:
    """Read an event of a stream."""
    read = facts(message)
    outgoing = Outgoing(
        exchange=cast("Exchange", read.exchange),  # a stranger may have bound the stream to one of his own
        key=read.key,
        body=bytes(message.body),
        event_id=read.event_id,
        headers=read.headers,
    )
    return LogEntry(position=position(message), outgoing=outgoing)


def _properties(headers: Mapping[str, Any]) -> Properties:
    return Properties(content_type=CONTENT_TYPE, delivery_mode=_PERSISTENT, headers=dict(headers))


def _died_at_the_broker(headers: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the broker's note that it gave a message up; those on our retry queues only expired."""
    deaths: Sequence[Mapping[str, Any]] = headers.get(_DEATHS) or ()
    return next((death for death in deaths if death.get("reason") == "delivery_limit"), None)


def _reason(death: Mapping[str, Any]) -> Mapping[str, str]:
    when = death.get("time")
    return {
        "reason": "whoever took it ended without a word, again and again (delivery limit of the broker)",
        "queue": str(death.get("queue", "")),
        "attempts": str(death.get("count", "")),
        "buried_at": when.isoformat() if when is not None else "",
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
