"""Republications over HTTP: asked once, done by threads in the background, looked at while they last."""

from typing import Final
from uuid import uuid4

from aiohttp import hdrs, web
from msgspec import Struct

from threadline_console.access import Access
from threadline_console.answers import json_answer, not_found
from threadline_console.api.ask import path_id, read_body
from threadline_console.api.shapes_commands import By, CommandTaken
from threadline_console.asking.commander import Commander
from threadline_console.asking.commands import Asking
from threadline_contracts.commands import RepublishRequested, Why
from threadline_contracts.message import Moment
from threadline_contracts.topology import EventType
from threadline_threads.reading import Reader

_PROGRAM: Final = "api"
_NOT_BEGUN: Final = (
    "no republication of this id has begun: it may still wait in the queue threads.commands (GET /api/v1/health), or "
    "behind another one"
)


class RepublishOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell every ticket that changed since then again (absent or null: all of them)."""

    since: Moment | None = None
    by: By = ""
    because: Why = ""


class RepublishState(Struct, frozen=True, kw_only=True):
    """How far a republication is: what was told again, and the part of all tickets that was looked at (0 to 1)."""

    command_id: str
    tickets: int
    messages: int
    part: float
    done: bool


class RepublishApi:
    """Asks for republications, and says how far they are. `commander` need not wait for the answer."""

    def __init__(self, reader: Reader, commander: Commander, access: Access) -> None:
        self._reader = reader
        self._commander = commander
        self._access = access

    async def ask(self, request: web.Request) -> web.Response:
        """POST /api/v1/republish."""
        order = await read_body(request, RepublishOrder)
        command = uuid4()
        asked = RepublishRequested(since=order.since, by=self._by(request, order), because=order.because)
        await self._commander.ask(Asking(EventType.REPUBLISH_REQUESTED, asked, command), str(command))
        place: dict[str, str] = {hdrs.LOCATION: f"/api/v1/republish/{command}"}
        return json_answer(CommandTaken(command_id=str(command)), 202, place)

    async def one(self, request: web.Request) -> web.Response:
        """GET /api/v1/republish/{id}."""
        found = await self._reader.republication(path_id(request))
        if found is None:
            return not_found(_NOT_BEGUN)
        return json_answer(
            RepublishState(
                command_id=found.command_id,
                tickets=found.tickets,
                messages=found.messages,
                part=found.part,
                done=found.done,
            )
        )

    def _by(self, request: web.Request, order: RepublishOrder) -> str:
        if not self._access.speaks_for_others(request):
            return self._access.operator(request)
        return order.by.strip() or _PROGRAM
