"""The refresh token of one mailbox: the configured one, or what the provider put in its place, kept in the state.

A provider that replaces a refresh token may forget the old one at once: the new one is stored before it is relied on,
and as long as the state is away it is remembered here, and stored at the next occasion.
"""

import asyncio
from hashlib import sha256
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct

from threadline_contracts.errors import TemporaryError
from threadline_shared.backoff import delays
from threadline_shared.log import logger
from threadline_shared.state import State

SPACE: Final = "oauth"  # of the service's state, with a key for each mailbox
_TRIES: Final = 4  # then the mail goes first
_log: Final = logger()


class _Kept(Struct, frozen=True):
    """What the state keeps. `seed` is of the configured refresh token that it grew from: a new one there wins."""

    refresh_token: str
    seed: str


class RefreshTokens:
    """`configured` is empty where none is needed; then nothing is ever kept."""

    def __init__(self, state: State, name: str, configured: str) -> None:
        self._state = state
        self._name = name
        self._configured = configured
        self._seed = sha256(configured.encode()).hexdigest()
        self._version: int | None = None
        self._owed = ""

    async def current(self) -> str:
        """Return the refresh token that is good now. Raises TemporaryError when the state is away."""
        if not self._configured:
            return ""
        found = await self._state.get(SPACE, self._name)
        version = found.version if found else None
        if self._owed and version == self._version:
            return self._owed
        self._owed, self._version = "", version
        kept = msgspec.json.decode(found.value, type=_Kept) if found else None
        return kept.refresh_token if kept and kept.seed == self._seed else self._configured

    async def replace(self, fresh: str) -> None:
        """Keep a new one, durably if the state answers soon."""
        self._owed = fresh
        for pause in islice(delays(), _TRIES):
            if await self.settle():
                return
            await asyncio.sleep(pause)

    async def settle(self) -> bool:
        """Store what is not stored yet; return whether all is."""
        if not self._owed:
            return True
        value = msgspec.json.encode(_Kept(self._owed, self._seed))
        try:
            version = await self._state.put(SPACE, self._name, value, expect=self._version)
        except TemporaryError as err:
            _log.warning("refresh.unkept", account=self._name, reason=str(err))
            return False
        if version is None:
            _log.info("refresh.kept_elsewhere", account=self._name)  # another process's is newer, and as good
        self._owed, self._version = "", version
        return True
