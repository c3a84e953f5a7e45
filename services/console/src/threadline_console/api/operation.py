"""One operation of the API, as the route table and the OpenAPI document see it."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from threadline_console.access import Scope
from threadline_console.api.ask import NoQuestion

ROOT: Final = "/api/v1"


class Operation(Struct, frozen=True, kw_only=True):
    """One thing to ask. `answer` is a shape, or a media type for what is no JSON; `errors` beside 400, 401 and 503.

    `body`: one of these shapes; `later`: what a 202 says instead, where the answer may take longer than one waits.
    `pattern` is the path for the router where `{id}` alone matches too much or too little.
    """

    name: str
    method: str
    path: str
    pattern: str = ""
    summary: str
    about_id: str = ""
    query: type[Struct] = NoQuestion
    body: tuple[type[Struct], ...] = ()
    status: int = 200
    answer: type[Struct] | str
    later: type[Struct] | None = None
    errors: tuple[int, ...] = ()
    headers: Mapping[str, str] = {}
    scope: Scope = Scope.ALL
