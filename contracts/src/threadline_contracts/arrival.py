"""What a door knows about an input besides its bytes: kept with the raw bytes, so that a replay is exact."""

from collections.abc import Mapping

from msgspec import Struct, field

from threadline_contracts.message import DEFAULT_DESK, Attachment, BlobId, Moment, Name


class Arrival(Struct, frozen=True, kw_only=True):
    """Where and when an input came in; `facts` are the door's own (`mail_from`, `peer`, `tls`, `auth_user` ...)."""

    desk: Name = DEFAULT_DESK
    channel: Name
    account: str
    received_at: Moment
    facts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Attachment, ...] = ()


class InputBuried(Struct, frozen=True, kw_only=True):
    """`input.buried.v1`: a normaliser failed on this input; `raw` and `arrival` are all it takes to try again."""

    arrival: Arrival
    raw: BlobId
    reason: str


class ReplayRequested(Struct, frozen=True, kw_only=True):
    """`input.replay.requested.v1`: normalise a kept input again, after the fix."""

    arrival: Arrival
    raw: BlobId
