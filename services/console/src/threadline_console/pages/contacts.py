"""The pages of people and of suggestions: contacts to search, one of them whole, and what waits for a decision."""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from threadline_console.api.ask import path_id
from threadline_console.api.people import find_contact
from threadline_console.pages.asks import ask_erase, ask_link, ask_unlink
from threadline_console.pages.choosing import Choosing
from threadline_console.pages.door import Door
from threadline_console.pages.house import Renderer, Trouble
from threadline_console.pages.people import Person, lines, person
from threadline_console.pages.questions import Found, looked_for
from threadline_console.pages.suggesting import suggestion_cards
from threadline_contracts.errors import MalformedInputError
from threadline_shared.text import clean
from threadline_threads.reading import Reader

_SHOWN: Final = 50
_LONGEST: Final = 200
_GONE: Final = Trouble(
    title="No such contact",
    happened="There is no contact of this id (any more): it may have been erased, or become part of another one.",
    kept="Of somebody who was erased: ids and counts. Else everything.",
    todo="Search the contacts for the name, address or number.",
)


class ContactPages:
    """Renders people and suggestions; changes nothing."""

    def __init__(self, reader: Reader, renderer: Renderer, door: Door) -> None:
        self._reader = reader
        self._renderer = renderer
        self._door = door
        self._choosing = Choosing(reader)

    async def suggestions(self, request: web.Request) -> web.Response:
        """GET /suggestions: the best first; of more than a page, the newest page first."""
        page = await self._reader.suggestions(_word(request, "cursor"), _SHOWN)
        return self._renderer.page(
            "suggestions.html",
            await self._door.house("suggestions", live=True, request=request),
            cards=suggestion_cards(page.items, None, datetime.now(UTC)),
            older=_next("/suggestions", cursor=page.next or "") if page.next else "",
        )

    async def list(self, request: web.Request) -> web.Response:
        """GET /contacts."""
        search = _word(request, "search")
        page = await self._reader.contacts(search, _word(request, "cursor"), _SHOWN)
        return self._renderer.page(
            "contacts.html",
            await self._door.house("contacts", request=request),
            search=search,
            lines=lines(page.items),
            older=_next("/contacts", search=search, cursor=page.next) if page.next else "",
        )

    async def one(self, request: web.Request) -> web.Response:
        """GET /contacts/{id}."""
        house = await self._door.house("contacts", live=True, request=request)
        found = await self._person(request)
        if isinstance(found, Trouble):
            return self._renderer.trouble(house, found, code=404, again="/contacts")
        return self._renderer.page("contact.html", house, person=found)

    async def unlink(self, request: web.Request) -> Found:
        """Return the question whether an identity is somebody else's."""
        found = await self._person(request)
        if isinstance(found, Trouble):
            return found
        kind, value = _identity(request)
        return ask_unlink(found, kind, value)

    async def link(self, request: web.Request) -> Found:
        """Return the question who else a contact is."""
        found = await self._person(request)
        if isinstance(found, Trouble):
            return found
        q = await looked_for(request)
        return ask_link(found, q, await self._choosing.contacts(found, q))

    async def erase(self, request: web.Request) -> Found:
        """Return the question whether a person should be forgotten."""
        found = await self._person(request)
        return found if isinstance(found, Trouble) else ask_erase(found)

    async def _person(self, request: web.Request) -> Person | Trouble:
        view = await find_contact(self._reader, path_id(request))
        return person(view, datetime.now(UTC)) if view else _GONE


def _identity(request: web.Request) -> tuple[str, str]:
    """Return kind and value of the identity that an address names."""
    kind, value = _word(request, "kind"), _word(request, "value", 512)
    if kind and value:
        return kind, value
    raise MalformedInputError("say which identity: kind and value")


def _word(request: web.Request, name: str, longest: int = _LONGEST) -> str:
    return clean(request.query.get(name, ""))[:longest].strip()


def _next(path: str, **query: str) -> str:
    return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"
