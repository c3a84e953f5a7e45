"""One dead letter, pure: what is kept of it, how it changes, and which cause it shares with others."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from threadline_contracts.arrival import InputBuried
from threadline_contracts.codec import Event, decode, decode_data
from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ids import base32
from threadline_contracts.message import Moment
from threadline_contracts.topology import EventType
from threadline_shared.text import clean

_ID_LENGTH: Final = 20
_CAUSE_LENGTH: Final = 10
# What differs between two failures of one kind: ids, numbers, quoted input. The longest shapes come first.
_PARTICULAR: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|'[^']{0,200}'|\"[^\"]{0,200}\"|\b[0-9a-f]{12,}\b|\b[0-9]+\b", re.IGNORECASE | re.ASCII
)


class LetterState(StrEnum):
    """WAITING for an operator, or REPLAYED and not heard of since: it goes when its message arrives."""

    WAITING = "waiting"
    REPLAYED = "replayed"


class Letter(Struct, frozen=True, kw_only=True):
    """A dead letter without its event's bytes. `times` counts its failures, `replays` our tries to mend it.

    `raw` is the blob of an input that no normaliser understood, empty for an event that a worker failed at;
    `after` is the last ticket event before the replay: its success is announced behind that one.
    """

    id: str
    event_id: str
    event_type: str
    subject: str
    channel: str
    exchange: str
    key: str
    queue: str
    reason: str
    attempts: int
    size: int
    first_at: Moment
    last_at: Moment
    state: LetterState = LetterState.WAITING
    times: int = 1
    replays: int = 0
    replayed_at: Moment | None = None
    after: int = 0
    raw: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """A dead letter as its queue delivers it."""

    body: bytes
    exchange: str
    key: str
    event_id: str
    headers: Mapping[str, str]


def read_letter(found: Found, now: datetime) -> Letter:
    """Return what we keep of a dead letter. Total: a letter may be dead because nothing can be read from it."""
    event = _event(found.body)
    input_ = _input(event)
    queue = found.headers.get("queue", "")
    reason = found.headers.get("reason") or (input_.reason if input_ else "no reason was given")
    return Letter(
        id=letter_id(found, queue),
        event_id=clean(found.event_id or (event.id if event else "")),
        event_type=clean(event.type) if event else "",
        subject=clean(event.subject) if event else "",
        channel=input_.arrival.channel if input_ else clean(_channel_of(found.key)),
        exchange=clean(found.exchange),
        key=clean(found.key),
        queue=clean(queue),
        reason=clean(reason),
        attempts=_number(found.headers.get("attempts", "")),
        size=len(found.body),
        first_at=_buried_at(found, now),
        last_at=_buried_at(found, now),
        raw=input_.raw if input_ else "",
    )


def letter_id(found: Found, queue: str) -> str:
    """Return the id of a letter: one event that one queue's worker gave up keeps one row, however often."""
    which = found.event_id or sha256(found.body).hexdigest()
    return base32(sha256(f"{which}\n{queue}".encode(errors="replace")).digest(), _ID_LENGTH).lower()


def failed_again(old: Letter, new: Letter) -> Letter:
    """Return the row after the letter came (again); the same burial delivered twice changes nothing.

    A replay may fail within the second that `last_at` tells apart, so a replayed one always counts.
    """
    if old.state is LetterState.WAITING and new.last_at == old.last_at:
        return old
    return replace(new, first_at=old.first_at, times=old.times + 1, replays=old.replays, replayed_at=old.replayed_at)


def replayed(letter: Letter, *, at: datetime, after: int) -> Letter:
    """Return the row after we published it again."""
    return replace(letter, state=LetterState.REPLAYED, replays=letter.replays + 1, replayed_at=at, after=after)


def cause_title(letter: Letter) -> str:
    """Return the reason without what is particular to one letter: what a whole group has in common."""
    return _PARTICULAR.sub("…", letter.reason.strip() or "no reason was given")


def cause_id(letter: Letter) -> str:
    """Return the id of the group: same kind of event, same queue, same reason but for the particulars."""
    kind = f"{letter.event_type}\n{letter.queue}\n{letter.channel}\n{cause_title(letter)}"
    return base32(sha256(kind.encode(errors="replace")).digest(), _CAUSE_LENGTH).lower()


def is_input(letter: Letter) -> bool:
    """Return whether it is an input that no normaliser understood, rather than an event."""
    return letter.event_type == EventType.INPUT_BURIED and bool(letter.raw)


def _event(body: bytes) -> Event | None:
    try:
        return decode(body)
    except MalformedInputError:
        return None


def _input(event: Event | None) -> InputBuried | None:
    if event is None or event.type != EventType.INPUT_BURIED:
        return None
    try:
        return decode_data(event, InputBuried)
    except MalformedInputError:
        return None


def _channel_of(key: str) -> str:
    # Routing keys of messages and deliveries end with the channel: `message.received.v1.email`.
    head, _, last = key.rpartition(".")
    return last if re.search(r"\.v[0-9]+$", head, re.ASCII) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _buried_at(found: Found, now: datetime) -> datetime:
    try:
        return msgspec.convert(clean(found.headers.get("buried_at", "")), Moment)
    except msgspec.ValidationError:
        return now
