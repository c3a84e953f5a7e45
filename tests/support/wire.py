"""A wire between a relay and a server of ours, cut where a test wants: in the middle of a mail, round its yes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

_BLOCK: Final = 16 * 1024

Heard = Callable[[bytes], Awaitable[bool]]
"""Told of each piece of bytes on a connection; whether it may still go on to the other side. Else all is cut."""


class Wire:
    """Carries connections to a port of this machine; `to_server` and `to_client` may cut each of them."""

    def __init__(self, port: int, *, to_server: Callable[[], Heard], to_client: Callable[[], Heard]) -> None:
        self._port = port
        self._to_server = to_server
        self._to_client = to_client
        self.connections = 0

    @asynccontextmanager
    async def at(self, port: int) -> AsyncIterator["Wire"]:
        """Listen until the block ends."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", port)
        async with server:
            yield self

    async def _carry(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            server, forth = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            back.transport.abort()
            return
        pumps = [
            asyncio.create_task(_pump(client, forth, self._to_server())),
            asyncio.create_task(_pump(server, back, self._to_client())),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps)
        for writer in (forth, back):
            writer.transport.abort()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, heard: Heard) -> None:
    with suppress(ConnectionError):
        while (data := await source.read(_BLOCK)) and await heard(data):
            target.write(data)
            await target.drain()
