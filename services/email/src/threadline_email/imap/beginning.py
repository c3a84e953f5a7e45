"""Where the reading of a folder begins."""

from datetime import UTC, datetime, timedelta
from typing import Final

from threadline_email.imap.connection import Entered
from threadline_email.imap.cursor import Cursor
from threadline_email.imap.session import Session

_DAYS: Final = timedelta(days=2)  # a search knows days only, and in the server's own time zone


async def first_cursor(session: Session, entered: Entered, began: datetime) -> Cursor:
    """Return the cursor of a first connection, behind the mails that were there long before reading was to begin.

    Those of the days before are looked at one by one, and passed over by their time; older ones are never asked for.
    """
    recent = await session.uids(1, 0, (began - _DAYS).date())
    return Cursor(
        uidvalidity=entered.uidvalidity,
        last_uid=min(recent, default=entered.uidnext) - 1,
        renumbered_until=entered.uidnext - 1,
        began=began,
        looked_at=datetime.now(UTC),
    )
