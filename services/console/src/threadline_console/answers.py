"""What the console says over HTTP: JSON in one shape, errors in one shape, pages under one strict policy."""

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from msgspec import Struct

# No script, style, image or frame from anywhere else, and none written into the page: hostile content stays text.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_GUARDED: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_encoder: Final = msgspec.json.Encoder()


class Trouble(Struct, frozen=True, omit_defaults=True):
    """What went wrong: a stable code for programs, a sentence for people, and one for each field that is wrong."""

    code: str
    message: str
    fields: Mapping[str, str] = {}


class Failure(Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: Trouble


def json_answer(body: Struct, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer of the API."""
    return web.Response(
        body=_encoder.encode(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **_GUARDED, **(headers or {})},
    )


def failure(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an answer of the API that is not a success."""
    return json_answer(Failure(Trouble(code, message)), status, headers)


def faulty(status: int, code: str, fields: Mapping[str, str], message: str) -> web.Response:
    """Return an answer of the API to a body with wrong fields: a sentence for each."""
    return json_answer(Failure(Trouble(code, message, fields)), status)


def not_found(message: str) -> web.Response:
    """Return a 404; the message says how to look further."""
    return failure(404, "not_found", message)


def page_answer(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a page of the console."""
    answer = web.Response(
        text=html,
        status=status,
        content_type="text/html",
        headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store", **_GUARDED, **(headers or {})},
    )
    answer.enable_compression()
    return answer
