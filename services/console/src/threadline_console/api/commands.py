"""Commands over HTTP: asked once under an id, answered within seconds, or later under the same id."""

from typing import Final

from aiohttp import hdrs, web

from threadline_console.access import OPERATOR, Access
from threadline_console.answers import failure, faulty, json_answer, not_found
from threadline_console.api import say_decisions as say
from threadline_console.api.ask import path_id, read_json
from threadline_console.api.shapes_commands import CommandTaken, Order
from threadline_console.asking.commander import Commander, Pending, Reused
from threadline_console.asking.commands import command_of
from threadline_console.asking.orders import Faults, read_order
from threadline_contracts.errors import MalformedInputError
from threadline_threads.reading import Reader

_KEY: Final = "Idempotency-Key"
_PROGRAM: Final = "api"  # who asks with the token and does not say who it is
_NOT_ANSWERED: Final = (
    "no command of this id was carried out: it may still wait in the queue threads.commands (GET /api/v1/health), be a "
    "dead letter (GET /api/v1/dead-letters), or never have been asked"
)


class CommandsApi:
    """Takes commands; answers what became of them."""

    def __init__(self, reader: Reader, commander: Commander, access: Access) -> None:
        self._reader = reader
        self._commander = commander
        self._access = access

    async def ask(self, request: web.Request) -> web.Response:
        """POST /api/v1/commands."""
        given, key = await read_json(request), request.headers.get(_KEY)
        order = read_order(given if key is None else _with_id(given, _checked(key)))
        if isinstance(order, Faults):
            return faulty(422, "wrong_fields", order.fields, order.sentence)
        if key is not None and order.id != key:
            return failure(409, "two_ids", f"the id and the header {_KEY} name two commands")
        asking = await command_of(order, self._by(request, order), self._reader)
        if isinstance(asking, Faults):
            return faulty(404, "not_found", asking.fields, asking.sentence)
        match await self._commander.ask(asking, order.id):
            case Pending(id=command):
                return json_answer(CommandTaken(command_id=command), 202, {hdrs.LOCATION: _place(command)})
            case Reused():
                return failure(409, "id_reused", "this id was another command's: give each command an id of its own")
            case record:
                return json_answer(say.command(record))

    async def one(self, request: web.Request) -> web.Response:
        """GET /api/v1/commands/{id}."""
        found = await self._reader.command(path_id(request))
        return json_answer(say.command(found)) if found else not_found(_NOT_ANSWERED)

    def _by(self, request: web.Request, order: Order) -> str:
        if not self._access.speaks_for_others(request):
            return self._access.operator(request)
        return order.data.by.strip() or (OPERATOR if self._access.open else _PROGRAM)


def _checked(key: str) -> str:
    if not key:
        raise MalformedInputError(f"the header {_KEY} is empty")
    return key


def _with_id(given: object, key: str) -> object:
    return {**given, "id": key} if isinstance(given, dict) and given.get("id", "") == "" else given


def _place(command: str) -> str:
    return f"/api/v1/commands/{command}"
