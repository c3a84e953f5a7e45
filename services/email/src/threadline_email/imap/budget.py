"""How many bytes of fetched mails are in memory, over all mailboxes."""

import asyncio


class Budget:
    """Bytes that may be held together, first come, first served; what is larger than all of it may come alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()

    @property
    def held(self) -> int:
        """How many bytes are taken now."""
        return self._held

    async def take(self, size: int) -> None:
        """Wait until there is room."""
        async with self._turn:
            while self._held and self._held + size > self._limit:
                self._room.clear()
                await self._room.wait()
            self._held += size

    def give_back(self, size: int) -> None:
        """Return what was taken."""
        self._held -= size
        self._room.set()
