"""What the SMTP door lets in at one time: connections in all and per address, bytes, mails being taken."""

import asyncio
from collections import Counter, deque

from threadline_contracts.errors import TemporaryError
from threadline_email.networks import household_of


class Connections:
    """Counts connections; `enter` refuses with the reply to give."""

    def __init__(self, *, total: int, per_ip: int) -> None:
        self._total = total
        self._per_ip = per_ip
        self._of: Counter[str] = Counter()

    def enter(self, ip: str) -> str:
        """Return an empty string and count the connection, or the reply that refuses it.

        An empty `ip` is nobody known (yet): only the total limits those.
        """
        if self._of.total() >= self._total:
            return "421 4.3.2 too many connections, try again later"
        household = household_of(ip)
        if ip and self._of[household] >= self._per_ip:
            return "421 4.7.0 too many connections from your address, try again later"
        self._of[household] += 1
        return ""

    def leave(self, ip: str) -> None:
        """Forget a connection that `enter` counted."""
        household = household_of(ip)
        self._of[household] -= 1
        if self._of[household] <= 0:
            del self._of[household]


class Room:
    """Bytes of mails in hand, over all connections, wherever they are."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def take(self, count: int) -> bool:
        """Return whether there is room for so many bytes more, and take it."""
        if count > self._left:
            return False
        self._left -= count
        return True

    def give_back(self, count: int) -> None:
        """Return bytes that were taken."""
        self._left += count


class Memory:
    """Bytes of mails that are taken out of memory: who needs more than there is left waits in line."""

    def __init__(self, limit: int, *, patience: float) -> None:
        self._limit = limit
        self._left = limit
        self._patience = patience
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def claim(self, count: int) -> int:
        """Wait for room for so many bytes (all there is, for more than that); return what was taken.

        Raises TemporaryError when it does not come in time.
        """
        count = min(count, self._limit)
        if not self._line and count <= self._left:
            self._left -= count
        else:
            turn = asyncio.get_running_loop().create_future()
            self._line.append((count, turn))
            try:
                async with asyncio.timeout(self._patience):
                    await turn
            except BaseException as err:
                self.give_back(count if turn.done() and not turn.cancelled() else 0)
                if isinstance(err, TimeoutError):
                    raise TemporaryError("too many large mails at the same moment") from None
                raise
        return count

    def give_back(self, count: int) -> None:
        """Return bytes that were taken, to whoever is first in line."""
        self._left += count
        while self._line and (self._line[0][1].done() or self._line[0][0] <= self._left):
            needed, turn = self._line.popleft()
            if not turn.done():
                self._left -= needed
                turn.set_result(None)


class Turns:
    """At most so many mails are taken at the same moment; the others wait a little."""

    def __init__(self, limit: int, *, patience: float) -> None:
        self._free = asyncio.Semaphore(limit)
        self._patience = patience

    def turn(self) -> "_Turn":
        """Return a context that waits for a turn. Entering it raises TemporaryError when the turn does not come."""
        return _Turn(self._free, self._patience)


class _Turn:
    __slots__ = ("_free", "_patience")

    def __init__(self, free: asyncio.Semaphore, patience: float) -> None:
        self._free = free
        self._patience = patience

    async def __aenter__(self) -> None:
        if not self._free.locked():  # as it nearly always is: a timer for each mail would cost more than the turn
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise TemporaryError("too many mails at the same moment") from None

    async def __aexit__(self, *_: object) -> None:
        self._free.release()
