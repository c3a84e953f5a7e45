"""The first look at a connection: who is it? A refused one costs a line, an admitted one gets its conversation."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from typing_extensions import override

from threadline_contracts.errors import MalformedInputError
from threadline_email.dialogue import Conversation
from threadline_email.limits import Connections
from threadline_email.networks import Networks
from threadline_email.proxy import NOBODY, read_introduction
from threadline_shared.log import logger

INTRODUCTION_SECONDS: Final = 5.0  # a load balancer's header comes with the connection itself
_log: Final = logger()


class Gate(asyncio.Protocol):
    """Goes by the peer's address; where that is a load balancer's, by the one in the PROXY header that it must send."""

    def __init__(
        self, admit: Callable[[str], Conversation | str], connections: Connections, load_balancers: Networks
    ) -> None:
        self._admit = admit
        self._connections = connections
        self._load_balancers = load_balancers
        self._transport: asyncio.Transport | None = None
        self._heard = b""
        self._timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        ip = str(peer[0]) if isinstance(peer, tuple) else NOBODY
        if ip not in self._load_balancers:
            self._open(stream, ip, b"")
        elif refusal := self._connections.enter(NOBODY):
            _refuse(stream, refusal)
        else:
            self._transport = stream
            self._timer = asyncio.get_running_loop().call_later(INTRODUCTION_SECONDS, self._turn_away)

    @override
    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._heard += data
        try:
            found = read_introduction(self._heard)
        except MalformedInputError:
            self._turn_away()
            return
        if found is not None:
            stream = self._transport
            self._forget()
            self._open(stream, found.ip, self._heard[found.length :])

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()

    def _open(self, stream: asyncio.Transport, ip: str, said: bytes) -> None:
        admitted = self._admit(ip)
        if isinstance(admitted, str):
            _refuse(stream, admitted)
            return
        stream.set_protocol(admitted)
        admitted.connection_made(stream)
        if said:
            admitted.data_received(said)

    def _turn_away(self) -> None:
        """Hang up on a load balancer that does not say for whom it comes: whatever we took him for would be wrong."""
        if self._transport is not None:
            _log.warning("proxy.silent", hint="a peer in smtp_proxy_networks sent no PROXY header: does it send one?")
            self._transport.close()
            self._forget()

    def _forget(self) -> None:
        if self._transport is not None:
            self._transport = None
            self._connections.leave(NOBODY)
        if self._timer is not None:
            self._timer.cancel()


def _refuse(stream: asyncio.Transport, reply: str) -> None:
    stream.write(f"{reply}\r\n".encode())
    stream.close()
