"""Envelopes are CloudEvents, ids are derived, wrong input says what is wrong, and unknown fields pass."""

import json
from typing import Any

import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from threadline_contracts.codec import (
    EVENT_MAX_BYTES,
    SHAPES,
    Event,
    decode,
    decode_data,
    encode,
    encode_data,
    make_event,
)
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.examples import ANA, example_events
from threadline_contracts.message import MessageReceived, Party
from threadline_contracts.ticket import MessagePlaced
from threadline_contracts.topology import EventType

EVENTS = example_events()
RECEIVED = EVENTS[EventType.MESSAGE_RECEIVED]


def changed(event: Event, **attributes: Any) -> bytes:
    return json.dumps({**json.loads(encode(event)), **attributes}).encode()


@pytest.mark.parametrize("event_type", SHAPES)
def test_every_type_survives_the_wire(event_type: str) -> None:
    event = decode(encode(EVENTS[event_type]))

    assert encode_data(decode_data(event, SHAPES[event_type])) == bytes(EVENTS[event_type].data)


@pytest.mark.parametrize("event_type", SHAPES)
def test_the_cloudevents_sdk_reads_it(event_type: str) -> None:
    body = encode(EVENTS[event_type])
    event = from_structured(HTTPMessage({"content-type": "application/cloudevents+json"}, body), JSONFormat())

    assert event.get_type() == event_type
    assert event.get_id() == EVENTS[event_type].id


def test_the_same_fact_has_the_same_id() -> None:
    data = decode_data(RECEIVED, MessageReceived)
    again = make_event(
        EventType.MESSAGE_RECEIVED, data, about=data.message.id, revision=0, source="elsewhere", time=RECEIVED.time
    )

    assert again.id == RECEIVED.id


def test_unknown_fields_pass() -> None:
    payload = json.loads(bytes(RECEIVED.data))
    payload["message"]["mood"] = "cheerful"
    event = decode(changed(RECEIVED, data=payload, newattribute="x"))

    assert decode_data(event, MessageReceived).message.subject == "Broken printer"


@pytest.mark.parametrize(
    ("event_type", "complaint"),
    [
        ("message.received.v2", "message.received v2 is not a version this service knows (v1)"),
        ("weather.changed.v1", "weather.changed.v1 where a MessageReceived is expected"),
        ("ticket.opened.v1", "ticket.opened.v1 where a MessageReceived is expected"),
        ("hello", "'hello' is not an event type (name.vN)"),
    ],
)
def test_another_type_or_version_says_which(event_type: str, complaint: str) -> None:
    event = decode(changed(RECEIVED, type=event_type))

    with pytest.raises(MalformedInputError) as caught:
        decode_data(event, MessageReceived)
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"specversion": 1}', changed(RECEIVED, specversion="2.0")],
    ids=["empty", "no attributes", "not utf-8", "deep", "wrong type", "newer envelope"],
)
def test_what_is_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedInputError):
        decode(body)


@given(st.binary(max_size=200))
def test_only_malformed_escapes(body: bytes) -> None:
    try:
        decode_data(decode(body), MessageReceived)
    except MalformedInputError as err:
        assert str(err)  # noqa: PT017 - the property is that nothing else can escape


def test_a_wrong_field_is_named() -> None:
    payload = json.loads(bytes(RECEIVED.data))
    payload["message"]["sent_at"] = "yesterday"

    with pytest.raises(MalformedInputError, match=r"\$\.message\.sent_at"):
        decode_data(decode(changed(RECEIVED, data=payload)), MessageReceived)


def test_a_naive_time_is_refused() -> None:
    payload = json.loads(bytes(RECEIVED.data))
    payload["message"]["sent_at"] = "2026-11-02T12:00:00"

    with pytest.raises(MalformedInputError, match="timezone"):
        decode_data(decode(changed(RECEIVED, data=payload)), MessageReceived)


def test_an_event_over_the_cap_is_refused() -> None:
    event = msgspec.structs.replace(RECEIVED, data=msgspec.Raw(b'"' + b"x" * EVENT_MAX_BYTES + b'"'))

    with pytest.raises(MalformedInputError, match="the limit is 65536"):
        encode(event)


def test_a_lone_surrogate_is_malformed_not_a_crash() -> None:
    with pytest.raises(MalformedInputError):
        encode_data(Party(name="\ud800"))


def test_absent_attributes_are_omitted_never_empty() -> None:
    attributes = json.loads(encode(RECEIVED))

    assert "traceparent" not in attributes
    assert all(value != "" for value in attributes.values())


class Unregistered(Struct):
    name: str


def test_a_shape_nobody_registered_is_refused() -> None:
    with pytest.raises(MalformedInputError, match="where a Unregistered is expected"):
        decode_data(RECEIVED, Unregistered)


def test_identities_of_the_example_are_proved() -> None:
    placed = decode_data(EVENTS[EventType.TICKET_OPENED], MessagePlaced)

    assert placed.message.sender == ANA
