"""The frame of every page: templates, static files under names that change with their content, and errors for people.

Templates escape everything; no page has a script or a style of its own (answers.PAGE_POLICY).
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from aiohttp import hdrs, web
from jinja2 import DictLoader, Environment, StrictUndefined
from msgspec import Struct

from threadline_console.answers import page_answer
from threadline_console.pages.notices import Notice
from threadline_console.pages.words import ASSURANCES, file_size

STATIC: Final = "/static/console"
_INDENTATION: Final = re.compile(r"^[ \t]+", re.MULTILINE)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final[Mapping[str, str]] = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "txt": "text/plain",
}
_MACROS: Final = (
    "icon",
    "time",
    "ago",
    "channel",
    "status",
    "copy",
    "command",
    "assurance",
    "place",
    "notice",
    "likely",
)


class Trouble(Struct, frozen=True, kw_only=True):
    """An error for people: what happened, what was kept, what to do."""

    title: str
    happened: str
    kept: str
    todo: str


class House(Struct, frozen=True, kw_only=True):
    """What every page shows around its own content."""

    here: str = ""
    dead: int = 0
    suggested: int = 0
    signed_in: bool = False
    live: bool = False
    notice: Notice | None = None


class Static(Struct, frozen=True):
    """One file of the console, and the digest that its link carries."""

    content: bytes
    media_type: str
    digest: str


class Renderer:
    """Renders pages; reads every template and file once, at the start."""

    def __init__(self) -> None:
        self.files: Final = _read_static()
        self._templates = Environment(
            loader=DictLoader(_read_templates()),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self._templates.globals.update(asset=self.asset, size=file_size, assurances=tuple(ASSURANCES.values()))
        parts = self._templates.get_template("_parts.html").make_module()
        self._templates.globals.update({name: getattr(parts, name) for name in _MACROS})
        for name in self._templates.list_templates():
            self._templates.get_template(name)

    def asset(self, name: str) -> str:
        """Return the link of a static file; it changes with the content, so that browsers may keep it for ever."""
        return f"{STATIC}/{name}?{self.files[name].digest}"

    def page(self, template: str, house: House, *, code: int = 200, **shown: Any) -> web.Response:
        """Return a page. The keyword names are the template's variables."""
        return page_answer(self._templates.get_template(template).render(house=house, **shown), code)

    def trouble(self, house: House, trouble: Trouble, *, code: int, again: str) -> web.Response:
        """Return the page that explains an error."""
        return self.page(
            "trouble.html",
            house,
            code=code,
            title=trouble.title,
            happened=trouble.happened,
            kept=trouble.kept,
            todo=trouble.todo,
            again=again,
        )

    async def serve(self, request: web.Request) -> web.Response:
        """GET /static/console/{name}: open to all, since the sign-in page needs it."""
        found = self.files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        headers = {hdrs.CACHE_CONTROL: _FOR_EVER, "X-Content-Type-Options": "nosniff"}
        answer = web.Response(body=found.content, content_type=found.media_type, charset="utf-8", headers=headers)
        answer.enable_compression()
        return answer


def _read_templates() -> Mapping[str, str]:
    """Return the templates without their indentation: it is for whoever writes them, and every page would carry it."""
    found = files("threadline_console").joinpath("templates").iterdir()
    return {file.name: _INDENTATION.sub("", file.read_text("utf-8")) for file in found}


def _read_static() -> Mapping[str, Static]:
    found = {}
    for file in files("threadline_console").joinpath("static").iterdir():
        content = file.read_bytes()
        media_type = _TYPES[file.name.rpartition(".")[2]]
        found[file.name] = Static(content, media_type, sha256(content).hexdigest()[:12])
    return found
