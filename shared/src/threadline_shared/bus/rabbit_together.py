"""Publications by many at the same moment, in one write: each alone would cost a timer, a lock and a packet."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from threadline_contracts.errors import TemporaryError
from threadline_shared.bus.rabbit_publisher import Publication

Publish = Callable[[Sequence[Publication]], Awaitable[Sequence[TemporaryError | None]]]
_Waiting = tuple[Publication, "asyncio.Future[TemporaryError | None]"]


class Together:
    """Collects what is published in one turn of the loop, and publishes it at once."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._collected: list[_Waiting] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def add(self, one: Publication) -> TemporaryError | None:
        """Return what became of it. Raises what `publish` raises for it; cancelling stops nobody else's."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[TemporaryError | None] = loop.create_future()
        self._collected.append((one, result))
        if len(self._collected) == 1:
            loop.call_soon(self._begin, loop)
        return await result

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._collected = self._collected, []
        task = loop.create_task(self._send(batch), name="publish together")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        try:
            results = await self._publish([one for one, _ in batch])
        except Exception as err:  # noqa: BLE001 - it goes to whoever it belongs to
            await self._blame(batch, err)
            return
        for (_, result), error in zip(batch, results, strict=True):
            if not result.done():  # its caller was cancelled
                result.set_result(error)

    async def _blame(self, batch: Sequence[_Waiting], err: Exception) -> None:
        """Tell the one that cannot be published; of several, try each alone."""
        if len(batch) > 1:
            for waiting in batch:
                await self._send([waiting])
            return
        ((_, result),) = batch
        if not result.done():
            result.set_exception(err)
