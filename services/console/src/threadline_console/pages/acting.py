"""What the console's own buttons ask: the same commands as the API's, asked in the operator's name.

A button is a form: it works without a script, and comes back to its page with one line of what became of it.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web

from threadline_console.access import Access
from threadline_console.api.ask import read_form
from threadline_console.asking.commander import Commander, Reused
from threadline_console.asking.commands import command_of
from threadline_console.asking.orders import Faults, read_order
from threadline_console.pages.door import Door
from threadline_console.pages.house import Renderer, Trouble
from threadline_console.pages.notices import back_to
from threadline_contracts.commands import Decision
from threadline_shared.text import clean
from threadline_threads.reading import Reader

_OF_DATA: Final = ("ticket", "into", "message_id", "status", "suggestion", "decision", "contact", "other", "because")
_ALIKE: Final = 10
_USED: Final = Faults({"id": "this was asked already: go back and look"})


class Acting:
    """Asks for what a form says."""

    def __init__(self, reader: Reader, commander: Commander, access: Access, renderer: Renderer, door: Door) -> None:
        self._reader = reader
        self._commander = commander
        self._access = access
        self._renderer = renderer
        self._door = door

    async def press(self, request: web.Request) -> web.Response:
        """POST /commands: a button that asks nothing more."""
        form = await read_form(request)
        done = await self.carry_out(request, form, form.get("back", ""))
        if not isinstance(done, Faults):
            await self._decline_alike(request, form)
            return done
        said = Trouble(
            title="That cannot be asked",
            happened=done.sentence,
            kept="Everything: nothing was changed.",
            todo="Go back to the page, reload it, and press the button again.",
        )
        return self._renderer.trouble(await self._door.house(""), said, code=422, again="/tickets")

    async def _decline_alike(self, request: web.Request, form: Mapping[str, str]) -> None:
        """Decline what else was suggested about the same two conversations: their card stood for all of it."""
        if form.get("decision") == Decision.DECLINE:
            for suggestion in form.get("also", "").split()[:_ALIKE]:
                await self.carry_out(request, {**form, "id": "", "suggestion": suggestion}, "")

    async def carry_out(self, request: web.Request, form: Mapping[str, str], back: str) -> web.Response | Faults:
        """Ask for what a form says and lead back to a page, or return what is wrong with the form."""
        order = read_order(_order(form))
        if isinstance(order, Faults):
            return order
        asking = await command_of(order, self._access.operator(request), self._reader)
        if isinstance(asking, Faults):
            return asking
        outcome = await self._commander.ask(asking, order.id)
        if isinstance(outcome, Reused):
            return _USED
        return web.Response(status=303, headers={hdrs.LOCATION: back_to(back, outcome.id)})


def _order(form: Mapping[str, str]) -> Mapping[str, object]:
    data: dict[str, object] = {name: clean(form[name]).strip() for name in _OF_DATA if form.get(name, "").strip()}
    if "identity" in form:
        kind, _, value = form["identity"].partition(":")
        data["identity"] = {"kind": kind, "value": clean(value)}
    return {"type": form.get("type", ""), "id": form.get("id", ""), "data": data}
