"""How the first release kept by what copies of a message find it, and how this one does. Pure."""

from datetime import timedelta
from typing import Final

import msgspec

from threadline_threads.copies import first_twin, twins
from threadline_threads.keys import Key
from threadline_threads.ownership import Rank
from threadline_threads.store import rows

MIGRATION: Final = "0003_history.sql"  # with which it is done
# A sender's queue gives up after five days, and a dead letter is looked at sooner or later. To read every message that
# was ever stored, while the service waits to start, would cost more than the copies that are still to come are worth.
COPIES_COME_WITHIN: Final = timedelta(days=30)


def renamed(content: bytes) -> tuple[Key, Key] | None:
    """Return the key of a stored message then and now; None for what cannot be read."""
    try:
        message = rows.message.decode(content)
    except msgspec.MsgspecError:
        return None
    (now,) = twins(message, Rank.NOBODY)
    return first_twin(message), now
