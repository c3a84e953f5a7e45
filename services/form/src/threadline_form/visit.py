"""One request, as far as the answer depends on it: which form, which language, page or JSON, and for which site."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from threadline_form.origins import Caller, is_allowed
from threadline_form.pages import Look
from threadline_form.settings import Form
from threadline_form.texts import choose


class Visit(Struct, frozen=True, kw_only=True):
    """Who is answered and how; `origin` is the site whose scripts may read the answer, else empty."""

    look: Look
    wants_json: bool
    origin: str = ""

    @property
    def form(self) -> Form:
        """The form it is about."""
        return self.look.form


def visit(request: web.Request, form: Form) -> Visit:
    """Return what a request asks for."""
    origin = request.headers.get("Origin", "")
    return Visit(
        look=look(request, form),
        wants_json=wants_json(request),
        origin=origin if is_allowed(origin, form.allowed_origins) else "",
    )


def look(request: web.Request, form: Form) -> Look:
    """Return how this visitor sees the form: `?lang=`, else Accept-Language; `?embed=1`; `?scheme=light|dark`."""
    asked = request.query.get("lang", "")
    return Look(
        form=form,
        language=choose(form.languages, wanted=asked, accept=request.headers.get("Accept-Language", "")),
        embedded=request.query.get("embed") == "1",
        scheme=_scheme(request.query.get("scheme", "")),
        asked_language=asked if asked in form.languages else "",
    )


def caller(request: web.Request) -> Caller:
    """Return what the headers say about where a post comes from."""
    return Caller(
        host=request.host,
        origin=request.headers.get("Origin", ""),
        referer=request.headers.get("Referer", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
        has_cookies="Cookie" in request.headers,
        sends_json=request.content_type == "application/json",
    )


def wants_json(request: web.Request) -> bool:
    """Return whether a program asks: it accepts or sends JSON, or is a script that did not say what it accepts."""
    accept = request.headers.get("Accept", "")
    if "text/html" in accept:
        return False
    by_script = request.headers.get("Sec-Fetch-Mode") == "cors"
    return "application/json" in accept or request.content_type == "application/json" or by_script


def _scheme(asked: str) -> Literal["", "light", "dark"]:
    match asked:
        case "light" | "dark":
            return asked
        case _:
            return ""
