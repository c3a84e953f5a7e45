"""What the API answers about health."""

from datetime import datetime

from msgspec import Struct

from threadline_console.api.shapes import Count


class Part(Struct, frozen=True, kw_only=True):
    """A part of this process, or something it depends on: `ok`, `idle` or `trouble`, and since when.

    `details` are lines for people: how far each folder of a mailbox is read ...
    """

    name: str
    kind: str
    state: str
    reason: str
    since: datetime | None
    last_success: datetime | None
    counts: dict[str, int]
    lag_seconds: float | None
    details: tuple[str, ...] = ()


class Waiting(Struct, frozen=True, kw_only=True):
    """How many messages wait in a queue of the bus (null: the bus did not say)."""

    queue: str
    depth: int | None


class Stored(Struct, frozen=True, kw_only=True):
    """What is in the database; `unannounced` events wait for the bus.

    `estimated`: tickets and messages are too many to be counted here, and may be some percent off.
    """

    tickets: Count
    messages: Count
    unannounced: Count
    estimated: bool
    last_committed_at: datetime | None


class Health(Struct, frozen=True, kw_only=True):
    """How the house is, as this process sees it: `trouble` when anything is in trouble."""

    status: str
    checked_at: datetime
    depends: tuple[Part, ...]
    components: tuple[Part, ...]
    queues: tuple[Waiting, ...]
    stored: Stored | None
    dead_letters: int | None
