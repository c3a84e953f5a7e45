"""What we answer, in the caller's own words: a page to a browser, JSON to a program. One table of status codes."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from aiohttp import web

from threadline_contracts.ids import show_reference
from threadline_form.pages import Filled, Look, fault_text, form_page, notice_page, thanks_page
from threadline_form.settings import Form
from threadline_form.validate import Fault
from threadline_form.visit import Visit

_STATUS: Final = {
    "unreadable": 400,
    "wrong_origin": 403,
    "unknown_form": 404,
    "wrong_type": 415,
    "too_often": 429,
    "busy": 503,
}
_TOO_LARGE: Final = 413
_INVALID: Final = 422
_PREFLIGHT_SECONDS: Final = 600
_ALLOWED_HEADERS: Final = "Accept, Content-Type, Idempotency-Key"


def taken(visit: Visit, identity: UUID, reference: str) -> web.Response:
    """Return the yes: 202 with the reference, or the way to the thank-you page."""
    thanks = visit.look.address(f"/thanks/{reference}")
    if visit.wants_json:
        body = {"reference": reference, "id": str(identity), "thanks": thanks}
        return web.json_response(body, status=202, headers=_headers(visit))
    return web.Response(status=303, headers=_headers(visit) | {"Location": thanks})


def refused(visit: Visit, filled: Filled, *, retry_after: float = 0) -> web.Response:
    """Return the no, with everything that was typed: errors by field, and when to try again."""
    status = status_of(filled.faults)
    headers = _headers(visit) | ({"Retry-After": str(int(retry_after) + 1)} if retry_after else {})
    if visit.wants_json:
        return web.json_response(_told(visit.look.language, filled.faults), status=status, headers=headers)
    return page(visit.look, form_page(visit.look, filled), status=status, headers=headers)


def status_of(faults: Sequence[Fault]) -> int:
    """Return the status code that says most about these faults (at least one)."""
    known = [_STATUS[fault.code] for fault in faults if fault.code in _STATUS]
    if known:
        return known[0]
    return _TOO_LARGE if any(fault.is_size for fault in faults) else _INVALID


def thanks(look: Look, reference: str) -> web.Response:
    """Return the thank-you page."""
    return page(look, thanks_page(look, show_reference(reference)))


def unknown_form(language: str, *, as_json: bool) -> web.Response:
    """Return the answer to an address without a form."""
    fault = Fault(field="form", code="unknown_form")
    if as_json:
        return web.json_response(_told(language, (fault,)), status=404)
    return page(Look(form=Form(), language=language), notice_page(language, "unknown_form"), status=404)


def preflight(visit: Visit) -> web.Response:
    """Return the answer to a browser that asks whether another site may post: yes to the configured ones."""
    if not visit.origin:
        return web.Response(status=403, headers={"Vary": "Origin"})
    headers = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
    }
    return web.Response(status=204, headers=_headers(visit) | headers)


def page(look: Look, html: str, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a page that loads from here alone, and may be framed by the configured sites alone."""
    return web.Response(
        text=html,
        status=status,
        content_type="text/html",
        headers=(headers or {})
        | {
            "Content-Security-Policy": policy(look.form),
            "Content-Language": look.language,
            "Cache-Control": "no-store",  # each rendering has a key of its own
            # A stricter one would make a browser send `Origin: null` with our own form.
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Vary": "Accept, Accept-Language, Origin",
        },
    )


def policy(form: Form) -> str:
    """Return the Content-Security-Policy of a form's pages."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            " ".join(("frame-ancestors 'self'", *form.allowed_origins)),
        )
    )


def _told(language: str, faults: Sequence[Fault]) -> dict[str, object]:
    told = {fault.field: fault_text(language, fault) for fault in faults}
    return {"error": {"code": faults[0].code, "message": told[faults[0].field]}, "errors": told}


def _headers(visit: Visit) -> dict[str, str]:
    if not visit.origin:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": visit.origin,
        "Access-Control-Expose-Headers": "Retry-After",
    }
