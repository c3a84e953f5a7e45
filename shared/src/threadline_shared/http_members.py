"""One service behind the shared listener: its routes, and the requests it has in hand when it wants to leave."""

import asyncio
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from threadline_contracts.errors import TemporaryError
from threadline_shared.http_answers import LIMIT, STARTED

DRAIN_SECONDS: Final = 5.0
_Key = tuple[str, str]


class Member:
    """A service that answers some routes for as long as it is there."""

    def __init__(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        given = list(routes)
        self.routes: Final = {(r.method, r.path): r for r in given if isinstance(r, web.RouteDef)}
        self.files: Final = [route for route in given if not isinstance(route, web.RouteDef)]
        self._in_hand: dict[int, web.Request] = {}  # by identity: they have no hash
        self._idle = asyncio.Event()
        self._idle.set()

    async def answer(self, request: web.Request, key: _Key) -> web.StreamResponse:
        """Have the request answered by the service."""
        self._in_hand[id(request)] = request
        self._idle.clear()
        try:
            response: web.StreamResponse = await self.routes[key].handler(request)
            return response
        finally:
            del self._in_hand[id(request)]
            if not self._in_hand:
                self._idle.set()

    async def drain(self) -> None:
        """Return when no request is in hand: endless streams end at once, others have DRAIN_SECONDS."""
        for request in self._in_hand.values():
            if STARTED in request and request[STARTED].content_length is None:
                _end(request)
        deadline = asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._end_all)
        try:
            await self._idle.wait()
        finally:
            deadline.cancel()

    def _end_all(self) -> None:
        for request in self._in_hand.values():
            _end(request)


class Switchboard:
    """Who answers which route now; a route keeps its place while its service is away."""

    def __init__(self) -> None:
        self._answering: dict[_Key, Member] = {}

    def connect(self, member: Member) -> None:
        """Let a service answer its routes."""
        self._answering |= dict.fromkeys(member.routes, member)

    def disconnect(self, member: Member) -> None:
        """Answer 503 for the service from now on."""
        for key in [key for key, answers in self._answering.items() if answers is member]:
            del self._answering[key]

    def route(self, definition: web.RouteDef) -> web.RouteDef:
        """Return a route that asks whoever answers it when a request comes."""
        key = (definition.method, definition.path)

        async def handler(request: web.Request) -> web.StreamResponse:
            member = self._answering.get(key)
            if member is None:
                raise TemporaryError("the service is not there")
            return await member.answer(request, key)

        return web.RouteDef(definition.method, definition.path, handler, definition.kwargs)


def _end(request: web.Request) -> None:
    if limit := request.get(LIMIT):
        limit.reschedule(asyncio.get_running_loop().time())
