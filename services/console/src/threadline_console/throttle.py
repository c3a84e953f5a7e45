"""A token bucket per caller, pure: so many tries at once, then one every few seconds."""

from collections import OrderedDict
from typing import Final

_CALLERS_REMEMBERED: Final = 10_000  # the oldest is forgotten first, so that a flood of addresses costs no memory


class Throttle:
    """Counts tries by caller; `burst` are free, and one comes back every `every` seconds."""

    def __init__(self, *, burst: int, every: float) -> None:
        self._burst = burst
        self._every = every
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, caller: str, now: float) -> float:
        """Count one try; return 0.0 when it is allowed, else the seconds until the next one is."""
        full_at = max(self._full_at.get(caller, now), now)
        over = full_at + self._every - now - self._burst * self._every
        if over > 0:
            return over
        self._remember(caller, full_at + self._every)
        return 0.0

    def _remember(self, caller: str, full_at: float) -> None:
        self._full_at[caller] = full_at
        self._full_at.move_to_end(caller)
        while len(self._full_at) > _CALLERS_REMEMBERED:
            self._full_at.popitem(last=False)
