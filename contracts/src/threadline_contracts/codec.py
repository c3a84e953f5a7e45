"""CloudEvents 1.0 in structured JSON, at most 64 KiB, for every event on the bus (https://cloudevents.io)."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from threadline_contracts.arrival import InputBuried, ReplayRequested
from threadline_contracts.commands import (
    CommandAnswered,
    ContactEraseRequested,
    ContactLinkRequested,
    ContactUnlinkRequested,
    MergeRequested,
    RepublishRequested,
    SplitRequested,
    StatusRequested,
    SuggestionDecided,
    UnmergeRequested,
)
from threadline_contracts.contact import ContactErased, ContactLinked, ContactUnlinked, ErasureRequested
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import event_id
from threadline_contracts.message import MessageReceived, Moment
from threadline_contracts.security import SecuritySignal
from threadline_contracts.ticket import (
    MergeSuggested,
    MessagePlaced,
    SuggestionSettled,
    TicketMerged,
    TicketReopened,
    TicketUnmerged,
    TicketUpdated,
)
from threadline_contracts.topology import EventType

EVENT_MAX_BYTES: Final = 64 * 1024  # CloudEvents: every intermediary forwards events up to this size
MESSAGE_MAX_BYTES: Final = 48 * 1024  # leaves room for the ticket around it
CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
SCHEMA_ROOT: Final = "https://threadline.dev/schema"

SHAPES: Final[Mapping[str, type[Struct]]] = MappingProxyType(
    {
        EventType.MESSAGE_RECEIVED: MessageReceived,
        EventType.INPUT_BURIED: InputBuried,
        EventType.INPUT_REPLAY_REQUESTED: ReplayRequested,
        EventType.TICKET_OPENED: MessagePlaced,
        EventType.TICKET_MESSAGE_ADDED: MessagePlaced,
        EventType.TICKET_REOPENED: TicketReopened,
        EventType.TICKET_UPDATED: TicketUpdated,
        EventType.TICKET_MERGED: TicketMerged,
        EventType.TICKET_UNMERGED: TicketUnmerged,
        EventType.TICKET_MERGE_SUGGESTED: MergeSuggested,
        EventType.TICKET_SUGGESTION_SETTLED: SuggestionSettled,
        EventType.TICKET_MERGE_REQUESTED: MergeRequested,
        EventType.TICKET_UNMERGE_REQUESTED: UnmergeRequested,
        EventType.TICKET_SPLIT_REQUESTED: SplitRequested,
        EventType.TICKET_STATUS_REQUESTED: StatusRequested,
        EventType.SUGGESTION_DECIDED: SuggestionDecided,
        EventType.CONTACT_LINK_REQUESTED: ContactLinkRequested,
        EventType.CONTACT_UNLINK_REQUESTED: ContactUnlinkRequested,
        EventType.CONTACT_ERASE_REQUESTED: ContactEraseRequested,
        EventType.REPUBLISH_REQUESTED: RepublishRequested,
        EventType.ERASURE_REQUESTED: ErasureRequested,
        EventType.COMMAND_ANSWERED: CommandAnswered,
        EventType.CONTACT_LINKED: ContactLinked,
        EventType.CONTACT_UNLINKED: ContactUnlinked,
        EventType.CONTACT_ERASED: ContactErased,
        EventType.SECURITY_FORGED_TOKEN: SecuritySignal,
        EventType.SECURITY_STRANGER_ON_THREAD: SecuritySignal,
        EventType.SECURITY_IDENTITY_CONFLICT: SecuritySignal,
    }
)
_TYPE: Final = re.compile(r"(?P<name>[a-z][a-z_.]*)\.v(?P<major>[0-9]{1,4})", re.ASCII)
_LIBRARY_ERRORS: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
_encoder: Final = msgspec.json.Encoder()
_T = TypeVar("_T", bound=Struct)

NonEmpty = Annotated[str, Meta(min_length=1)]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A CloudEvent. `data` stays undecoded until its type is known; absent attributes are omitted, never empty."""

    specversion: NonEmpty
    id: NonEmpty
    source: NonEmpty
    type: NonEmpty
    time: Moment
    subject: str = ""
    datacontenttype: str = ""
    dataschema: str = ""
    partitionkey: str = ""
    traceparent: str = ""
    data: Raw


_event_decoder: Final = msgspec.json.Decoder(Event)
_shape_decoders: Final = {name: msgspec.json.Decoder(shape) for name, shape in SHAPES.items()}


def make_event(
    event_type: EventType,
    data: Struct,
    *,
    about: UUID,
    revision: int,
    source: str,
    time: datetime,
    partition: str = "",
    traceparent: str = "",
) -> Event:
    """Return the event that says `data`; its id depends on (`about`, type, `revision`) alone.

    Raises MalformedInputError when `data` cannot be JSON (a lone surrogate, for example).
    """
    return Event(
        specversion="1.0",
        id=str(event_id(about, event_type, revision)),
        source=source,
        type=event_type,
        time=time,
        subject=str(about),
        datacontenttype="application/json",
        dataschema=f"{SCHEMA_ROOT}/{event_type}.json",
        partitionkey=partition or str(about),
        traceparent=traceparent,
        data=Raw(encode_data(data)),
    )


def encode_data(data: Struct) -> bytes:
    """Return a payload as JSON. Raises MalformedInputError when it cannot be."""
    try:
        return _encoder.encode(data)
    except _LIBRARY_ERRORS as err:
        raise MalformedInputError(f"not encodable: {err}") from err


def encode(event: Event) -> bytes:
    """Return an event as structured JSON. Raises MalformedInputError when it is over EVENT_MAX_BYTES."""
    body = _encoder.encode(event)
    if len(body) > EVENT_MAX_BYTES:
        raise MalformedInputError(f"event of {len(body)} bytes: the limit is {EVENT_MAX_BYTES}")
    return body


def decode(body: bytes) -> Event:
    """Return the envelope of an event. Raises MalformedInputError, saying what is wrong and where."""
    try:
        event = _event_decoder.decode(body)
    except _LIBRARY_ERRORS as err:
        raise MalformedInputError(f"not a CloudEvent: {err}") from err
    if event.specversion.split(".")[0] != "1":
        raise MalformedInputError(f"CloudEvents {event.specversion} is newer than this service knows (1.0)")
    return event


def decode_data(event: Event, shape: type[_T]) -> _T:
    """Return the payload of an event, checked. Raises MalformedInputError: wrong shape, unknown type or version."""
    if SHAPES.get(event.type) is not shape:
        raise MalformedInputError(_unexpected(event.type, shape))
    try:
        data = _shape_decoders[event.type].decode(event.data)
    except _LIBRARY_ERRORS as err:
        raise MalformedInputError(f"not a {event.type}: {err}") from err
    if not isinstance(data, shape):  # pragma: no cover - the decoder returned another shape than its own
        raise MalformedInputError(f"not a {event.type}")
    return data


def _unexpected(event_type: str, shape: type[Struct]) -> str:
    match = _TYPE.fullmatch(event_type)
    if match is None:
        return f"{event_type!r} is not an event type (name.vN)"
    known = sorted(int(m["major"]) for t in SHAPES if (m := _TYPE.fullmatch(t)) and m["name"] == match["name"])
    if known and int(match["major"]) not in known:
        return f"{match['name']} v{match['major']} is not a version this service knows (v{known[-1]})"
    return f"{event_type} where a {shape.__name__} is expected"
