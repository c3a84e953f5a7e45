"""What one input becomes: bytes in, the event to publish and the blobs it needs out. Pure, and total.

Whatever a normaliser raises, or returns and must not, becomes a burial: our failure is never the source's.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import PurePath
from typing import Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from threadline_contracts.arrival import Arrival, InputBuried
from threadline_contracts.codec import decode_data, encode, make_event
from threadline_contracts.ids import message_id
from threadline_contracts.message import InboundMessage, MessageReceived
from threadline_contracts.outcome import Accepted, Buried, Outcome, Skipped
from threadline_contracts.topology import EventType, Exchange, message_key
from threadline_shared.bus import Outgoing
from threadline_shared.fit import fit
from threadline_shared.text import clean, cut

ARRIVAL_MAX_BYTES: Final = 16 * 1024  # of JSON: a burial carries it, and the spool
_FACTS: Final = 24  # kept of an arrival over that limit, and how long each may be
_FACT_LENGTH: Final = 80
_FILES: Final = 12
_REASON_LENGTH: Final = 500
_json: Final = msgspec.json.Encoder().encode


class Normalized(Struct, frozen=True, kw_only=True):
    """A message, and the content of its files by blob id (`contracts.ids.file_blob_id`)."""

    message: InboundMessage
    files: Mapping[str, bytes] = field(default_factory=dict)


Normalizer = Callable[[bytes, Arrival], Normalized | Skipped]


class Said(Struct, frozen=True, kw_only=True):
    """What to tell the source, what to publish (None: nothing), and which blobs must be durable before that."""

    outcome: Outcome
    outgoing: Outgoing | None = None
    blobs: Mapping[str, bytes] = field(default_factory=dict)


def say(normalize: Normalizer, raw: bytes, arrival: Arrival, kept_as: str) -> Said:
    """Return what a raw input, kept as a blob of this id, says; the same every time. Raises nothing."""
    try:
        found = normalize(raw, arrival)
        if isinstance(found, Skipped):
            return Said(outcome=found)
        fitted = fit(replace(found.message, raw=kept_as))
        return Said(
            outcome=Accepted(id=fitted.message.id, reference=fitted.message.reference),
            outgoing=_received(fitted.message, arrival),
            blobs={**found.files, **fitted.bodies},
        )
    except Exception as err:  # noqa: BLE001 - foreseen or not, it is our parser's failure
        return bury(raw, arrival, kept_as, err)


def bury(raw: bytes, arrival: Arrival, kept_as: str, err: Exception) -> Said:
    """Return the burial of an input that raised `err`."""
    arrival = sayable(arrival)
    reason = cut(clean(f"{where(err)}: {_text(err)}"), _REASON_LENGTH)
    about = message_id(arrival.desk, arrival.channel, arrival.account, f"buried\n{sha256(raw).hexdigest()}")
    event = make_event(
        EventType.INPUT_BURIED,
        InputBuried(arrival=arrival, raw=kept_as, reason=reason),
        about=about,
        revision=0,
        source=_source(arrival),
        time=arrival.received_at,
    )
    outgoing = Outgoing(
        exchange=Exchange.DEAD,
        key=message_key(EventType.INPUT_BURIED, arrival.channel),
        body=encode(event),
        event_id=event.id,
        headers={"reason": reason},
    )
    return Said(outcome=Buried(reason=reason, raw=kept_as), outgoing=outgoing)


def where(err: Exception) -> str:
    """Return an exception's class and where it was raised, without its words: they may quote the input."""
    trace = err.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(err).__name__
    return f"{type(err).__name__} in {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def sayable(arrival: Arrival) -> Arrival:
    """Return an arrival as JSON can hold it, in at most ARRIVAL_MAX_BYTES; nearly always it is that already."""
    try:
        if len(_json(arrival)) <= ARRIVAL_MAX_BYTES:
            return arrival
    except UnicodeEncodeError:
        pass
    short = {cut(clean(key), _FACT_LENGTH): cut(clean(fact), _FACT_LENGTH) for key, fact in arrival.facts.items()}
    facts = dict(list(short.items())[:_FACTS])
    arrival = replace(arrival, account=cut(clean(arrival.account), _FACT_LENGTH), facts=facts)
    files = [replace(file, filename=cut(clean(file.filename), _FACT_LENGTH)) for file in arrival.files[:_FILES]]
    return replace(arrival, files=tuple(files))


def _received(message: InboundMessage, arrival: Arrival) -> Outgoing:
    event = make_event(
        EventType.MESSAGE_RECEIVED,
        MessageReceived(message=message),
        about=message.id,
        revision=message.version,
        source=_source(arrival),
        time=message.received_at,
    )
    decode_data(
        event, MessageReceived
    )  # what breaks the contract is better buried here, where the raw input is at hand
    key = message_key(EventType.MESSAGE_RECEIVED, message.channel)
    return Outgoing(exchange=Exchange.MESSAGES, key=key, body=encode(event), event_id=event.id)


def _source(arrival: Arrival) -> str:
    return f"/threadline/{arrival.channel}"


def _text(err: Exception) -> str:
    try:
        return str(err)
    except Exception:  # noqa: BLE001 - an exception that cannot be shown is still a reason
        return "(its message cannot be shown)"
