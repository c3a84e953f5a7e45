"""Wrong passwords by the address that they come from: after too many within some minutes it may not try on."""

from collections import OrderedDict, deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from threadline_email.networks import household_of

KEPT: Final = 10_000  # addresses
_MINUTE: Final = 60.0


class FailedLogins:
    """Remembers the last failures of each address, an IPv6 network being one. `clock`: seconds."""

    def __init__(self, cap: str, clock: Callable[[], float] = monotonic) -> None:
        """Take `20 in 10 min`."""
        most, _, minutes, _ = cap.split()
        self._most = int(most)
        self._window = int(minutes) * _MINUTE
        self._clock = clock
        self._of: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, ip: str) -> None:
        """Count a failure; of nobody known (an empty `ip`) none is counted."""
        if not ip:
            return
        times = self._of.setdefault(household_of(ip), deque(maxlen=self._most))
        times.append(self._clock())
        self._of.move_to_end(household_of(ip))
        while len(self._of) > KEPT or self._is_past(next(iter(self._of.values()))[-1]):
            self._of.popitem(last=False)

    def barred(self, ip: str) -> bool:
        """Whether there were too many lately."""
        times = self._of.get(household_of(ip))
        return times is not None and len(times) == self._most and not self._is_past(times[0])

    def _is_past(self, moment: float) -> bool:
        return self._clock() - moment >= self._window
