"""The addresses of the form service. They are absolute: in standalone, all services share one listener."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from threadline_contracts.ids import CROCKFORD, REFERENCE_LENGTH, read_reference
from threadline_form import answers
from threadline_form.door import Door
from threadline_form.pages import ASSETS, Asset, form_page, theme
from threadline_form.settings import Form
from threadline_form.texts import LANGUAGES, choose
from threadline_form.visit import look, visit, wants_json

_FOREVER: Final = "public, max-age=31536000, immutable"  # the address carries the version
_ASK: Final = "no-cache"  # keep it, but ask whether it changed

Handle = Callable[[web.Request, Form], Awaitable[web.StreamResponse]]


def routes(forms: Mapping[str, Form], door: Door) -> list[web.RouteDef]:
    """Return every route of the service."""
    first = next(iter(forms.values()))

    def at(handle: Handle) -> Handler:
        return _with_form(forms, handle)

    async def index(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"/form/{first.id}")

    async def show(request: web.Request, form: Form) -> web.StreamResponse:
        seen = look(request, form)
        return answers.page(seen, form_page(seen, door.blank(form)))

    return [
        web.get("/form", index),
        web.get("/form/static/{name}", _static),
        web.get("/form/{form}", at(show)),
        web.post("/form/{form}", at(door.submit)),
        web.options("/form/{form}", at(_preflight)),
        web.get("/form/{form}/thanks/{reference}", at(_thanks)),
        web.get("/form/{form}/theme.css", at(_theme)),
        web.get("/form/{form}/embed.js", at(_embed)),
    ]


def _with_form(forms: Mapping[str, Form], handle: Handle) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        form = forms.get(request.match_info["form"])
        if form is None:
            language = choose(LANGUAGES, accept=request.headers.get("Accept-Language", ""))
            return answers.unknown_form(language, as_json=wants_json(request))
        return await handle(request, form)

    return handler


async def _preflight(request: web.Request, form: Form) -> web.StreamResponse:
    return answers.preflight(visit(request, form))


async def _thanks(request: web.Request, form: Form) -> web.StreamResponse:
    reference = read_reference(request.match_info["reference"])
    if len(reference) != REFERENCE_LENGTH or not set(reference) <= set(CROCKFORD):
        raise web.HTTPNotFound
    return answers.thanks(look(request, form), reference)


async def _theme(request: web.Request, form: Form) -> web.StreamResponse:
    return _asset(request, theme(form))


async def _embed(request: web.Request, _: Form) -> web.StreamResponse:
    response = _asset(request, ASSETS["embed.js"])
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def _static(request: web.Request) -> web.StreamResponse:
    asset = ASSETS.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    return _asset(request, asset)


def _asset(request: web.Request, asset: Asset) -> web.Response:
    tag = f'"{asset.version}"'
    current = request.query.get("v") == asset.version
    headers = {"ETag": tag, "Cache-Control": _FOREVER if current else _ASK}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=asset.content, content_type=asset.media_type, charset="utf-8", headers=headers)
