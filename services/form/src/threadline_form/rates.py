"""How often somebody may do something: sliding windows over a bounded number of keys. Pure but for what it counts."""

from collections import OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from msgspec import Struct

_MAX_KEYS: Final = 20_000  # about 10 MB; the least recently seen address is forgotten first
_NETWORK_BITS: Final = 64  # one household or server has a whole /64


class Window(Struct, frozen=True):
    """At most `limit` in any `seconds`."""

    limit: int
    seconds: float


class _Tally(Struct):
    index: int
    now: int = 0
    before: int = 0


class Rates:
    """Counts by key; an exact count of two fixed windows estimates the sliding one, in constant space per key."""

    def __init__(self, windows: Sequence[Window], *, max_keys: int = _MAX_KEYS) -> None:
        self._windows: Final = tuple(windows)
        self._max_keys: Final = max_keys
        self._tallies: Final[OrderedDict[str, tuple[_Tally, ...]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tallies)

    def take(self, key: str, now: float) -> float:
        """Count one and return 0, or count nothing and return the seconds to wait. `now` never goes back."""
        tallies = self._current(key, now)
        wait = max(_wait(tally, window, now) for tally, window in zip(tallies, self._windows, strict=True))
        if wait <= 0:
            for tally in tallies:
                tally.now += 1
        return wait

    def give_back(self, key: str) -> None:
        """Uncount one that was taken just now: it failed through no fault of the caller's."""
        for tally in self._tallies.get(key, ()):
            tally.now = max(0, tally.now - 1)

    def _current(self, key: str, now: float) -> tuple[_Tally, ...]:
        tallies = self._tallies.get(key) or tuple(_Tally(int(now // window.seconds)) for window in self._windows)
        for tally, window in zip(tallies, self._windows, strict=True):
            _turn(tally, int(now // window.seconds))
        self._tallies[key] = tallies
        self._tallies.move_to_end(key)
        while len(self._tallies) > self._max_keys:
            self._tallies.popitem(last=False)
        return tallies


def address_key(address: str) -> str:
    """Return what an address is counted under: itself, or the /64 of an IPv6 address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or _network(ip))


def _network(ip: IPv6Address) -> str:
    return str(ip_network((ip, _NETWORK_BITS), strict=False))


def _turn(tally: _Tally, index: int) -> None:
    if index == tally.index:
        return
    tally.before = tally.now if index == tally.index + 1 else 0
    tally.now = 0
    tally.index = index


def _wait(tally: _Tally, window: Window, now: float) -> float:
    passed = now / window.seconds - tally.index
    if tally.before * (1 - passed) + tally.now + 1 <= window.limit:
        return 0
    room = window.limit - 1
    # Either it is enough that the window before slides out, or this one has to as well.
    until = 1 - (room - tally.now) / tally.before if tally.now <= room else 2 - room / tally.now
    return max((until - passed) * window.seconds, 1.0)
