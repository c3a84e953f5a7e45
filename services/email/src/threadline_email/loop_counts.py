"""How many mails of one address or conversation came lately, counted by all processes together.

A process keeps what it sees to itself until an address or conversation is busy: almost none is, and a count that is
shared costs a write. So the shared count may lack FROM - 1 mails for each process. Keys are digests: the state holds
nobody's address.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from threadline_contracts.errors import TemporaryError
from threadline_shared.state import State

FROM: Final = 5  # mails, in the longest window: then it is worth sharing
KEPT: Final = 20_000  # addresses and conversations that a process remembers
_SPACE: Final = "loops"
_TRIES: Final = 5
_SWEEP: Final = 100
_Counts = dict[int, int]
"""Mails by minute of the epoch."""
_decoder: Final = msgspec.json.Decoder(_Counts)
_encode: Final = msgspec.json.Encoder().encode


def digest(*parts: str) -> str:
    """Return the key of an address or conversation of a desk."""
    return blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class LoopCounts:
    """Counts of the last `longest` minutes."""

    def __init__(self, state: State, longest: int) -> None:
        self._state = state
        self._longest = longest
        self._mine: OrderedDict[str, _Counts] = OrderedDict()  # not shared yet
        self._all: dict[str, _Counts] = {}  # as last seen, of the busy ones
        self._swept = 0

    async def read(self, key: str, minute: int) -> Mapping[int, int]:
        """Return the mails by minute, this process's and, of a busy one, everybody's."""
        mine = self._mine.get(key, {})
        if key not in self._all and sum(self._recent(mine, minute).values()) < FROM - 1:
            return mine
        try:
            record = await self._state.get(_SPACE, key)
            self._all[key] = _read(record.value) if record else {}
        except TemporaryError:  # as last seen, then: a mail never waits for this
            self._all.setdefault(key, {})
        return _sum(self._all[key], mine)

    async def add(self, key: str, minute: int) -> None:
        """Count a mail."""
        mine = self._recent(self._mine.pop(key, {}), minute)
        mine[minute] = mine.get(minute, 0) + 1
        if key in self._all or sum(mine.values()) >= FROM:
            mine = await self._share(key, mine, minute)
        if mine:
            self._mine[key] = mine
        while len(self._mine) > KEPT:
            self._mine.popitem(last=False)
        if minute >= self._swept + self._longest:
            self._swept = minute
            await self._sweep(minute)

    async def _share(self, key: str, mine: _Counts, minute: int) -> _Counts:
        """Add our counts to everybody's; return those that could not be added now."""
        try:
            for _ in range(_TRIES):
                record = await self._state.get(_SPACE, key)
                total = self._recent(_sum(_read(record.value) if record else {}, mine), minute)
                if await self._state.put(_SPACE, key, _encode(total), expect=record.version if record else None):
                    self._all[key] = total
                    return {}
        except TemporaryError:
            pass
        return mine

    async def _sweep(self, minute: int) -> None:
        """Delete the counts that are over, of this process and of everybody."""
        self._all = {key: counts for key, counts in self._all.items() if self._recent(counts, minute)}
        try:
            after = ""
            while page := await self._state.scan(_SPACE, after=after, limit=_SWEEP):
                for key, record in page:
                    if not self._recent(_read(record.value), minute):
                        await self._state.delete(_SPACE, key, expect=record.version)
                after = page[-1][0]
        except TemporaryError:
            return

    def _recent(self, counts: Mapping[int, int], minute: int) -> _Counts:
        return {at: count for at, count in counts.items() if at > minute - self._longest}


def _read(value: bytes) -> _Counts:
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError:
        return {}


def _sum(one: Mapping[int, int], other: Mapping[int, int]) -> _Counts:
    keys: Iterable[int] = one.keys() | other.keys()
    return {at: one.get(at, 0) + other.get(at, 0) for at in keys}
