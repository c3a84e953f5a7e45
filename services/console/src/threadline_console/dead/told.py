"""What a dead letter says of its sender, pure: of a message, of an input that nobody could read, or of neither."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from threadline_contracts.arrival import InputBuried
from threadline_contracts.codec import decode, decode_data
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.topology import EventType


class Told(Struct, frozen=True, kw_only=True):
    """What is known: `raw` is the blob that is this letter's alone; its `files` may be others', too."""

    desk: str = ""
    received_at: datetime | None = None
    message: InboundMessage | None = None
    facts: Mapping[str, str] = {}
    raw: str = ""
    files: tuple[str, ...] = ()


def read_told(body: bytes) -> Told:
    """Return what a letter's event tells. Total: it may be dead because nothing can be read from it."""
    try:
        event = decode(body)
        if event.type == EventType.MESSAGE_RECEIVED:
            return _of_message(decode_data(event, MessageReceived).message)
        if event.type == EventType.INPUT_BURIED:
            return _of_input(decode_data(event, InputBuried))
    except MalformedInputError:
        pass
    return Told()


def _of_message(message: InboundMessage) -> Told:
    bodies = (message.text_ref, message.full_text_ref, message.html_ref)
    files = (*(file.blob for file in message.attachments), *(body.blob for body in bodies if body))
    return Told(desk=message.desk, received_at=message.received_at, message=message, raw=message.raw or "", files=files)


def _of_input(buried: InputBuried) -> Told:
    arrival = buried.arrival
    files = tuple(file.blob for file in arrival.files)
    return Told(desk=arrival.desk, received_at=arrival.received_at, facts=arrival.facts, raw=buried.raw, files=files)
