"""What a door learns after it handed its bytes over; it turns each into its protocol's words."""

from uuid import UUID

from msgspec import Struct


class Accepted(Struct, frozen=True):
    """The message is durable: confirmed by the bus, or fsynced in the local spool."""

    id: UUID
    reference: str
    spooled: bool = False


class Skipped(Struct, frozen=True):
    """Understood, and deliberately not a message (for example an empty keep-alive)."""

    reason: str


class Buried(Struct, frozen=True):
    """Our failure, not the source's: the raw input is kept under `raw`, visible and replayable."""

    reason: str
    raw: str
    spooled: bool = False


Outcome = Accepted | Skipped | Buried
