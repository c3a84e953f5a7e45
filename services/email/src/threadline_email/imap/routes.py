"""What operators ask of the mailboxes over HTTP: how far they are read, and to import their history.

It is open to whoever has the API token; without one, to programs of this machine alone.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import urlsplit

import msgspec
from aiohttp import hdrs, web
from msgspec import Struct

from threadline_email.imap.figures import Figures, read_figures
from threadline_email.imap.history import is_requested, request_backfill
from threadline_email.mailboxes import Directory, Mailbox
from threadline_email.smtp import CHANNEL
from threadline_shared.health import component
from threadline_shared.http_clients import authorised
from threadline_shared.http_settings import HttpSettings, is_loopback
from threadline_shared.settings import load
from threadline_shared.state import State

MAILBOXES: Final = "/email/mailboxes"
HISTORY: Final = "/email/history"
_MAX_BYTES: Final = 4096

Handle = Callable[[web.Request], Awaitable[web.Response]]


class MailboxView(Struct, frozen=True, kw_only=True):
    """One mailbox that is fetched: its state, how far each folder is read, and whether an import waits to begin."""

    address: str
    desk: str
    account: str
    state: str
    reason: str
    folders: tuple[Figures, ...]
    import_waits: bool


class MailboxList(Struct, frozen=True):
    """GET /email/mailboxes."""

    mailboxes: tuple[MailboxView, ...]


class ImportOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /email/history: import the mails of a mailbox (one of its addresses) since a day; null: all."""

    mailbox: str
    since: date | None = None


def routes(env: Mapping[str, str], state: State, directory: Directory) -> Sequence[web.RouteDef]:
    """Return the routes. Raises SettingsError."""
    token = load(HttpSettings, env).api_token
    boxes = [box for box in directory.mailboxes if box.imap is not None]

    async def show(_: web.Request) -> web.Response:
        return _json(MailboxList(tuple([await _view(state, box) for box in boxes])))

    async def order(request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.content.read(_MAX_BYTES), type=ImportOrder)
        except msgspec.MsgspecError as err:
            return _error(400, "invalid", f"this is no order to import: {err}")
        box = directory.find(asked.mailbox)
        if box is None or box.imap is None:
            there = ", ".join(one.address for one in boxes) or "none"
            return _error(404, "not_found", f"no mailbox {asked.mailbox} is fetched by IMAP here; there are: {there}")
        await request_backfill(state, box, asked.since)
        return _json(await _view(state, box), status=202)

    return [web.get(MAILBOXES, _guarded(show, token)), web.post(HISTORY, _guarded(order, token))]


async def _view(state: State, box: Mailbox) -> MailboxView:
    health = component(f"{CHANNEL}/{box.name}", kind=CHANNEL)
    return MailboxView(
        address=box.address,
        desk=box.desk,
        account=box.name,
        state=health.state,
        reason=health.reason,
        folders=tuple(await read_figures(state, box)),
        import_waits=await is_requested(state, box),
    )


def _guarded(handle: Handle, token: str) -> Handle:
    async def guarded(request: web.Request) -> web.Response:
        if token and not authorised(request, token):
            return _error(401, "unauthorized", "send the header `Authorization: Bearer <THREADLINE_API_TOKEN>`")
        if not token and (hdrs.ORIGIN in request.headers or not is_loopback(_name(request.host))):
            return _error(403, "forbidden", "without THREADLINE_API_TOKEN only programs of this machine may ask")
        return await handle(request)

    return guarded


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _error(status: int, code: str, message: str) -> web.Response:
    return _json({"error": {"code": code, "message": message}}, status=status)


def _json(content: object, *, status: int = 200) -> web.Response:
    body = msgspec.json.encode(content)
    return web.Response(
        body=body, status=status, content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
    )
