"""Suggestions and contacts as JSON."""

from typing import Final
from uuid import UUID

from aiohttp import web

from threadline_console.answers import json_answer, not_found
from threadline_console.api import say_decisions as say
from threadline_console.api.ask import ContactQuestion, SuggestionQuestion, path_id, read_query
from threadline_threads.reading import ContactView, Reader

_NO_CONTACT: Final = "no contact has this id: search with /api/v1/contacts?search= (an erased one is gone for good)"


class PeopleApi:
    """Reads suggestions and contacts; changes nothing."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def suggestions(self, request: web.Request) -> web.Response:
        """GET /api/v1/suggestions."""
        asked = read_query(request, SuggestionQuestion)
        return json_answer(say.suggestion_list(await self._reader.suggestions(asked.cursor, asked.limit)))

    async def contacts(self, request: web.Request) -> web.Response:
        """GET /api/v1/contacts."""
        asked = read_query(request, ContactQuestion)
        found = await self._reader.contacts(asked.search.strip(), asked.cursor, asked.limit)
        return json_answer(say.contact_list(found))

    async def contact(self, request: web.Request) -> web.Response:
        """GET /api/v1/contacts/{id}."""
        found = await find_contact(self._reader, path_id(request))
        return json_answer(say.contact_detail(found)) if found else not_found(_NO_CONTACT)


async def find_contact(reader: Reader, key: str) -> ContactView | None:
    """Return the contact that an id in a path names."""
    try:
        known = UUID(key)
    except ValueError:
        return None
    return await reader.contact(known)
