"""What every answer has in common: errors in one form, safe headers, a time limit, one log line when it is our fault.

It refuses to tell a client what broke inside: that is in the log, under the reference the client is given.
"""

import asyncio
import secrets
from http import HTTPStatus
from time import perf_counter
from typing import Final

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from threadline_contracts.errors import TemporaryError
from threadline_shared import metrics
from threadline_shared.log import logger

RETRY_AFTER: Final = "5"  # seconds; most outages of a dependency are shorter than a minute
LIMIT: Final = web.RequestKey("LIMIT", asyncio.Timeout)
STARTED: Final = web.RequestKey("STARTED", web.StreamResponse)
_CLIENT_LEFT: Final = 499  # never sent: there is nobody to read it
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers then send "Origin: null" with a form, which its origin check must refuse.
    "Referrer-Policy": "same-origin",
}
_log: Final = logger()


def within(seconds: float) -> Middleware:
    """Return the middleware that gives a handler so long to read its request and to begin its answer."""

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                request[LIMIT] = limit
                return await handler(request)
        except TimeoutError:
            if not limit.expired():
                raise
            return _out_of_time(request)
        finally:
            request.pop(LIMIT, None)

    return limited


@web.middleware
async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into an answer; log and measure it."""
    began, status = perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value
    try:
        response = await _answer(request, handler)
    except web.HTTPException as refusal:
        status = refusal.status
        raise
    else:
        status = response.status
        return response
    finally:
        metrics.http_seconds(_route(request), f"{status // 100}xx").observe(perf_counter() - began)


async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Complete the headers; from here on a stream may take as long as it likes."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", "frame-ancestors 'self'")
    response.headers.popall(hdrs.SERVER, None)
    if limit := request.get(LIMIT):
        request[STARTED] = response
        limit.reschedule(None)


def error(request: web.Request, status: HTTPStatus, message: str, **more: str) -> web.Response:
    """Return an error as the client reads it: JSON for the API and whoever prefers it, else plain text."""
    if not wants_json(request):
        return web.Response(status=status, text=f"{message}\n")
    content = {"error": {"code": status.name.lower(), "message": message, **more}}
    return web.Response(status=status, body=msgspec.json.encode(content), content_type="application/json")


def wants_json(request: web.Request) -> bool:
    """Return whether errors should be JSON: below /api, for a JSON request, or where Accept says so."""
    accepts = request.headers.get(hdrs.ACCEPT, "")
    return (
        f"{request.path}/".startswith("/api/")
        or request.content_type.endswith("json")
        or ("application/json" in accepts and "text/html" not in accepts)
    )


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.warning("request.failed", **_named(request), status=response.status)
    except web.HTTPException as refusal:
        response = _refused(request, refusal)
    except TemporaryError as err:
        _log.warning("request.failed", **_named(request), status=503, reason=str(err))
        response = error(request, HTTPStatus.SERVICE_UNAVAILABLE, "Not possible just now: please try again soon.")
        response.headers[hdrs.RETRY_AFTER] = RETRY_AFTER
    except web.RequestPayloadError:
        response = error(request, HTTPStatus.BAD_REQUEST, "The request's body is broken.")
    except Exception as err:  # noqa: BLE001 - a handler's bug is logged and answered, and ends nothing else
        response = _failed(request, err)
    return response


def _refused(request: web.Request, refusal: web.HTTPException) -> web.Response:
    """Return a refusal as JSON where that is wanted, else raise it as it is."""
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request.failed", **_named(request), status=refusal.status, reason=refusal.reason)
    if refusal.status < HTTPStatus.BAD_REQUEST or refusal.content_type == "application/json" or not wants_json(request):
        raise refusal
    status = HTTPStatus(refusal.status)
    default = f"{refusal.status}: {refusal.reason}"
    response = error(request, status, status.phrase if refusal.text in {None, "", default} else str(refusal.text))
    kept = {name: value for name, value in refusal.headers.items() if not name.lower().startswith("content-")}
    response.headers.update(kept)
    return response


def _failed(request: web.Request, err: Exception) -> web.StreamResponse:
    gone = request.transport is None or request.transport.is_closing()
    if gone and isinstance(err, ConnectionError | TimeoutError):
        return web.Response(status=_CLIENT_LEFT)
    reference = secrets.token_hex(4)
    _log.error("request.failed", **_named(request), status=500, reference=reference, exc_info=err)
    if STARTED in request:
        return _broken_off(request)
    message = f"Something went wrong on our side. Please mention {reference} if you tell us about it."
    return error(request, HTTPStatus.INTERNAL_SERVER_ERROR, message, reference=reference)


def _out_of_time(request: web.Request) -> web.StreamResponse:
    if (started := request.get(STARTED)) is not None:
        return _broken_off(request) if started.content_length is not None else started
    if request.can_read_body:
        _log.info("request.expired", **_named(request))
        return error(request, HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive.")
    raise TemporaryError("the handler took too long")


def _broken_off(request: web.Request) -> web.StreamResponse:
    # A proper end would make half an answer look whole.
    if request.transport is not None:
        request.transport.abort()
    return request[STARTED]


def _named(request: web.Request) -> dict[str, str]:
    return {"method": request.method, "route": _route(request)}


def _route(request: web.Request) -> str:
    # The pattern, never the path: that may hold a token, and it is the client's to invent.
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"
