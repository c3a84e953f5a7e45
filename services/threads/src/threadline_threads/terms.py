"""On what terms messages are grouped: what the settings say, in one value that every message carries. Pure."""

from datetime import timedelta
from typing import Final

from msgspec import Struct

from threadline_contracts.tokens import KeyRing
from threadline_threads.identity import Customs
from threadline_threads.policy import Policy

ANNOUNCEMENT_RECIPIENTS: Final = 5
REOPEN_DAYS: Final = 30


class Terms(Struct, frozen=True, eq=False, kw_only=True):
    """The keys of our tokens, what is known of identities, what weak evidence may do, and two limits.

    `most_recipients`: a mail of ours to more people that answers nothing is an announcement. `reopens_within`: how long
    a customer's message still opens a solved ticket again. `twins`: a mail to two departments is one ticket.
    """

    ring: KeyRing
    customs: Customs = Customs()
    policy: Policy = Policy(())
    most_recipients: int = ANNOUNCEMENT_RECIPIENTS
    reopens_within: timedelta = timedelta(days=REOPEN_DAYS)
    twins: bool = True
