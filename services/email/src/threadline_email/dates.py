"""The Date header as an aware moment, or nothing: no guess is better than a wrong one."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final

_HEADER_MAX: Final = 200
_DAY: Final = 24 * 3600


def read_date(raw: bytes) -> datetime | None:
    """Return the moment a Date header names, aware (UTC where it gives no zone), or None. Total."""
    text = raw[:_HEADER_MAX].decode("ascii", "replace")
    try:
        parsed = parsedate_tz(text)
        if parsed is None:
            return _iso(text)
        offset = parsed[9] or 0
        if abs(offset) >= _DAY:
            return None
        # A leap second is one second early: datetime knows none.
        return datetime(*parsed[:5], min(parsed[5], 59), tzinfo=timezone(timedelta(seconds=offset)) if offset else UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):  # parsedate_tz on hostile input
        return None


def _iso(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
