"""The door of the pages: sign in with the token once, come in by cookie, and see errors as people do."""

import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import hdrs, web

from threadline_console import session
from threadline_console.access import Access, Refusal
from threadline_console.answers import page_answer
from threadline_console.api.ask import read_form
from threadline_console.dead.box import Letters
from threadline_console.dead.letter import LetterState
from threadline_console.origin import is_local_path
from threadline_console.pages.house import House, Renderer, Trouble
from threadline_console.pages.notices import notice
from threadline_console.settings import ConsoleSettings
from threadline_console.throttle import Throttle
from threadline_contracts.errors import MalformedInputError, TemporaryError
from threadline_shared.http import client_ip
from threadline_shared.log import logger
from threadline_threads.reading import Reader

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_TRIES: Final = 5
_SECONDS_A_TRY: Final = 12.0
_NONCE_BYTES: Final = 12
_AWAY: Final = Trouble(
    title="A part of the house is away",
    happened="",
    kept="Everything: messages wait in their channel's spool or in the bus until it is back.",
    todo="Try again in a few seconds; if it stays so, Health says which part is in trouble.",
)
_BROKEN: Final = Trouble(
    title="This page could not be made",
    happened="The console has an error; it is in its log, with the time of this request.",
    kept="Everything: pages only read. Messages and tickets are not touched.",
    todo="Try again, or go back to the tickets. Report it with the lines of the log.",
)
_WRONG: Final = Trouble(
    title="That address makes no sense here",
    happened="",
    kept="Everything: nothing was changed.",
    todo="Go back, or start again from the tickets.",
)
_MISMATCH: Final = "This is not the token. Look for THREADLINE_API_TOKEN where it is started."
_log: Final = logger()


class Door:
    """Stands before every page."""

    def __init__(
        self, settings: ConsoleSettings, access: Access, renderer: Renderer, letters: Letters, reader: Reader
    ) -> None:
        self._settings = settings
        self._access = access
        self._renderer = renderer
        self._letters = letters
        self._reader = reader
        self._throttle = Throttle(burst=_TRIES, every=_SECONDS_A_TRY)

    def guarded(self, handler: Handler) -> Handler:
        """Return a page's handler that lets in who may, and explains errors."""

        async def handle(request: web.Request) -> web.StreamResponse:
            refused = self._access.refusal(request)
            if refused is not None:
                return self._refuse(request, refused)
            try:
                return await handler(request)
            except MalformedInputError as err:
                return await self._explain(request, _WRONG, str(err), 400)
            except TemporaryError as err:
                return await self._explain(request, _AWAY, str(err), 503)
            except web.HTTPException:
                raise
            except Exception:  # noqa: BLE001 - people get a page that explains; the log has the rest
                _log.exception("page.failed", route=_route(request))  # never the path: it is the client's to invent
                return await self._explain(request, _BROKEN, _BROKEN.happened, 500)

        return handle

    async def house(self, here: str, *, live: bool = False, request: web.Request | None = None) -> House:
        """Return what stands around a page; its address may name a command whose outcome is said there."""
        return House(
            here=here,
            dead=await self._waiting(),
            suggested=await self._suggested(),
            live=live,
            signed_in=not self._access.open,
            notice=await notice(request, self._reader) if request is not None else None,
        )

    async def show(self, request: web.Request) -> web.Response:
        """GET /sign-in."""
        if self._access.refusal(request) is None:
            raise web.HTTPSeeOther(_next(request.query.get("next", "")))
        return self._form(request.query.get("next", ""))

    async def sign_in(self, request: web.Request) -> web.Response:
        """POST /sign-in: the token makes a cookie; wrong ones are slowed down."""
        if self._access.is_forged(request):
            return self._form("", "This form was sent by another web page.", 403)
        given = await read_form(request)
        target = given.get("next", "")
        wait = self._throttle.wait(client_ip(request), time.monotonic())
        if wait > 0:
            return self._form(target, f"Too many tries. Wait {wait:.0f} seconds.", 429, given.get("name", ""))
        if not self._access.is_token(given.get("token", "").strip()):
            return self._form(target, _MISMATCH, 403, given.get("name", ""))
        answer = web.Response(status=303, headers={hdrs.LOCATION: _next(target)})
        span = timedelta(hours=self._settings.session_hours)
        value = session.sign(
            self._settings.api_token,
            ends=datetime.now(UTC) + span,
            nonce=secrets.token_bytes(_NONCE_BYTES),
            name=given.get("name", ""),
        )
        self._set_cookie(request, answer, value, int(span.total_seconds()))
        return answer

    async def sign_out(self, request: web.Request) -> web.Response:
        """POST /sign-out."""
        answer = web.Response(status=303, headers={hdrs.LOCATION: "/sign-in"})
        if not self._access.is_forged(request):
            self._set_cookie(request, answer, "", 0)
        return answer

    def _set_cookie(self, request: web.Request, answer: web.Response, value: str, seconds: int) -> None:
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        answer.set_cookie(
            session.COOKIE, value, max_age=seconds, path="/", httponly=True, samesite="Strict", secure=secure
        )

    def _refuse(self, request: web.Request, refused: Refusal) -> web.StreamResponse:
        if refused.status != web.HTTPUnauthorized.status_code:
            trouble = Trouble(title="Not allowed", happened=refused.message, kept=_WRONG.kept, todo=_WRONG.todo)
            return self._renderer.trouble(House(), trouble, code=refused.status, again="/")
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method == hdrs.METH_GET:
            # Strict cookies stay away from a link in a mail or a chat; asked again by ourselves, they come.
            return page_answer('<!doctype html><meta http-equiv="refresh" content="0"><title>Threadline</title>')
        raise web.HTTPSeeOther(f"/sign-in?{_query(request)}")

    def _form(self, target: str, problem: str = "", code: int = 200, name: str = "") -> web.Response:
        return self._renderer.page(
            "sign_in.html",
            House(),
            code=code,
            problem=problem,
            next=_next(target),
            hours=self._settings.session_hours,
            name=session.read_name(name),
        )

    async def _waiting(self) -> int:
        try:
            return sum(letter.state is LetterState.WAITING for letter in await self._letters.all())
        except TemporaryError:
            return 0  # nobody can say now, and every page asks

    async def _suggested(self) -> int:
        try:
            return await self._reader.open_suggestions()
        except TemporaryError:
            return 0

    async def _explain(self, request: web.Request, trouble: Trouble, happened: str, code: int) -> web.Response:
        said = Trouble(title=trouble.title, happened=happened, kept=trouble.kept, todo=trouble.todo)
        again = request.path_qs if request.method == hdrs.METH_GET else request.path
        return self._renderer.trouble(await self.house(""), said, code=code, again=again)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _next(target: str) -> str:
    return target if is_local_path(target) and not target.startswith("/sign-") else "/tickets"


def _query(request: web.Request) -> str:
    return urlencode({"next": request.path_qs}) if request.method == hdrs.METH_GET else ""
