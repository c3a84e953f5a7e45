"""What looks like an attack. Nothing is dropped for it: the message is where its proofs put it, and this says so."""

from uuid import UUID

from msgspec import Struct

from threadline_contracts.message import Name


class SecuritySignal(Struct, frozen=True, kw_only=True):
    """`security.*.v1`: what a message tried, and where it is now.

    `forged_token`: a reply token under a key of ours with a wrong signature. `stranger_on_thread`: somebody who takes
    no part in a conversation came in by a token of it. `identity_conflict`: an id or address that is somebody else's.
    """

    message_id: UUID
    desk: Name
    channel: Name
    account: str
    ticket: UUID
    because: str
    evidence: tuple[str, ...] = ()
