"""Times for people, pure: how long ago, and exactly when on the sender's clock and on ours."""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY
_NOW: Final = "now"
_UNITS: Final = (" min", " h", " d")


class When(Struct, frozen=True):
    """A moment on a page: for machines, short for the eye, exact for the tooltip."""

    iso: str
    short: str
    exact: str

    @property
    def ago(self) -> str:
        """The short form within a sentence: `2 min ago`, `just now`, `on 3 Nov`."""
        if self.short == _NOW:
            return "just now"
        return f"{self.short} ago" if self.short.endswith(_UNITS) else f"on {self.short}"


def when(moment: datetime, now: datetime) -> When:
    """Return a moment as pages show it; the browser then keeps `short` fresh."""
    iso = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return When(iso, _short(moment, now), _exact(moment))


def age(span: timedelta) -> str:
    """Return a span in its greatest unit: `now`, `2 min`, `3 h`, `5 d`."""
    seconds = span.total_seconds()
    if seconds < _MINUTE:
        return _NOW
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _DAY)} d"


def _short(moment: datetime, now: datetime) -> str:
    passed = (now - moment).total_seconds()
    if passed < -_MINUTE:
        return _date(moment, now)  # a sender's clock that runs ahead
    return age(now - moment) if passed < _WEEK else _date(moment, now)


def _date(moment: datetime, now: datetime) -> str:
    utc = moment.astimezone(UTC)
    year = "" if utc.year == now.astimezone(UTC).year else f" {utc.year}"
    return f"{utc.day} {utc:%b}{year}"


def _exact(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    shown = f"{utc:%a} {utc.day} {utc:%b %Y, %H:%M:%S} UTC"
    if moment.utcoffset() in {None, timedelta(0)}:
        return shown
    return f"{shown} ({moment:%a %H:%M %z} on the sender's clock)"
