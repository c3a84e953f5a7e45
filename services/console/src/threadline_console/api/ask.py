"""What a request asks for, checked against a shape: a wrong or unknown parameter is a 400 that names it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from threadline_contracts.errors import MalformedInputError
from threadline_contracts.ticket import Status
from threadline_shared.text import clean

_S = TypeVar("_S", bound=Struct)
_FIELDS_MAX: Final = 20

MaybeName = Annotated[str, Meta(pattern="^([a-z][a-z0-9_-]{0,31})?$", description="only of this name; empty: any")]
Cursor = Annotated[str, Meta(max_length=500, description="the `next` of the page before")]
Limit = Annotated[int, Meta(ge=1, le=200, description="how many at most, 1 to 200")]
Flag = Annotated[str, Meta(pattern="^[01]?$", description="1: an image in place")]


class TicketQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the ticket list; `q` looks in subject, contact, reference and texts."""

    desk: MaybeName = ""
    channel: MaybeName = ""
    status: Status | UnsetType = UNSET
    q: Annotated[str, Meta(max_length=200, description="looks in subject, contact, reference and texts")] = ""
    limit: Limit = 50
    cursor: Cursor = ""


class DeadLetterQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the dead letters."""

    state: Annotated[str, Meta(pattern="^(waiting|replayed)?$", description="waiting or replayed; empty: both")] = ""
    cause: Annotated[str, Meta(max_length=100, description="only letters of this cause")] = ""
    limit: Limit = 50
    cursor: Cursor = ""


class EventQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to go on: behind this sequence number; absent means from now on. `Last-Event-ID` says the same."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1, description="a sequence number")] | UnsetType = UNSET


class BlobQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to give a file out: under which name, and an image in place (`inline=1`) rather than to save."""

    name: Annotated[str, Meta(max_length=500, description="to save it under")] = ""
    inline: Flag = ""


class SuggestionQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the open suggestions."""

    limit: Limit = 50
    cursor: Cursor = ""


class ContactQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of the contacts."""

    search: Annotated[str, Meta(max_length=200, description="every word begins one of a name or an identity")] = ""
    limit: Limit = 50
    cursor: Cursor = ""


class NoQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to ask."""


def read_query(request: web.Request, shape: type[_S]) -> _S:
    """Return the query of a request. Raises MalformedInputError, naming what is wrong."""
    given = dict(request.query)
    if len(given) != len(request.query):
        raise MalformedInputError("a parameter is given twice")
    try:
        return msgspec.convert({name: clean(value) for name, value in given.items()}, shape, strict=False)
    except msgspec.ValidationError as err:
        raise MalformedInputError(str(err)) from err


async def read_body(request: web.Request, shape: type[_S]) -> _S:
    """Return the JSON body of a request; an absent one is all defaults. Raises MalformedInputError."""
    given = await read_json(request)
    try:
        return msgspec.convert(given, shape)
    except msgspec.MsgspecError as err:
        raise MalformedInputError(f"not what is expected: {err}") from err


async def read_json(request: web.Request) -> Any:
    """Return the JSON of a request's body, an empty object where there is none. Raises MalformedInputError."""
    raw = await request.read()  # the HTTP server refuses more than it allows
    if raw and request.content_type != "application/json":
        raise MalformedInputError("send the body as application/json")
    try:
        return json.loads(raw or b"{}", parse_float=_number)
    except (ValueError, RecursionError) as err:
        raise MalformedInputError(f"not what is expected: {err}") from err


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Return the fields of one of our own pages' forms; empty where a body is anything else."""
    if request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl((await request.read()).decode("utf-8", "replace"), max_num_fields=_FIELDS_MAX))
    except ValueError:
        return {}


def _number(text: str) -> int | float:
    # To JSON Schema 100.0 is an integer.
    number = float(text)
    return int(number) if number.is_integer() else number


def path_id(request: web.Request) -> str:
    """Return the id in a request's path, without what no database takes."""
    return clean(request.match_info["id"]).strip()
